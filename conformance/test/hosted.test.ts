import t from 'tap';
import { hostedCases } from '../application/hosted.ts';
import { abuseCases } from '../cases/abuse/index.ts';
import { gatewaySuites } from '../cases/gateway/index.ts';
import { catalogue } from '../cases/index.ts';

t.test('a process that is started for one suite has all cases of it', async t => {
  const all = await hostedCases();
  for (const [name, cases] of Object.entries(gatewaySuites)) {
    const own = await hostedCases(name);
    t.same(
      [...own.keys()],
      cases.map(({ id }) => id),
      name,
    );
    for (const [id, one] of own) t.equal(one.app, all.get(id)?.app, id);
  }
});

t.test('every handler is there, whichever way its process was started', async t => {
  const all = await hostedCases();
  for (const { id, chapter, app, alone } of [...catalogue, ...abuseCases]) {
    if (app === undefined) continue;
    t.ok(all.has(id), id);
    if (alone !== undefined) t.ok((await hostedCases(chapter)).has(id), `${id} in its own suite`);
  }
  t.equal((await hostedCases('flow-control')).size, 0, 'a chapter without handlers needs none');
});
