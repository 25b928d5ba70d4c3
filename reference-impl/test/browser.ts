/** Debian's Chromium, driven by playwright-core: no browser is downloaded. */
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Test } from 'tap';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let started: Promise<Browser> | null = null;

/** A page of a profile of its own, which takes any certificate. One browser serves them all. */
export async function page(t: Test): Promise<Page> {
  started ??= chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGUMENTS });
  const context = await (await started).newContext({ ignoreHTTPSErrors: true });
  t.teardown(() => context.close());
  return context.newPage();
}

/** A page of this origin that is not the application's: scripts run on it where the application has no page. */
export async function pageOf(t: Test, address: string): Promise<Page> {
  const tab = await page(t);
  await tab.route(`${address}/page`, route => route.fulfill({ contentType: 'text/html', body: '<p>' }));
  await tab.goto(`${address}/page`);
  return tab;
}

export async function closeBrowser(): Promise<void> {
  await (await started)?.close();
}

/** Which protocol the page itself came over, as Chromium tells: "h2". */
export function protocolOf(page: Page): Promise<string> {
  return page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol");
}
