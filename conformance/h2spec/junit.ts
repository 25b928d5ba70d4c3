/**
 * h2spec's JUnit file. Its test cases have no name: `package` is the section ("http2/6.5") and `classname` what is sent.
 * A wrong answer is an <error>. Cases are known by their place within their section, from 1, in the order of the file.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { TargetError } from '../targets/target.ts';

export interface H2specResult {
  /** "http2/6.5/3", as the registry names it. */
  readonly id: string;
  /** What h2spec sends. */
  readonly title: string;
  readonly verdict: 'pass' | 'fail' | 'skip';
  /** What it wanted and what came, for a failure; else empty. */
  readonly detail: string;
}

interface TestCase {
  readonly package?: string;
  readonly classname?: string;
  readonly error?: string;
  readonly failure?: string;
  readonly skipped?: string;
}

interface TestSuites {
  readonly testsuites?: { readonly testsuite?: readonly { readonly testcase?: readonly TestCase[] }[] };
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  parseTagValue: false,
  htmlEntities: true,
  isArray: name => name === 'testsuite' || name === 'testcase',
});

/** Throws TargetError where the text is no XML, or has no test case. */
export function parseJunit(text: string): readonly H2specResult[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true)
    throw new TargetError(`h2spec wrote a report that is not XML: ${valid.err.msg}, line ${valid.err.line}`);
  const { testsuites }: TestSuites = parser.parse(text);
  const cases = (testsuites?.testsuite ?? []).flatMap(({ testcase }) => testcase ?? []);
  if (cases.length === 0) throw new TargetError('h2spec wrote a report without a test case');
  const ordinals = new Map<string, number>();
  return cases.map(testCase => {
    const section = testCase.package ?? 'unknown';
    const ordinal = (ordinals.get(section) ?? 0) + 1;
    ordinals.set(section, ordinal);
    return resultOf(`${section}/${ordinal}`, testCase);
  });
}

function resultOf(id: string, { classname, error, failure, skipped }: TestCase): H2specResult {
  const wrong = error ?? failure;
  const verdict = wrong !== undefined ? 'fail' : skipped !== undefined ? 'skip' : 'pass';
  return { id, title: classname ?? '', verdict, detail: wrong?.trim() ?? '' };
}
