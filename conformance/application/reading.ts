/** A handler that reads a request to its end. */
import { type Handler, reportedError } from './kit.ts';

/**
 * Once the gate is open, reads the whole request, reports its end as "whole" or as the name, code and party of the error,
 * and answers a whole one with 200.
 */
export const readsToTheEnd: Handler = async (x, kit) => {
  await kit.gate();
  try {
    while ((await x.body.read()) !== null);
    kit.report('end', 'whole');
    x.respond(200);
  } catch (error) {
    const { name, code = -1, by = '' } = reportedError(error);
    kit.report('end', [name, code, by]);
  }
};
