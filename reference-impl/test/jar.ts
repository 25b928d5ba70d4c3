/** The cookies of one client. */

export interface Jar {
  /** Those of the next request. */
  fields(): Readonly<Record<string, string>>;
  /** What the lines of an answer set, or take away. */
  take(lines: unknown): void;
}

export function newJar(): Jar {
  const cookies = new Map<string, string>();
  return {
    fields(): Readonly<Record<string, string>> {
      if (cookies.size === 0) return {};
      return { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    },
    take(lines) {
      for (const line of [(lines ?? []) as string | readonly string[]].flat()) {
        const [pair = '', ...attributes] = line.split('; ');
        const [name = '', value = ''] = pair.split('=');
        if (attributes.some(isOver)) cookies.delete(name);
        else cookies.set(name, value);
      }
    },
  };
}

function isOver(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=');
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
}
