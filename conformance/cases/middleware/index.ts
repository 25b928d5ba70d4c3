/** Every case about middleware: the kit hosts it, and an application of the kit stands behind it. */
import type { ApplicationCase } from '../../application/case.ts';
import changes from './changes.ts';
import forwarding from './forwarding.ts';
import settling from './settling.ts';

export const middlewareCatalogue: readonly ApplicationCase[] = [...forwarding, ...changes, ...settling];
