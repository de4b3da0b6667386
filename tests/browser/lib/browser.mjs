// Debian's Chromium through Playwright, and axe on whatever is on the screen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // A machine without a sound card plays into nothing at once instead of looking for one first.
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-audio-output'],
  });
}

/** A window of an agent's size. Every dialog, page error and CSP report is collected in `page.troubles`. */
export async function openWindow(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'tr-TR', ...options });
  const page = await context.newPage();
  watch(page);
  return { context, page };
}

export function watch(page) {
  looksFirst(page);
  page.troubles = [];
  page.on('dialog', (dialog) => {
    page.troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => page.troubles.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) page.troubles.push(message.text());
  });
  return page;
}

/** Longer than a control that took another's place ignores the pointer, or a key struck again counts as the same stroke, ms. */
export const aLook = 450;
let looking = false;

/** A person sees a control before they click it; `page.mouse` is for hands that do not look. */
function looksFirst(page) {
  if (looking) return;
  looking = true;
  const locator = Object.getPrototypeOf(page.locator('body'));
  const { click, check, uncheck } = locator;
  for (const [name, act] of Object.entries({ click, check, uncheck })) {
    locator[name] = async function (...how) {
      await this.waitFor();
      await this.page().waitForTimeout(aLook);
      return act.apply(this, how);
    };
  }
}

/** Runs axe in the page's own world (evaluate is not bound by the page's CSP). */
export async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  assert.deepEqual(found, [], `axe on ${where}`);
}

/** Waits until a check holds; the last failure is the one that is shown. */
export async function until(check, within = 5000) {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (cause) {
      if (Date.now() > end) throw cause;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
