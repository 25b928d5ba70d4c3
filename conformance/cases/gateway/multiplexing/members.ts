/** Members stand each for itself, so that a wrapper that overrides one changes one (section 12.1). */
import { data } from '../../../../wire/index.ts';
import { spied } from '../../../application/spied.ts';
import { suite } from '../../../gateway/case.ts';

const EXCHANGE = ['id', 'request', 'connection', 'caps', 'body', 'state', 'pushed', 'priority', 'signal', 'locals'];
const SOURCE = ['ended', 'buffered', 'window', 'trailers'];
const SINK = ['window', 'buffered'];

export default suite('multiplexing', {
  'members-reach-no-others': {
    requirement: 'MSGI-MID-1',
    title: 'No member of an exchange, a source or a sink reaches another one through its object.',
    app: {
      starts: async (x, kit) => {
        const [exchange, source] = [spied(x), spied(x.body)];
        for (const name of EXCHANGE) exchange.call(name);
        for (const name of SOURCE) source.call(name);
        exchange.call('watch', () => {});
        exchange.call('prioritize', 3, false);
        exchange.call('deadline', Number.POSITIVE_INFINITY);
        exchange.call('inform', 103, []);
        exchange.call('push', { target: kit.path('pushed') });
        await source.first();
        source.call('manual');
        source.call('credit', 1);
        await source.call('read');
        source.call('stop');
        const sink = spied(exchange.call('start', 200, []) as object);
        for (const name of SINK) sink.call(name);
        await sink.call('write', 'a');
        await sink.call('ready');
        await sink.call('end', []);
        kit.report('reached', [...exchange.reached, ...source.reached, ...sink.reached]);
      },
      responds: (x, kit) => {
        const exchange = spied(x);
        exchange.call('respond', 200, [], 'a');
        kit.report('reached', exchange.reached);
      },
      resets: (x, kit) => {
        const exchange = spied(x);
        exchange.call('reset', 8);
        kit.report('reached', exchange.reached);
      },
      pushed: x => x.respond(200),
    },
    async run(trial) {
      const peer = await trial.open();
      const starts = trial.ask(peer, 'starts', { method: 'POST', endStream: false });
      peer.send(data(starts.stream, 'a'), data(starts.stream, 'b', { endStream: true }));
      await trial.reported(starts, 'reached', []);
      await trial.answered(starts, 200, 1);
      const responds = trial.ask(peer, 'responds');
      await trial.reported(responds, 'reached', []);
      await trial.answered(responds, 200, 1);
      await trial.reported(trial.ask(peer, 'resets'), 'reached', []);
    },
  },
});
