// Chromium for the tests: pages that remember what went wrong on them, and axe.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const ARGUMENTS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars'];

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const SMALL_PHONE = { width: 360, height: 740 };

// `headless` is said by the arguments: playwright's own switch would choose Chromium's older headless mode.
export const launch = () => chromium.launch({
  executablePath: process.env.READCOUNT_CHROMIUM || '/usr/bin/chromium',
  headless: false,
  args: ARGUMENTS,
});

// What may stand on a page's console while its server is away, or refuses it.
const NETWORK = /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/;

// A page of its own context. Its `faults` are errors on the console, uncaught exceptions and violations of the content
// security policy. While `page.serverTrouble` is true, failed requests are none.
export async function openPage(browser, { viewport = WIDE, dark = false, locale = 'en-GB' } = {}) {
  const context = await browser.newContext({
    viewport, locale, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.faults = [];
  page.serverTrouble = false;
  page.on('pageerror', (error) => page.faults.push(`exception: ${error.stack}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' || (page.serverTrouble && NETWORK.test(message.text()))) return;
    page.faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  await page.addInitScript(() => {
    globalThis.policyViolations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
      globalThis.policyViolations.push(`${violatedDirective} ${blockedURI} in ${sourceFile}`));
  });
  return page;
}

export async function faultsOf(page) {
  return [...page.faults, ...await page.evaluate(() => globalThis.policyViolations)];
}

// What axe finds, one line each.
export async function axeViolations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) =>
    globalThis.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] }), AXE_TAGS);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')}: ${node.failureSummary}`));
}

// The caret stays: hiding it would put a style element into the page, against its policy.
export async function screenshot(page, name, { fullPage = true } = {}) {
  const folder = process.env.READCOUNT_SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage, caret: 'initial' });
}

export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
