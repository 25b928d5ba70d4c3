/** Each helper over an exchange in memory: what it does to one, call by call. */
import t from 'tap';
import { formatLint, lint } from '../../lint/index.ts';
import { Memory, type Scene } from '../../lint/test/memory.ts';
import type { App, Exchange, Fields, PushRequest, Sink, Source } from '../../spec/msgi.ts';
import {
  ForwardExchange,
  ForwardSink,
  ForwardSource,
  field,
  fieldValues,
  hint,
  type Link,
  mount,
  withFields,
  withoutFields,
} from '../index.ts';

/** Runs an application under the checker; what it finds fails the test. */
async function ran(app: App, scene: Scene = {}): Promise<Memory> {
  const memory = new Memory(scene);
  await memory.run(lint(app, { report: finding => t.fail(formatLint(finding)) }));
  return memory;
}

t.test('field, fieldValues', async t => {
  const fields = [
    'accept',
    'a',
    'x-n',
    '',
    'accept',
    'b, c',
    'set-cookie',
    'a=1',
    'set-cookie',
    'b=2',
    'cookie',
    'c=1',
  ];
  t.equal(field(fields, 'accept'), 'a, b, c');
  t.equal(field(fields, 'Accept'), 'a, b, c');
  t.equal(field(fields, 'x-n'), '');
  t.equal(field(fields, 'none'), undefined);
  t.equal(field(fields, 'a'), undefined, 'a value is no name');
  t.equal(field([...fields, 'cookie', 'd=2'], 'cookie'), 'c=1; d=2');
  t.throws(() => field(fields, 'set-cookie'), TypeError);
  t.same(fieldValues(fields, 'Set-Cookie'), ['a=1', 'b=2']);
  t.same(fieldValues(fields, 'none'), []);
});

t.test('withFields and withoutFields keep the rest, in order, and what is sensitive', async t => {
  const fields: Fields = Object.assign(['a', '1', 'b', '2', 'a', '3'], { sensitive: ['b'] });
  const less = withoutFields(fields, 'A');
  t.same([...less], ['b', '2']);
  t.same(less.sensitive, ['b']);
  const more = withFields(fields, Object.assign(['a', '4', 'c', '5'], { sensitive: ['c'] }));
  t.same([...more], ['b', '2', 'a', '4', 'c', '5']);
  t.same(more.sensitive, ['b', 'c']);
  t.equal(withFields(['a', '1'], []).sensitive, undefined);
  t.same([...fields], ['a', '1', 'b', '2', 'a', '3'], 'the list itself is as it was');
});

/** An exchange that notes what is promised and named; it takes promises for the targets that are listed. */
function hinting(links: readonly Link[], takes: readonly string[] = [], begun = false) {
  const pushed: PushRequest[] = [];
  const informed: unknown[] = [];
  const { face } = new Memory({
    exchange: () => ({
      push: (request: PushRequest) => pushed.push(request) > 0 && takes.includes(request.target),
      inform: (...call: unknown[]) => informed.push(call) > 0,
    }),
  });
  if (begun) face.respond(200);
  return { result: hint(face, links), pushed, informed };
}

t.test('hint: promises first, one 103 for the rest', async t => {
  const links: readonly Link[] = [
    { target: '/a.css', as: 'style' },
    { target: '/f.woff2', as: 'font', type: 'font/woff2' },
    { target: 'https://cdn.test/x.js', as: 'script', crossorigin: 'use-credentials' },
    { target: '//cdn.test/y.png', as: 'image' },
  ];
  const { result, pushed, informed } = hinting(links, ['/a.css']);
  t.equal(result, true);
  t.same(pushed, [{ target: '/a.css' }, { target: '/f.woff2' }], 'nothing of another server is promised');
  const font = '</f.woff2>; rel=preload; as=font; type="font/woff2"; crossorigin';
  const script = '<https://cdn.test/x.js>; rel=preload; as=script; crossorigin=use-credentials';
  const image = '<//cdn.test/y.png>; rel=preload; as=image';
  t.same(informed, [[103, ['link', font, 'link', script, 'link', image]]]);
});

t.test('hint: all promised, none taken any more, and what is no reference', async t => {
  const css: Link = { target: '/a.css', as: 'style', fields: ['accept', 'text/css'] };
  t.match(hinting([css], ['/a.css']), {
    result: true,
    pushed: [{ target: css.target, fields: css.fields }],
    informed: [],
  });
  t.match(hinting([css], [], true), { result: false, informed: [] }, 'after the head no 103 is tried: it would throw');
  t.match(hinting([css], ['/a.css'], true), { result: true });
  for (const target of ['/a>; rel=x', '/a b', '/é', '/a"', '']) {
    t.throws(() => hinting([{ target, as: 'style' }]), TypeError, JSON.stringify(target));
  }
  t.throws(() => hinting([{ ...css, type: 'a/b"' }]), TypeError);
  const { pushed } = hinting([]);
  t.same(pushed, []);
});

t.test('mount: what moves from target to base', async t => {
  const seen: string[] = [];
  const see =
    (name: string): App =>
    x => {
      seen.push(`${name} ${x.request.base}|${x.request.target}`);
      x.respond(204);
    };
  const app = mount({ '/shop': see('shop'), '/shop/cart': see('cart') }, see('other'));
  const expected: Readonly<Record<string, string>> = {
    '/shop': 'shop /shop|',
    '/shop?a=/b': 'shop /shop|?a=/b',
    '/shop/': 'shop /shop|/',
    '/shop/a%2fb?c=d': 'shop /shop|/a%2fb?c=d',
    '/shop/cart/1': 'cart /shop/cart|/1',
    '/shop/carton': 'shop /shop|/carton',
    '/shop//cart': 'shop /shop|//cart',
    '/shopping': 'other |/shopping',
    '/Shop': 'other |/Shop',
    '/sho%70': 'other |/sho%70',
    '/?/shop': 'other |/?/shop',
    '*': 'other |*',
  };
  for (const target of Object.keys(expected)) {
    await ran(app, { head: { target, method: target === '*' ? 'OPTIONS' : 'GET' } });
  }
  t.same(seen, Object.values(expected));
  for (const prefix of ['', '/', 'shop', '/shop/', '/a?b'])
    t.throws(() => mount({ [prefix]: see('') }), TypeError, prefix);
});

t.test('mount: one in another, and 404 without a fallback', async t => {
  const seen: string[] = [];
  const inner: App = x => {
    seen.push(`${x.request.base}|${x.request.target}`);
    x.respond(204);
  };
  const app = mount({ '/a': mount({ '/b': inner }) });
  t.equal((await ran(app, { head: { target: '/a/b/c?d', base: '/site' } })).status, 204);
  t.same(seen, ['/site/a/b|/c?d']);
  t.equal((await ran(app, { head: { target: '/a/c' } })).status, 404);
});

/** The members that a declaration has, asked of a face of the declared type. */
const membersOf = (face: object): string[] => Object.keys(Object.getOwnPropertyDescriptors(face)).sort();

/** An object that notes each use of a member and gives a mark for it. */
function marks(face: object): { readonly object: never; readonly uses: string[] } {
  const uses: string[] = [];
  const object = new Proxy(face, {
    get(from, name) {
      uses.push(String(name));
      const value = Reflect.get(from, name);
      return typeof value === 'function' ? (...call: unknown[]) => [name, ...call] : value;
    },
  });
  return { object: object as never, uses };
}

t.test('the forwarding classes have every member, and each goes to the same one below', async t => {
  const { face, faceSink, faceSource } = new Memory();
  const faces: readonly (readonly [object, new (inner: never) => object])[] = [
    [face, ForwardExchange],
    [faceSink, ForwardSink],
    [faceSource, ForwardSource],
  ];
  for (const [inner, Forward] of faces) {
    for (const member of membersOf(inner)) {
      const { object, uses } = marks(inner);
      const outer = new Forward(object) as Record<string, unknown>;
      t.ok(member in outer, `${Forward.name} has ${member}`);
      const value = outer[member];
      if (typeof value !== 'function') t.same(value, Reflect.get(inner, member), member);
      else if (['respond', 'reset', 'prioritize', 'deadline', 'manual', 'credit', 'stop'].includes(member)) {
        t.equal(value.call(outer, 1, 2, 3), undefined);
      } else
        t.same(
          (value.call(outer, 1, 2, 3) as unknown[]).slice(0, 1 + value.length),
          [member, 1, 2, 3].slice(0, 1 + value.length),
        );
      t.same(uses, [member]);
    }
  }
});

t.test('ForwardExchange under the checker: live members, errors and a body through it', async t => {
  const memory = await ran(
    async inner => {
      const x = new ForwardExchange(inner);
      t.equal(x.state, 'idle');
      const out = x.start(200);
      t.equal(x.state, 'open');
      for await (const chunk of x.body) await out.write(chunk);
      await out.end();
      t.equal(x.state, 'done');
    },
    { content: ['abc', 'def'] },
  ).catch(error => t.fail(String(error)));
  t.match(memory, { sent: 6, complete: true });
});

class Upper extends ForwardSource {
  override async read(): Promise<Uint8Array | null> {
    const chunk = await super.read();
    return chunk === null ? null : new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase());
  }
}

class Shouting extends ForwardExchange {
  readonly #body: Source = new Upper(this.inner.body);
  override get body(): Source {
    return this.#body;
  }
}

class Counting extends ForwardSink {
  count = 0;
  override write(chunk: Uint8Array | string) {
    this.count += chunk.length;
    return super.write(chunk);
  }
}

t.test('an override of read holds for the iterator (MSGI-MID-7), one of write for itself only', async t => {
  const texts: string[] = [];
  const app: App = async x => {
    for await (const chunk of x.body) texts.push(new TextDecoder().decode(chunk));
    const out: Sink = new Counting(x.start(200));
    await out.write('1234');
    await out.end();
    t.equal((out as Counting).count, 4);
  };
  await ran((x: Exchange) => app(new Shouting(x)), { content: ['ab', 'c'] });
  t.same(texts, ['AB', 'C']);
});

t.test('leaving the loop of a forwarded source leaves the rest to be read', async t => {
  const source = new ForwardSource(new Memory({ content: ['a', 'b'] }).faceSource);
  for await (const chunk of source) {
    t.equal(chunk[0], 0x61);
    break;
  }
  t.same(await source.read(), new TextEncoder().encode('b'));
  t.equal(await source.read(), null);
  t.equal(source.ended, true);
});
