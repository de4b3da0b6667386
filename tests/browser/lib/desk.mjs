// A desk against the mock server: a fresh mock and a fresh window for every test of a file.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { WebSocketServer } from 'ws';

import { startMock } from '../../../web/dev/mock.mjs';
import { aLook, launch, openWindow, until } from './browser.mjs';

/** Call once at the top of a file. What it gives back is filled anew before each test. */
export function atADesk(options = {}) {
  let browser;
  const on = {
    base: () => `http://127.0.0.1:${on.mock.port}`,
    text: (selector) => on.page.locator(selector).innerText(),
    /** What the page asked of the server by POST, PATCH or DELETE, without the session. */
    asked: () => on.mock.requests.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/session')).map(({ method, path }) => `${method} ${path}`),

    async window(more = {}) {
      await on.context?.close();
      Object.assign(on, await openWindow(browser, { ...options, ...more }));
    },
    async signIn(name = 'zeynep') {
      await on.page.goto(`${on.base()}/?login=${name}-token`);
      await on.page.waitForSelector('.strip');
      await until(() => assert.ok(on.mock.desks.size > 0));
    },
    async onShift() {
      await on.signIn();
      await on.page.locator('[data-act="start"]').click();
      await on.page.waitForSelector('.strip.ready');
    },
    async ring(kind = 'known', how) {
      const id = on.mock.phone.ring(kind, how);
      await on.page.waitForSelector('.strip.ringing');
      return id;
    },
    async talk(kind = 'known') {
      const id = await on.ring(kind);
      // Whoever answers has looked; F2 twice within a moment would be one stroke, meant for the call before.
      await on.page.waitForTimeout(aLook);
      await on.page.keyboard.press('F2');
      await on.page.waitForSelector('.strip.talking');
      return id;
    },
    /** The middle of a control, for presses that do not wait for anything. */
    async middle(selector) {
      const box = await on.page.locator(selector).first().boundingBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    },
  };
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    on.mock = await startMock({ WebSocketServer });
    on.context = null;
    await on.window();
  });
  afterEach(async () => {
    assert.deepEqual(on.page.troubles, []);
    await on.context.close();
    await on.mock.close();
  });
  return on;
}
