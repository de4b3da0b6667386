// A server that stands still, timers over a reload, a clock that is wrong: the page says what is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { aLook, until, watch } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
const seconds = async (selector = '.strip .timer') => {
  const pieces = (await on.text(selector)).match(/[\d:]+/g).at(-1).split(':').map(Number);
  return pieces.reduce((sum, piece) => sum * 60 + piece, 0);
};
const back = (millis) => new Date(Date.now() - millis).toISOString();

/** From a press to what it changes on the screen, by the page's own clock. */
async function shownWithin(press, selector) {
  await on.page.evaluate((wanted) => {
    window.seen = null;
    new MutationObserver(() => {
      if (window.seen === null && document.querySelector(wanted)) window.seen = performance.now();
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
    addEventListener('keydown', () => (window.pressed = performance.now()), { capture: true, once: true });
  }, selector);
  await press();
  await on.page.waitForSelector(selector);
  return on.page.evaluate(() => window.seen - window.pressed);
}

describe('a server that stands still', () => {
  for (const [key, act, start] of [
    ['F2', 'answer', () => on.ring()],
    ['F4', 'decline', () => on.ring()],
    ['F8', 'hold', () => on.talk()],
    ['F9', 'hangup', () => on.talk()],
  ]) {
    test(`${key}: taken at once, failed in words within 5 s, and harmless to ask again`, async () => {
      await on.onShift();
      const call = await start();
      // With the parts and lists of a card at hand; their loading has connections too.
      await until(async () => assert.equal(await on.page.locator('[role="tab"] .muted').count(), 5));
      on.mock.freeze();
      const taken = await shownWithin(() => on.page.keyboard.press(key), `[data-act="${act}"][aria-busy="true"]`);
      assert.ok(taken < 100, `${taken} ms`);
      const began = Date.now();
      // Shown as taken is not enough: it left the browser although nothing is answered.
      await until(() => assert.ok(on.mock.arrived.includes(`POST /calls/${call}/${act}`)), 2500);
      await on.page.locator('.refusal').getByText('Sunucu yanıt vermedi').waitFor({ timeout: 6000 });
      assert.ok(Date.now() - began < 5600);
      assert.equal(await on.page.locator('[aria-busy="true"]').count(), 0);
      on.mock.thaw();
      await on.page.waitForSelector('.lost', { state: 'detached' });
      // Whether it came to anything is not known to the person: asking again is right. Only of hold the key would ask
      // for the contrary.
      if (act !== 'hold') await on.page.keyboard.press(key);
      await on.page.waitForSelector(`.strip.${{ answer: 'talking', decline: 'ready', hold: 'held', hangup: 'wrap_up' }[act]}`);
      // It is known now: nobody is told to try again.
      await on.page.locator('.refusal').getByText('Sunucu yanıt vermedi').waitFor({ state: 'detached' });
    });
  }

  test('a hold that came although its answer did not is no reason to say that nobody knows', async () => {
    await on.context.addInitScript(() => {
      const timeout = AbortSignal.timeout.bind(AbortSignal);
      AbortSignal.timeout = (millis) => timeout(millis / 4);
    });
    await on.onShift();
    const call = await on.talk();
    await on.page.route('**/hold', (route) => void route.request());
    const givenUp = on.page.waitForEvent('requestfailed');
    await on.page.keyboard.press('F8');
    on.mock.phone.phase(call, 'held', 'call.held', 'holding');
    await on.page.waitForSelector('.strip.held [data-act="resume"]');
    await givenUp;
    // The page has heard of it, and drawn what it has to say.
    await on.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await on.page.locator('.refusal').count(), 0);
  });

  test('a hold that comes after it was given up is not undone by the key that asks again', async () => {
    await on.onShift();
    const call = await on.talk();
    await on.page.route('**/hold', (route) => route.abort());
    await on.page.keyboard.press('F8');
    await on.page.locator('.refusal').waitFor();
    await on.page.waitForTimeout(aLook);
    // The hand is on its way to the key when the strip changes.
    await on.page.evaluate(() => {
      new MutationObserver((_, watch) => {
        if (!document.querySelector('.strip.held')) return;
        watch.disconnect();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'F8', code: 'F8', bubbles: true, cancelable: true }));
        document.body.dataset.pressed = '';
      }).observe(document.querySelector('.strip'), { attributes: true });
    });
    on.mock.phone.phase(call, 'held', 'call.held', 'holding');
    await on.page.waitForSelector('[data-pressed]', { state: 'attached' });
    assert.equal(await on.page.locator('.refusal').count(), 0);
    await on.page.waitForTimeout(aLook);
    assert.deepEqual(on.mock.arrived.filter((one) => one.endsWith('/resume')), []);
    await on.page.keyboard.press('F8');
    await on.page.waitForSelector('.strip.talking');
    assert.deepEqual(on.asked().filter((one) => one.endsWith('/resume')), [`POST /calls/${call}/resume`]);
  });

  test('lists that are never answered keep no command from leaving', async () => {
    await on.onShift();
    on.mock.stalled = /\/(second|card|timeline|callbacks|tickets|appointments|calls)$/;
    await on.page.reload();
    await on.page.waitForSelector('.strip.ready');
    await until(() => assert.ok(on.mock.waiting >= 2));
    await on.ring();
    await on.page.waitForTimeout(aLook);
    // Long before the lists are given up and their connections come free.
    await on.page.keyboard.press('F2');
    await on.page.waitForSelector('.strip.talking', { timeout: 2500 });
    await on.page.keyboard.press('F9');
    await on.page.waitForSelector('.strip.wrap_up');
  });

  test('two tabs whose lists hang for ever keep no command from leaving', async () => {
    await on.context.addInitScript(() => {
      AbortSignal.timeout = () => new AbortController().signal;
    });
    await on.onShift();
    const other = watch(await on.context.newPage());
    await other.goto(on.base());
    await other.waitForSelector('a.item');
    on.mock.stalled = /\/(customers|orders|callbacks|tickets|appointments|calls)$/;
    // Of two equal questions of one browser the second waits for the first; so each tab asks its own.
    await other.keyboard.press('Control+k');
    await other.locator('dialog input').fill('ayşe');
    await on.page.reload();
    await on.page.waitForSelector('.strip.ready');
    await until(() => assert.ok(on.mock.waiting >= 4));
    const call = await on.ring();
    await on.page.waitForTimeout(aLook);
    await on.page.keyboard.press('F2');
    await until(() => assert.ok(on.mock.arrived.includes(`POST /calls/${call}/answer`)));
    assert.deepEqual(other.troubles, []);
    await on.page.waitForSelector('.strip.talking');
  });

  test('a list that waits for its turn longer than an answer may take is had all the same', async () => {
    // Patience is 1250 ms, each of the five answers takes 700.
    await on.context.addInitScript(() => {
      const timeout = AbortSignal.timeout.bind(AbortSignal);
      AbortSignal.timeout = (millis) => timeout(millis / 4);
    });
    await on.page.route('**/second?*', async (route) => {
      await new Promise((done) => setTimeout(done, 700));
      await route.continue();
    });
    await on.onShift();
    await on.ring();
    await on.page.waitForSelector('[role="tab"]');
    await until(async () => assert.equal(await on.page.locator('[role="tab"] .muted').count(), 5, 'five lists with their counts'));
  });

  test('the strip says so within a few seconds, without a press, and comes back by itself', async () => {
    await on.onShift();
    on.mock.freeze();
    const began = Date.now();
    await on.page.waitForSelector('[data-line="silent"] [data-gone]', { timeout: 8000 });
    assert.ok(Date.now() - began < 6000);
    await on.page.locator('.lost').getByText('Sunucu yanıt vermiyor').waitFor();
    assert.equal(await on.page.locator('.strip').evaluate((strip) => getComputedStyle(strip).borderBottomColor === getComputedStyle(document.querySelector('.lost')).backgroundColor), true, 'not green');
    on.mock.thaw();
    await on.page.waitForSelector('[data-line="up"]');
    assert.equal(await on.page.locator('.lost').count(), 0);
  });

  test('a form: busy at once, told within 5 s, words kept, and saved once though it is sent twice and reloaded', async () => {
    await on.onShift();
    await on.page.keyboard.press('t');
    await on.page.waitForSelector('aside [data-first]');
    await on.page.getByLabel('Konu').fill('Bir kez');
    on.mock.freeze();
    const taken = await shownWithin(() => on.page.keyboard.press('Control+Enter'), 'aside [data-save][aria-busy="true"]');
    assert.ok(taken < 100, `${taken} ms`);
    await on.page.locator('aside .trouble').getByText('Sunucu 5 saniyede yanıt vermedi').waitFor({ timeout: 6000 });
    on.mock.thaw();
    await until(() => assert.equal(on.mock.data.tickets[0].subject, 'Bir kez'));
    await on.page.reload();
    await on.page.waitForSelector('aside [data-first]');
    assert.equal(await on.page.getByLabel('Konu').inputValue(), 'Bir kez');
    await on.page.getByLabel('Konu').press('Control+Enter');
    await on.page.getByText(/Talep #\d+ kaydedildi/).waitFor();
    assert.equal(on.mock.data.tickets.filter((ticket) => ticket.subject === 'Bir kez').length, 1);
  });

  test('a list says it failed, shows no bones, and fills by itself when the server is back', async () => {
    await on.onShift();
    await on.page.waitForSelector('a.item');
    on.mock.freeze();
    await on.page.keyboard.press('g');
    await on.page.keyboard.press('c');
    await on.page.locator('.trouble').waitFor({ timeout: 7000 });
    assert.equal(await on.page.locator('.bone').count(), 0);
    assert.equal(await on.page.locator('main h1').count(), 1);
    on.mock.thaw();
    await on.page.waitForSelector('a.row');
    assert.equal(await on.page.locator('.trouble').count(), 0);
  });
});

describe('timers', () => {
  test('hold shows the hold, talk the talk, and a reload changes neither', async () => {
    await on.onShift();
    const call = await on.talk();
    on.mock.phone.change(call, { talking_since: back(125_000), answered_at: back(125_000) });
    await on.page.reload();
    await on.page.waitForSelector('.strip.talking');
    await until(async () => assert.ok(Math.abs((await seconds()) - 125) <= 3, String(await seconds())));
    await on.page.keyboard.press('F8');
    await on.page.waitForSelector('.strip.held');
    assert.ok((await seconds()) <= 2);
    on.mock.phone.change(call, { held_since: back(42_000) });
    await on.page.reload();
    await on.page.waitForSelector('.strip.held');
    await until(async () => assert.ok(Math.abs((await seconds()) - 42) <= 3));
    await on.page.keyboard.press('F8');
    await on.page.waitForSelector('.strip.talking');
    await until(async () => assert.ok((await seconds()) >= 125));
  });

  test('ringing, break and wrap-up go on over a reload', async () => {
    await on.onShift();
    const agent = () => on.mock.phone.agents.get('usr_zeynep');
    await on.ring();
    agent().since = back(12_000);
    await on.page.reload();
    await on.page.waitForSelector('.strip.ringing');
    await until(async () => assert.ok(Math.abs((await seconds()) - 12) <= 3));
    await on.page.keyboard.press('F2');
    await on.page.waitForSelector('.strip.talking');
    await on.page.keyboard.press('F9');
    await on.page.waitForSelector('.strip.wrap_up');
    agent().until = new Date(Date.now() + 17_000).toISOString();
    await on.page.reload();
    await on.page.waitForSelector('.strip.wrap_up');
    await until(async () => assert.ok(Math.abs((await seconds()) - 17) <= 3));
    on.mock.phone.endWrapUp({ id: 'usr_zeynep' });
    on.mock.phone.setStatus({ id: 'usr_zeynep' }, 'break', 'Çay molası');
    agent().since = back(600_000);
    await on.page.reload();
    await on.page.waitForSelector('.strip.break');
    await until(async () => assert.ok(Math.abs((await seconds()) - 600) <= 3));
  });

  test('"longest" runs while a caller waits, on the strip and on the live board', async () => {
    await on.onShift();
    const strip = '.strip .queue .caution-text';
    const first = await seconds(strip);
    await until(async () => assert.ok((await seconds(strip)) >= first + 2), 6000);
    await on.context.clearCookies();
    await on.signIn('murat');
    const board = '.queues .busy .muted >> nth=1';
    const then = (await on.text(board)).match(/\d+:\d\d/)[0];
    await until(async () => assert.notEqual((await on.text(board)).match(/\d+:\d\d/)[0], then));
  });

  test('a computer whose clock is an hour wrong shows the same times', async () => {
    for (const wrong of [3_600_000, -3_600_000]) {
      await on.window();
      await on.page.addInitScript((by) => {
        const now = Date.now.bind(Date);
        Date.now = () => now() + by;
      }, wrong);
      await on.onShift();
      const call = await on.talk();
      on.mock.phone.change(call, { talking_since: back(60_000) });
      await on.page.reload();
      await on.page.waitForSelector('.strip.talking');
      await until(async () => assert.ok(Math.abs((await seconds()) - 60) <= 4, String(await seconds())));
      on.mock.phone.end(call);
      on.mock.phone.endWrapUp({ id: 'usr_zeynep' });
      on.mock.phone.setStatus({ id: 'usr_zeynep' }, 'off');
    }
  });

  test('a computer whose calendar is two days wrong knows today', async () => {
    await on.page.addInitScript(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 2 * 86_400_000;
    });
    await on.onShift();
    await on.page.goto(`${on.base()}/appointments?view=day`);
    const today = new Intl.DateTimeFormat('tr-TR', { timeZone: 'Europe/Istanbul', day: '2-digit', month: '2-digit', year: 'numeric' }).format(new Date());
    await on.page.locator('main header strong').getByText(today).waitFor();
    on.mock.data.callbacks[0].due_at = new Date().toISOString();
    await on.page.goto(`${on.base()}/callbacks`);
    await on.page.locator('.box li .time', { hasText: 'bugün' }).first().waitFor();
  });
});
