/** Cases on TLS (RFC 9113 §3.2, §3.3, §9.2). */
import { encodeFrame, FRAME_TYPE, PREFACE_OCTETS, settings } from '../../../wire/index.ts';
import { chapter } from '../../case.ts';
import { served } from '../../expect.ts';
import { firstWords, type HandshakeOptions, OLD, renegotiate } from '../../peer/handshake.ts';
import { describeEnd, type Trial } from '../../trial.ts';

/** How long a server that should say nothing is listened to; a close ends it sooner. */
const SILENCE_MS = 500;

/** Suites of TLS 1.2 that RFC 9113 Appendix A lists: no ephemeral key, or no authenticated encryption. */
const PROHIBITED = [
  'AES128-SHA',
  'AES256-SHA',
  'AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA256',
];

/** Suites of TLS 1.2 that it does not list, by the kind of certificate. */
const PERMITTED = {
  ecdsa: ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  rsa: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-CHACHA20-POLY1305'],
};

const TLS_1_2: HandshakeOptions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };

/** The control: h2 is chosen where it is all that is offered. */
async function control(trial: Trial): Promise<void> {
  const hands = await trial.shakeHands();
  const seen = hands.refused ?? `ALPN chooses ${hands.alpn}`;
  if (hands.alpn !== 'h2') trial.fail(`the positive control is not served: ${seen}`, 'no-control');
  hands.socket.destroy();
  trial.controls += 1;
}

/** Whether a server says SETTINGS to a client that has not agreed on HTTP/2, and speaks it all the same. */
async function speaksUnasked(trial: Trial, options: HandshakeOptions): Promise<boolean> {
  const hands = await trial.shakeHands(options);
  if (hands.refused !== null) return false;
  hands.socket.write(Buffer.concat([PREFACE_OCTETS, encodeFrame(settings())]));
  const octets = await trial.idle(firstWords(hands.socket, SILENCE_MS));
  if (octets === null) trial.limited = true;
  // What is no SETTINGS frame from its first octet on is HTTP/1.1, or nothing that anybody speaks.
  return octets?.[3] === FRAME_TYPE.SETTINGS && octets[0] === 0;
}

export default chapter('tls', {
  'h2-is-chosen': {
    requirement: 'rfc9113/3.2/i1',
    also: ['rfc9113/3.2/2', 'rfc9113/9.2/3'],
    needs: ['tls'],
    title: 'A client that offers h2 alone, and names its host, gets h2: SETTINGS first, and an answer.',
    async run(trial) {
      await control(trial);
      const hands = await trial.shakeHands({ servername: 'localhost' });
      trial.expected = 'h2 is chosen';
      if (hands.alpn !== 'h2') trial.fail(hands.refused ?? `ALPN chooses ${hands.alpn}`);
      hands.socket.destroy();
      const { peer } = await trial.openTls();
      const [first] = peer.received;
      if (first?.payload.type !== 'SETTINGS') trial.fail(`the first frame is ${first?.payload.type ?? 'none'}`);
      await served(trial, peer);
    },
  },

  'h2c-is-never-chosen': {
    requirement: 'rfc9113/3.2/1',
    needs: ['tls'],
    title: 'The name of HTTP/2 in cleartext is never chosen by ALPN.',
    async run(trial) {
      await control(trial);
      trial.expected = 'another protocol, none, or a refusal';
      for (const offer of [['h2c'], ['h2c', 'http/1.1']]) {
        const hands = await trial.shakeHands({ ALPNProtocols: offer });
        if (hands.alpn === 'h2c') trial.fail(`ALPN chooses h2c of ${offer.join(' and ')}`);
        trial.seen = hands.refused ?? `ALPN chooses ${hands.alpn}`;
        hands.socket.destroy();
      }
    },
  },

  'no-http2-without-alpn': {
    requirement: 'rfc9113/3.3/1',
    needs: ['tls'],
    title: 'A client that has not agreed on h2 by ALPN is not spoken to in HTTP/2.',
    async run(trial) {
      await control(trial);
      trial.expected = 'no frame of HTTP/2';
      for (const offer of [[], ['http/1.1']]) {
        if (await speaksUnasked(trial, { ALPNProtocols: offer }))
          trial.fail(`SETTINGS to a client that offers ${offer.join() || 'no protocol'}`);
      }
      trial.seen = 'no frame of HTTP/2';
    },
  },

  'old-versions-are-refused': {
    requirement: 'rfc9113/9.2/1',
    needs: ['tls'],
    title: 'HTTP/2 is not spoken over TLS 1.0 and 1.1.',
    async run(trial) {
      await control(trial);
      for (const version of ['TLSv1', 'TLSv1.1'] as const) {
        trial.expected = `no HTTP/2 over ${version}`;
        const old: HandshakeOptions = { minVersion: version, maxVersion: version, ciphers: `DEFAULT:${OLD}` };
        if ((await trial.unanswered(old)) === null) trial.fail(`a request is answered over ${version}`);
      }
      trial.seen = 'refused';
    },
  },

  'no-renegotiation': {
    requirement: 'rfc9113/9.2.1/4',
    also: ['rfc9113/9.2.1/3'],
    needs: ['tls'],
    title: 'A renegotiation that the client begins is refused, or ends the connection.',
    async run(trial) {
      await control(trial);
      const old = await trial.shakeHands(TLS_1_2);
      if (old.alpn !== 'h2') trial.notApplicable('TLS 1.2 is not deployed');
      old.socket.destroy();
      const { peer, socket } = await trial.openTls(TLS_1_2);
      trial.expected = 'no second handshake: refused, ignored, GOAWAY, or a close';
      const outcome = await trial.idle(renegotiate(socket, SILENCE_MS));
      trial.seen = peer.over ? describeEnd(peer) : outcome;
      if (outcome === 'completed' && !peer.over) trial.fail('the renegotiation completes, and the connection goes on');
    },
  },

  'prohibited-suites': {
    requirement: 'rfc9113/9.2.2/1',
    needs: ['tls'],
    title: 'HTTP/2 is not spoken over suites without an ephemeral key or authenticated encryption.',
    async run(trial) {
      await control(trial);
      trial.expected = 'no HTTP/2 over a suite that Appendix A lists';
      trial.seen = 'refused';
      for (const suite of PROHIBITED) {
        if ((await trial.unanswered({ ...TLS_1_2, ciphers: `${suite}:${OLD}` })) === null)
          trial.weak(`HTTP/2 is spoken over ${suite}`);
      }
    },
  },

  'permitted-suites': {
    requirement: 'rfc9113/9.2.2/3',
    needs: ['tls'],
    title: 'A suite that is not prohibited is no inadequate security.',
    async run(trial) {
      await control(trial);
      const answers: string[] = [];
      const offers = [...PERMITTED.ecdsa, ...PERMITTED.rsa].map(ciphers => ({ ...TLS_1_2, ciphers }));
      for (const offer of [...offers, { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const]) {
        const name = 'ciphers' in offer ? offer.ciphers : 'TLS 1.3';
        trial.expected = `an answer over ${name}, where it is agreed on`;
        const hands = await trial.shakeHands(offer);
        if (hands.alpn !== 'h2') continue;
        hands.socket.destroy();
        const seen = await trial.unanswered(offer);
        if (seen !== null) trial.fail(`no answer over ${name}, although the handshake completes: ${seen}`);
        answers.push(name);
      }
      if (answers.length === 0) trial.notApplicable('none of the permitted suites is agreed on');
      trial.seen = `answered over ${answers.join(', ')}`;
    },
  },

  'mandatory-suite': {
    requirement: 'rfc9113/9.2.2/4',
    needs: ['tls'],
    title: 'A server with an RSA certificate and TLS 1.2 has ECDHE-RSA-AES128-GCM-SHA256 with P-256.',
    async run(trial) {
      await control(trial);
      const plain = await trial.shakeHands({ ...TLS_1_2, ciphers: [...PERMITTED.rsa, ...PERMITTED.ecdsa].join(':') });
      if (plain.refused !== null) trial.notApplicable('TLS 1.2 is not deployed');
      const { asn1Curve } = plain.socket.getPeerCertificate();
      plain.socket.destroy();
      if (asn1Curve !== undefined) trial.notApplicable('the certificate is not of RSA');
      trial.expected = 'HTTP/2 over ECDHE-RSA-AES128-GCM-SHA256 with P-256';
      const [suite = ''] = PERMITTED.rsa;
      const seen = await trial.unanswered({ ...TLS_1_2, ciphers: suite, ecdhCurve: 'P-256' });
      if (seen !== null) trial.fail(`ECDHE-RSA-AES128-GCM-SHA256 with P-256 is refused: ${seen}`);
      trial.seen = 'answered';
    },
  },

  'ephemeral-keys': {
    requirement: 'rfc9113/9.2.1/8',
    needs: ['tls'],
    title: 'Ephemeral keys have 2,048 bits with DHE, and 224 bits with ECDHE, or more.',
    async run(trial) {
      await control(trial);
      trial.expected = 'DHE of 2,048 bits or more, ECDHE of 224 bits or more';
      const sizes: string[] = [];
      for (const [ciphers, least] of [
        [`DHE:${OLD}`, 2048],
        ['ECDHE', 224],
      ] as const) {
        const hands = await trial.shakeHands({ ...TLS_1_2, ciphers });
        if (hands.refused !== null) continue;
        const { type = '?', size = 0 } = hands.socket.getEphemeralKeyInfo() as { type?: string; size?: number };
        hands.socket.destroy();
        sizes.push(`${type} of ${size} bits`);
        if (size < least) trial.fail(`${type} of ${size} bits`);
      }
      if (sizes.length === 0) trial.notApplicable('TLS 1.2 with ephemeral keys is not deployed');
      trial.seen = sizes.join(', ');
    },
  },
});
