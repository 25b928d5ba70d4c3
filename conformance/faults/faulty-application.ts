/**
 * The kit's application behind every wrapper of the gateway's faults: the key of an exchange names the one that it gets.
 * Exchanges of one attempt share a wrapper, so that what a fault remembers is of its case alone.
 */

import type { App, Application, Awaitable, Exchange } from '../../spec/msgi.ts';
import { application, dispatch, exported } from '../application/application.ts';
import { addressed, parseKey } from '../application/messages.ts';
import { abuseFaults } from './abuse/index.ts';
import { FAULT } from './gateway/fault.ts';
import { gatewayFaults } from './gateway/index.ts';

const wrapped = new Map<string, App>();

const faults = [...gatewayFaults, ...abuseFaults];

/** What wrappers call. They forget the object, as wrappers may; one that calls it on null means the deviation. */
const innermost = function (this: unknown, ...given: readonly unknown[]): Awaitable<void> {
  return dispatch(given[0] as Exchange, given.length, this !== null);
} as App;

function appOf({ target, authority }: Exchange['request']): App {
  const found = addressed(target, authority);
  const { attempt, fault } = found === null ? { attempt: '', fault: null } : parseKey(found.key);
  if (fault === null) return innermost;
  const name = `${attempt} ${fault}`;
  const known = wrapped.get(name);
  if (known !== undefined) return known;
  const wrap = faults.find(({ id }) => id === fault)?.wrap;
  const made = wrap === undefined ? innermost : wrap(innermost);
  wrapped.set(name, made);
  return made;
}

const faulty: Application = {
  ...application,
  app: function (this: unknown, ...given: [Exchange]): Awaitable<void> {
    return appOf(given[0].request).call(this === faulty || this === hosted ? this : null, ...given);
  } as App,
};

const ofProcess = faults.find(({ id }) => id === process.env[FAULT]);

const sound = (await exported(faulty)) as Application;

const hosted = ofProcess?.host?.(sound) ?? sound;

export default hosted;
