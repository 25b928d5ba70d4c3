/** JSON as payloads have it: one object in UTF-8, without a byte order mark, no key twice (MSGI-PROC-5). */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function encodeJson(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** Throws a SyntaxError or TypeError for what is none. */
export function decodeJson(octets: Uint8Array): unknown {
  const text = decoder.decode(octets);
  const value: unknown = JSON.parse(text);
  if (hasKeyTwice(text)) throw new SyntaxError('a key twice');
  return value;
}

/** In a text that is JSON. The parser would take the last one, another parser the first. */
function hasKeyTwice(text: string): boolean {
  // "{}", as END and SETTLED mostly are.
  if (text.length === 2) return false;
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const keys = open.at(-1) as Set<string>;
      const key = JSON.parse(token.slice(0, -1)) as string;
      if (keys.has(key)) return true;
      keys.add(key);
    }
  }
  return false;
}
