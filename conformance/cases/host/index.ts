/** The pipe between a server and the processes of its application (chapter 11): the application's end. The kit plays the server. */
import { type HostCase, hostChapter } from '../../host/case.ts';
import beginnings from './beginnings.ts';
import calls from './calls.ts';
import content from './content.ts';
import ends from './ends.ts';
import frames from './frames.ts';
import lifespan from './lifespan.ts';

export const hostCatalogue: readonly HostCase[] = hostChapter('host', {
  ...beginnings,
  ...frames,
  ...calls,
  ...content,
  ...ends,
  ...lifespan,
});
