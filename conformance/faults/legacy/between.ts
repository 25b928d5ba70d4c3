/** What a wrong server makes an old application see or do: said of the talk between the kit and its probe. */
import { type ApplicationMessage, formatKey, type Json, parseKey } from '../../application/messages.ts';
import type { Between } from '../../gateway/events.ts';

type Data = { readonly [key: string]: Json };
type Report = Extract<ApplicationMessage, { readonly event: 'report' }>;

/** Reports of that name (or of names that match) say what `change` makes of them. */
export const tells =
  (name: string | RegExp, change: (data: Data) => Json): (() => Between) =>
  () => ({
    toKit: message => {
      const matches =
        message.event === 'report' && (typeof name === 'string' ? message.name === name : name.test(message.name));
      return matches ? [{ ...message, data: change(message.data as Data) }] : [message];
    },
  });

/** The reports of that name come as `change` says: none, others, several. */
export const retells =
  (name: string, change: (report: Report) => readonly Report[]): (() => Between) =>
  () => ({
    toKit: message => (message.event === 'report' && message.name === name ? change(message) : [message]),
  });

/** The environ of a WSGI application, in what it says that it saw. */
export const environ = (
  change: (environ: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): (() => Between) =>
  tells('saw', data => ({ ...data, environ: change(data['environ'] as Readonly<Record<string, string>>) }));

/** The application does something else than what it was told. */
export const does =
  (change: (verb: string, args: Data) => readonly [string, Data]): (() => Between) =>
  () => ({
    toApplication: message => {
      if (message.do !== 'act') return [message];
      const [verb, args] = change(message.verb, message.with as Data);
      return [{ ...message, verb, with: args }];
    },
  });

/** The key of another exchange of the same attempt. */
export const sibling = (key: string, name: string): string => formatKey({ ...parseKey(key), name });
