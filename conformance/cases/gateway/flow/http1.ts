/** Coarse credit: an allowance that stops the reading of the socket (section 5.8). */
import { suite } from '../../../gateway/case.ts';
import { askAlone } from '../../../gateway/plain.ts';

/** More than what a server has allowed, and the buffers of both kernels beside it, take: octets. */
const OFFERED = 2 ** 26;

/** Octets of content from one report of the application to the next. */
const TOLD = 2 ** 20;

/** Looks in a row, each behind a whole exchange of another connection, that see nothing taken: the socket is full. */
const STILL = 3;

export default suite('flow', {
  'a-socket-is-read-by-allowance': {
    requirement: 'MSGI-FLOW-30',
    title:
      'Over HTTP/1 the socket fills up and stays full while the allowance is used up, and is read on behind credit.',
    claims: ['http1'],
    app: async (x, kit) => {
      const { body } = x;
      body.manual();
      const allowance = body.window;
      let octets = 0;
      while (body.window > 0) octets += (await body.read())?.length ?? 0;
      kit.report('spent', allowance);
      await kit.gate();
      body.credit(OFFERED);
      let told = 0;
      for await (const chunk of body) {
        octets += chunk.length;
        if (octets < told + TOLD) continue;
        told = octets;
        kit.report('read', octets);
      }
      x.respond(200);
    },
    async run(trial) {
      const aside = await trial.open();
      const asked = await askAlone(trial, 'a', { method: 'POST', fields: ['content-length', `${OFFERED}`] });
      const { plain } = asked;
      plain.offer(OFFERED);
      const allowance = await trial.report(asked, 'spent');
      trial.expected = `fewer than ${OFFERED} octets are taken of the socket until there is credit`;
      for (let still = 0, before = -1; still < STILL; still = plain.taken === before ? still + 1 : 0) {
        before = plain.taken;
        await trial.quietApp(aside);
      }
      const { taken } = plain;
      if (taken === OFFERED)
        trial.fail(`all ${OFFERED} octets are taken of the socket, where the allowance is ${allowance}`);
      trial.release(asked);
      trial.expected = `more than the ${taken} octets that the socket holds are read behind credit`;
      const more = (): boolean => trial.app.reports(asked, 'read').some(octets => (octets as number) > taken);
      await trial.app.until(more, trial.expected);
      // As much as was offered is nobody's need.
      plain.reset();
      trial.seen = `${taken} octets of ${OFFERED} are taken while the allowance of ${allowance} is used up, then more`;
    },
  },
});
