/** The text against itself: its registry, its examples, its vectors, its schema. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import ts from 'typescript';
import { readChapters, readRegistry, readRetired, SPEC_FOLDER } from '../../spec-files.ts';
import { asJson, extract } from '../extract.ts';
import schema from '../schemas/process.schema.json' with { type: 'json' };

const chapters = readChapters();

t.test('the registry holds what the chapters say', async t => {
  const { rows, problems } = extract(chapters, readRetired());
  t.same(problems, []);
  t.equal(asJson(rows), readRegistry(), 'spec/registry/msgi.json is out of date: npm run spec');
  const reasoned = Object.values(rows).filter(row => (row.reason !== undefined) !== (row.judged === 'none'));
  t.same(reasoned, [], 'a reason stands where no case can exist, and only there');
});

t.test('what the extraction refuses, with file and line', async t => {
  const wrong: Readonly<Record<string, string>> = {
    '**[MSGI-A-1]** A server MUST a. **[MSGI-A-1]** A server MUST b.': 'MSGI-A-1 stands at spec/x.md:2 already',
    '**[MSGI-A-2]** A server MUST a.': 'MSGI-A-2 follows on nothing: there is no MSGI-A-1',
    '**[MSGI-R-1]** A server MUST a.': 'MSGI-R-1 is retired and never used again',
    '**[MSGI-A-1]** A server does.': 'MSGI-A-1 has 0 BCP 14 words, not one',
    '**[MSGI-A-1]** A server MUST or SHOULD.': 'MSGI-A-1 has 2 BCP 14 words, not one',
    '**[MSGI-A-1]** A server SHALL do.': 'MSGI-A-1 says SHALL',
    '**[MSGI-A-1]** Nobody MUST do.': 'MSGI-A-1 binds nobody',
    '**[MSGI-A-1]** A server MUST do': 'MSGI-A-1 does not end with a full stop',
    '**[MSGI-A-01]** A server MUST do.': 'MSGI-A-01 is no id',
    'A server MUST do.': 'MUST in capitals outside a sentence with an id',
    '**[MSGI-A-1]** A server MUST do. It MAY.': 'MAY in capitals outside a sentence with an id',
    '**[MSGI-A-1]** A server MUST do. More. <!-- no case: why -->': '"no case" stands directly behind the sentence',
  };
  for (const [line, problem] of Object.entries(wrong)) {
    const { problems } = extract([{ file: 'x.md', text: `# X\n${line}\n` }], ['MSGI-R-1']);
    t.equal(problems.length, 1, line);
    t.match(problems[0], `spec/x.md:2: ${problem}`);
  }
});

t.test('what the extraction gives', async t => {
  const text = [
    '## 1.2 Heading',
    '* **[MSGI-A-1]** A server MUST do `x.y`. Why. **[MSGI-A-2]** Middleware SHOULD NOT do. <!-- no case: because -->',
    '```',
    'MUST',
    '```',
  ].join('\n');
  t.same(extract([{ file: '1-x.md', text }], []), {
    problems: [],
    rows: {
      'MSGI-A-1': {
        chapter: '1-x',
        section: '1.2 Heading',
        level: 'MUST',
        binds: 'server',
        rule: 'A server MUST do `x.y`.',
        judged: 'gateway',
      },
      'MSGI-A-2': {
        chapter: '1-x',
        section: '1.2 Heading',
        level: 'SHOULD NOT',
        binds: 'middleware',
        rule: 'Middleware SHOULD NOT do.',
        judged: 'none',
        reason: 'because',
      },
    },
  });
});

t.test('ids and sections that the text names exist', async t => {
  const { rows } = extract(chapters, []);
  const sections = new Set(
    chapters.flatMap(({ text }) => [...text.matchAll(/^##? ([0-9.]+|[A-Z]) /gm)].map(([, n]) => n)),
  );
  const declarations = { file: 'msgi.ts', text: ts.sys.readFile(`${SPEC_FOLDER}/msgi.ts`) ?? '' };
  for (const { file, text } of [...chapters, declarations]) {
    const ids = [...text.matchAll(/MSGI-[A-Z]+-[0-9]+/g)].map(([id]) => id);
    t.same(
      ids.filter(id => rows[id] === undefined),
      [],
      `${file}: ids`,
    );
    const named = [...text.matchAll(/\b[Ss]ections? ([0-9]+\.[0-9]+)/g)].map(([, number]) => number);
    t.same(
      named.filter(number => !sections.has(number)),
      [],
      `${file}: sections`,
    );
  }
  t.ok(declarations.text.includes('export interface Exchange'));
});

/** Fenced blocks with a given word behind the fence. */
function blocks(text: string, info: string): readonly string[] {
  return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)]
    .filter(([, word]) => word === info)
    .map(([, , body = '']) => body);
}

t.test('the examples compile against the declarations', async t => {
  const examples = new Map<string, string>();
  for (const { file, text } of chapters) {
    for (const [index, code] of blocks(text, 'ts complete').entries()) {
      examples.set(`${SPEC_FOLDER}/test/example-${file.replace('.md', '')}-${index + 1}.ts`, code);
    }
  }
  const root = `${SPEC_FOLDER}/..`;
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['msgi.ts'] }, ts.sys, root);
  const strict: ts.CompilerOptions = { ...options, noEmit: true, paths: { msgi: [`${SPEC_FOLDER}/msgi.ts`] } };
  const host = ts.createCompilerHost(strict);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = name => examples.has(name) || fileExists(name);
  host.readFile = name => examples.get(name) ?? readFile(name);
  host.getSourceFile = (name, language, ...rest) => {
    const code = examples.get(name);
    return code === undefined ? getSourceFile(name, language, ...rest) : ts.createSourceFile(name, code, language);
  };
  const program = ts.createProgram([...examples.keys()], strict, host);
  const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined || start === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
    return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  t.same(errors, []);
  t.ok(examples.size >= 8, `${examples.size} examples`);
});

/** Cells of the rows of a Markdown table, its heading first. */
function cells(table: string): readonly (readonly string[])[] {
  const rows = table.split('\n').filter(line => line.startsWith('|') && !/^[| -]+$/.test(line));
  return rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  );
}

t.test('the tables of chapter 3 are total, and the drawings show their transitions', async t => {
  const text = chapters.find(({ file }) => file === '3-lifecycle.md')?.text ?? '';
  const machines = [...text.matchAll(/^```mermaid\n([\s\S]*?)^```\n\n((?:\|.*\n)+)/gm)];
  t.equal(machines.length, 2);
  for (const [, drawing = '', table = ''] of machines) {
    const [[, ...states] = [], ...rows] = cells(table);
    const moves = new Set<string>();
    for (const [event, ...effects] of rows) {
      t.equal(effects.filter(effect => effect !== '').length, states.length, `${event} has an effect in every state`);
      for (const [column, effect] of effects.entries()) {
        for (const [, to] of effect.matchAll(/→ \*\*(\w+)\*\*/g)) moves.add(`${states[column]} → ${to}`);
      }
    }
    const drawn = [...drawing.matchAll(/(\w+) --> (\w+)/g)].map(([, from, to]) => `${from} → ${to}`);
    t.same([...moves].sort(), [...new Set(drawn)].sort());
  }
});

/** Names by type octet, as section 11.2 lists them. */
const TYPES = [
  'HELLO',
  'OPEN',
  'CLOSE',
  'HEAD',
  'DATA',
  'END',
  'CREDIT',
  'INFORM',
  'START',
  'PUSH',
  'STOP',
  'DEADLINE',
  'PRIORITY',
  'RESET',
  'DRAIN',
  'SETTLED',
  'SENT',
];

interface Message {
  readonly from?: string;
  readonly type: string;
  readonly number: number;
  readonly payload: unknown;
}

/** A reader of one frame, for these tests only. */
function readFrame(octets: Buffer): Message {
  if (octets.length !== 9 + octets.readUInt32BE(0)) throw new Error('the length is not that of the payload');
  const type = TYPES[octets.readUInt8(4) - 1];
  if (type === undefined) throw new Error('an unknown type');
  const payload = octets.subarray(9);
  return { type, number: octets.readUInt32BE(5), payload: readPayload(type, payload) };
}

function readPayload(type: string, payload: Buffer): unknown {
  if (payload.length === 0) return null;
  if (type === 'DATA') return payload.toString('latin1');
  if (type === 'CREDIT') return payload.length === 4 ? payload.readUInt32BE(0) : undefined;
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload));
}

t.test('the vectors of the process binding', async t => {
  const text = chapters.find(({ file }) => file === '11-process.md')?.text ?? '';
  const hex = blocks(text, 'hex');
  const json = blocks(text, 'json');
  t.equal(hex.length, json.length, 'each vector has its meaning beside it');
  const validate = new Ajv2020({ allErrors: true, strictRequired: false, strictTypes: false }).compile(schema);
  const shown = new Set<string>();
  for (const [index, digits] of hex.entries()) {
    const { from, ...message } = JSON.parse(json[index] as string) as Message;
    const octets = Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
    t.same(readFrame(octets), message, `vector ${index + 1}, ${message.type}`);
    t.ok(validate({ from, ...message }), `${message.type} keeps the schema`, { errors: validate.errors });
    shown.add(message.type);
  }
  t.same(
    TYPES.filter(type => !shown.has(type)),
    [],
    'every type has one',
  );
  for (const [index, name] of TYPES.entries()) {
    const octet = `0x${(index + 1).toString(16).padStart(2, '0')}`;
    t.match(text, new RegExp(`^\\| ${octet} +\\| ${name} +\\|`, 'm'), `the table has ${octet} ${name}`);
  }
});

t.test('the schema refuses what is no message', async t => {
  const validate = new Ajv2020({ strictRequired: false, strictTypes: false }).compile(schema);
  const wrong: readonly Message[] = [
    { from: 'host', type: 'OPEN', number: 1, payload: { peer: null, local: null, tls: null } },
    { from: 'server', type: 'OPEN', number: 2, payload: { peer: null, local: null, tls: null } },
    { from: 'host', type: 'START', number: 3, payload: { status: 100, fields: [] } },
    { from: 'host', type: 'START', number: 3, payload: { status: 200, fields: [], extra: 1 } },
    { from: 'host', type: 'START', number: 3, payload: { status: 200, fields: ['x-a', '\u0100'] } },
    { from: 'host', type: 'INFORM', number: 3, payload: { status: 101, fields: [] } },
    { from: 'host', type: 'RESET', number: 3, payload: { code: 7 } },
    { from: 'host', type: 'PUSH', number: 3, payload: { promise: 5, method: 'GET', target: '/', fields: [] } },
    { from: 'server', type: 'CREDIT', number: 3, payload: 2 ** 31 },
    { from: 'server', type: 'DATA', number: 3, payload: '' },
    { from: 'host', type: 'DRAIN', number: 0, payload: null },
    { from: 'host', type: 'SENT', number: 3, payload: null },
    { from: 'server', type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: 65_535, name: 'x' } },
    { from: 'server', type: 'NONE', number: 0, payload: null },
  ];
  for (const message of wrong) t.notOk(validate(message), JSON.stringify(message));
});
