/** What PEP 3333 promises an application, and what section 12.3 of the specification adds for adapters. */
import type { Case } from '../../../case.ts';
import closing from './closing.ts';
import environ from './environ.ts';
import extras from './extras.ts';
import input from './input.ts';
import response from './response.ts';

export const wsgiCases: readonly Case[] = [...environ, ...input, ...response, ...closing, ...extras];
