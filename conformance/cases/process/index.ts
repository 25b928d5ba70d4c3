/** The pipe between a server and the processes of its application (chapter 11): the server's end. The kit plays the host. */
import type { Case } from '../../case.ts';
import { processChapter } from '../../process/case.ts';
import breaks from './breaks.ts';
import content from './content.ts';
import ends from './ends.ts';
import exchanges from './exchanges.ts';
import failures from './failures.ts';
import frames from './frames.ts';
import greetings from './greetings.ts';
import numbers from './numbers.ts';
import room from './room.ts';

export const processCases: readonly Case[] = processChapter('process', {
  ...greetings,
  ...frames,
  ...breaks,
  ...numbers,
  ...content,
  ...room,
  ...failures,
  ...exchanges,
  ...ends,
});
