/** The request head as the application sees it (section 2.1). */
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { askAs, withLines, without, withValue } from '../../../gateway/requests.ts';

/** Reports the head. */
const head: Handler = (x, kit) => {
  const { base, target, authority, fields } = x.request;
  kit.report('base', base);
  kit.report('path', base + target);
  kit.report('authority', authority);
  kit.report('host', fields.includes('host'));
  x.respond(200);
};

export default suite('messages', {
  'no-base': {
    requirement: 'MSGI-HEAD-1',
    title: 'The base is empty where the server is not configured to serve the application below a prefix.',
    app: head,
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'base', '');
      await trial.reported(asked, 'path', asked.path);
    },
  },

  'path-as-received': {
    requirement: 'MSGI-HEAD-2',
    also: ['rfc9113/8.3.1/i2'],
    title: 'Path and query reach the application octet for octet.',
    app: head,
    async run(trial) {
      const peer = await trial.open();
      const forms: Readonly<Record<string, (path: string) => string>> = {
        escaped: path => `${path}/a%2Fb%2fc?x=1&y=%20`,
        unreserved: path => `${path}/%7ea%41`,
        'empty-query': path => `${path}?`,
        slashes: path => `//x${path}//y/`,
        dots: path => `/x/../.${path}/./y/../z`,
        'two-queries': path => `${path}?b?c/../d`,
        delimiters: path => `${path}/:@!$&'()*+,;=`,
      };
      for (const [name, form] of Object.entries(forms)) {
        const asked = askAs(trial, peer, name, { change: withValue(':path', form) });
        await trial.reported(asked, 'path', form(asked.path));
      }
    },
  },

  'host-is-no-field': {
    requirement: 'MSGI-HEAD-5',
    title: 'A host beside the :authority that it equals is not among the fields.',
    app: head,
    async run(trial) {
      const peer = await trial.open();
      const { authority } = trial.subject;
      const asked = askAs(trial, peer, 'a', { change: withLines('host', authority) });
      await trial.reported(asked, 'authority', authority);
      await trial.reported(asked, 'host', false);
    },
  },

  'host-in-place-of-authority': {
    requirement: 'rfc9113/8.3.1/i1',
    also: ['MSGI-HEAD-5'],
    title: 'A request with a host and no :authority has that host as its authority.',
    app: head,
    async run(trial) {
      const peer = await trial.open();
      const { authority } = trial.subject;
      const change = (fields: readonly string[]): readonly string[] =>
        withLines('host', authority)(without(':authority')(fields));
      const asked = askAs(trial, peer, 'a', { change });
      const record = peer.stream(asked.stream);
      await peer.until(() => record.over || peer.over, 'the answer to a');
      if (record.status >= 400 && record.status < 500)
        return trial.weak(`the request is refused with ${record.status}`);
      if (record.status === 0) trial.fail('the request is refused as malformed');
      await trial.reported(asked, 'authority', authority);
      await trial.reported(asked, 'host', false);
    },
  },
});
