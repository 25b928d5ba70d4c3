/** Where `push` gives false, and no PUSH_PROMISE goes out (section 6.1). */
import { data, goaway } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { connect } from '../tunnels/connect.ts';
import { givesFalse, promised, promises, promisesNothing } from './promised.ts';

const answers: Handler = x => x.respond(200, [], 'pushed');

/** Pushes once and answers. */
const pushes: Handler = (x, kit) => {
  kit.report('push', x.push({ target: kit.path('style') }));
  x.respond(200, [], 'page');
};

export default suite('push', {
  'push-is-disabled': {
    requirement: 'MSGI-PUSH-3',
    title: 'To a peer that has set ENABLE_PUSH to 0 push gives false.',
    claims: ['push'],
    app: { page: pushes, style: answers },
    async run(trial) {
      const peer = await trial.open({ settings: [['ENABLE_PUSH', 0]] });
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'push', false);
      await promisesNothing(trial, page);
    },
  },

  'on-http1': {
    requirement: 'MSGI-PUSH-3',
    title: 'On HTTP/1.1 push gives false.',
    claims: ['push', 'http1'],
    app: { page: pushes, style: answers },
    async run(trial) {
      await trial.open();
      const peer = await trial.http1();
      const page = trial.exchange('page');
      peer.write(`GET ${page.path} HTTP/1.1\r\nhost: ${trial.subject.authority}\r\nconnection: close\r\n\r\n`);
      await trial.reported(page, 'push', false);
      if ((await peer.read(/\r\n\r\npage$/, 'the response')) === null) trial.fail('no whole response to page');
    },
  },

  'the-limit-of-the-peer': {
    requirement: 'MSGI-PUSH-4',
    title: "At the peer's limit of streams push gives false, also where promises that are not answered yet reach it.",
    claims: ['push'],
    app: {
      page: (x, kit) => {
        for (const name of ['style-1', 'style-2']) kit.report(name, x.push({ target: kit.path(name) }));
        x.respond(200);
      },
      later: (x, kit) => {
        kit.report('push', x.push({ target: kit.path('style-3') }));
        x.respond(200);
      },
      style: async (x, kit) => {
        await kit.gate();
        x.respond(200, [], kit.name);
      },
    },
    async run(trial) {
      const peer = await trial.open({ settings: [['MAX_CONCURRENT_STREAMS', 1]] });
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'style-1', true);
      await givesFalse(trial, page, 'style-2', 1);
      const style = await promised(trial, page, 'style-1');
      trial.release(style);
      await trial.answered(style, 200, 7);
      await trial.quietApp(peer);
      const later = trial.ask(peer, 'later');
      await trial.reported(later, 'push', true);
      const third = await promised(trial, later, 'style-3');
      trial.release(third);
      await trial.answered(third, 200, 7);
      if (promises(page) !== 2) trial.fail(`${promises(page)} promises, where push gave true twice`);
    },
  },

  'a-limit-of-none': {
    requirement: 'MSGI-PUSH-4',
    title: 'To a peer that allows no stream push gives false.',
    claims: ['push'],
    app: { page: pushes, style: answers },
    async run(trial) {
      const peer = await trial.open({ settings: [['MAX_CONCURRENT_STREAMS', 0]] });
      const page = trial.ask(peer, 'page');
      await givesFalse(trial, page, 'push');
      await promisesNothing(trial, page);
    },
  },

  'behind-a-goaway': {
    requirement: 'MSGI-PUSH-5',
    also: ['rfc9113/6.8/1'],
    title: 'After a GOAWAY of the peer push gives false: nothing is promised behind it.',
    claims: ['push'],
    app: {
      page: async (x, kit) => {
        kit.report('push', x.push({ target: kit.path('style-1') }));
        while ((await x.body.read()) !== null);
        kit.report('push', x.push({ target: kit.path('style-2') }));
        x.respond(200);
      },
      style: answers,
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const page = trial.ask(peer, 'page', { method: 'POST', endStream: false });
      await trial.reported(page, 'push', true);
      const style = await promised(trial, page, 'style-1');
      await trial.answered(style, 200, 6);
      peer.send(goaway(style.stream));
      await peer.fence();
      peer.send(data(page.stream, '', { endStream: true }));
      await trial.answered(page, 200, 0);
      if (promises(page) > 1) trial.fail('a stream is promised behind the GOAWAY of the client');
      await givesFalse(trial, page, 'push', 1, 2);
      trial.seen = 'push gives false, and no PUSH_PROMISE comes behind the GOAWAY';
    },
  },

  'while-the-connection-drains': {
    requirement: 'MSGI-PUSH-5',
    title: 'While the connection drains push gives false.',
    claims: ['push'],
    app: {
      page: async (x, kit) => {
        const told = new Promise<void>(resolve => x.watch(({ type }) => type === 'drain' && resolve()));
        x.connection.drain();
        await told;
        kit.report('push', x.push({ target: kit.path('style') }));
        x.respond(200);
      },
      style: answers,
    },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'push', false);
      await trial.answered(page, 200, 0);
      if (promises(page) > 0) trial.fail('PUSH_PROMISE, although push gave false');
    },
  },

  'the-parent-is-over': {
    requirement: 'MSGI-PUSH-6',
    title: 'When the response of the parent is done or dead, or has no content and its head is out, push gives false.',
    claims: ['push'],
    app: {
      done: (x, kit) => {
        x.respond(200);
        kit.report('push', x.push({ target: kit.path('style') }));
      },
      ended: async (x, kit) => {
        await x.start(200).end();
        kit.report('push', x.push({ target: kit.path('style') }));
      },
      dead: (x, kit) => {
        x.reset();
        kit.report('push', x.push({ target: kit.path('style') }));
      },
      head: async (x, kit) => {
        const out = x.start(200);
        kit.report('push', x.push({ target: kit.path('style') }));
        await out.end();
      },
      empty: async (x, kit) => {
        const out = x.start(204);
        kit.report('push', x.push({ target: kit.path('style') }));
        await out.end();
      },
      style: answers,
    },
    async run(trial) {
      const peer = await trial.open();
      const dead = trial.ask(peer, 'dead');
      await trial.reported(dead, 'push', false);
      await peer.answer(dead.stream);
      for (const name of ['done', 'ended', 'head', 'empty']) {
        const asked = trial.ask(peer, name, { method: name === 'head' ? 'HEAD' : 'GET' });
        await trial.reported(asked, 'push', false);
        await promisesNothing(trial, asked, name === 'empty' ? 204 : 200);
      }
    },
  },

  'on-a-tunnel': {
    requirement: 'MSGI-PUSH-7',
    title: 'On a CONNECT exchange push gives false, before the tunnel is opened and on it.',
    claims: ['push', 'tunnel'],
    app: {
      connect: async (x, kit) => {
        const push = (name: string): void => kit.report(name, x.push({ target: kit.path('style') }));
        push('before');
        const out = x.start(200);
        push('open');
        await out.end();
      },
      style: answers,
    },
    async run(trial) {
      const peer = await trial.open();
      const tunnel = connect(trial, peer, 'connect');
      await trial.reported(tunnel, 'before', false);
      await trial.reported(tunnel, 'open', false);
      await promisesNothing(trial, tunnel);
    },
  },

  'on-a-pushed-exchange': {
    requirement: 'MSGI-PUSH-8',
    title: 'On a pushed exchange push gives false.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        x.push({ target: kit.path('style') });
        x.respond(200);
      },
      style: pushes,
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      const style = await promised(trial, page, 'style');
      await trial.reported(style, 'push', false);
      await trial.answered(style, 200, 4);
      await peer.fence();
      if (promises(page) > 1) trial.fail('a pushed stream carries a promise');
    },
  },

  'a-foreign-authority': {
    requirement: 'MSGI-PUSH-9',
    title: 'For an authority that the server does not speak for push gives false, and true for that of the parent.',
    claims: ['push'],
    app: {
      page: (x, kit) => {
        const target = kit.path('style');
        kit.report('foreign', x.push({ target, authority: 'elsewhere.example' }));
        kit.report('empty', x.push({ target, authority: '' }));
        kit.report('own', x.push({ target, authority: x.request.authority }));
        x.respond(200);
      },
      style: answers,
    },
    async run(trial) {
      const peer = await trial.open();
      const page = trial.ask(peer, 'page');
      await trial.reported(page, 'own', true);
      await promised(trial, page, 'style');
      await givesFalse(trial, page, 'foreign', 1);
      await givesFalse(trial, page, 'empty', 1);
      await trial.answered(await promised(trial, page, 'style'), 200, 6);
      if (promises(page) > 1) trial.fail(`${promises(page)} promises, where push gave true once`);
    },
  },
});
