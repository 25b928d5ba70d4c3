/** What the tests ask of an application behind the server in Python. */
import { createHash } from 'node:crypto';

const text = ['content-type', 'text/plain'];
/** What happened to exchanges that cannot tell it themselves. */
const events = [];
/** The upload that is held. */
let held = null;

const resources = {
  '/': x => x.respond(200, text, 'hello\n'),
  async '/hash'(x) {
    const hash = createHash('sha256');
    for await (const chunk of x.body) hash.update(chunk);
    x.respond(200, text, hash.digest('hex'));
  },
  async '/echo'(x) {
    const out = x.start(200, ['trailer', 'x-octets']);
    let octets = 0;
    for await (const chunk of x.body) {
      octets += chunk.length;
      await out.write(chunk);
    }
    await out.end(['x-octets', `${octets}`]);
  },
  '/early'(x) {
    x.body.stop();
    x.respond(200, text, 'early');
  },
  async '/wait'(x) {
    x.watch(notice => {
      if (notice.type === 'close') events.push(`close ${notice.complete} ${notice.code} ${notice.by}`);
    });
    const out = x.start(200);
    await out.write('begun');
    try {
      while ((await x.body.read()) !== null);
    } catch (error) {
      events.push(`${error.name} ${error.code} ${error.by}`);
      throw error;
    }
  },
  async '/reset'(x) {
    await x.start(200).write('some');
    x.reset(0xb);
  },
  '/events': x => x.respond(200, text, events.splice(0).join('\n')),
  async '/held'(x) {
    x.body.manual();
    held = x;
    let octets = 0;
    const out = x.start(200);
    for (let chunk = await x.body.read(); chunk !== null; chunk = await x.body.read()) {
      octets += chunk.length;
      await out.write(`${octets};`);
    }
    await out.end();
  },
  '/look': x => x.respond(200, text, `${held.body.window} ${held.body.buffered}`),
  '/grant'(x) {
    held.body.credit(500);
    x.respond(200, text, `${held.body.window}`);
  },
  '/push'(x) {
    const made = x.push({ target: '/pushed' }, pushed => pushed.respond(200, text, `pushed ${pushed.pushed}`));
    x.respond(200, text, `${made} ${x.caps.push}`);
  },
  async '/inform'(x) {
    x.inform(103, ['link', '</a.css>; rel=preload']);
    x.respond(200, text, `${x.priority.scheme} ${x.priority.urgency} ${x.priority.incremental}`);
  },
  '/fail'() {
    throw new Error('nobody is told');
  },
  '/crash': () => process.kill(process.pid, 'SIGKILL'),
  async '/drain'(x) {
    const out = x.start(200);
    await out.write('waiting;');
    await new Promise(resolve => x.watch(resolve));
    await out.end();
  },
  '/facts'(x) {
    const { request, connection, id } = x;
    x.respond(200, text, JSON.stringify({ request, id, tls: connection.tls, peer: connection.peer }));
  },
  '/env': x => x.respond(200, text, process.env.MSGI_CONTROL ?? ''),
};

export default {
  app: x => (resources[x.request.target.split('?')[0]] ?? (x => x.respond(404)))(x),
  drain: () => process.stderr.write('drain\n'),
  stop: () => process.stderr.write('stop\n'),
};
