// The whole spine in a browser: a real call from SIPp through the running demo to the card, the ticket and the replay.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { accessible, launch, openWindow, until } from './lib/browser.mjs';
import { placeCall } from './lib/caller.mjs';
import { demo } from './lib/demo.mjs';

const ayse = '+905321112233';
const stranger = '+905019998877';
const running = await demo();
const facts = running?.facts;

describe('a call from the street to the replay', { skip: running === null && 'no demo: set SANTRAL_DEMO_JSON or build santral' }, () => {
  let browser;
  let agent;
  let call;

  before(async () => {
    browser = await launch();
    agent = await openWindow(browser);
    await agent.page.goto(facts.login);
    await agent.page.waitForSelector('.strip');
  });
  afterEach(async () => {
    await idle();
    await call?.stop();
    call = undefined;
    assert.deepEqual(agent.page.troubles, []);
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
  });

  const text = (selector, page = agent.page) => page.locator(selector).innerText();

  /** Puts the desk back to ready, whatever the test left: answers, hangs up, leaves the result. */
  async function idle() {
    const { page } = agent;
    if ((await page.locator('.strip.ringing').count()) > 0) {
      await page.keyboard.press('F2');
      await page.waitForSelector('.strip.talking', { timeout: 15_000 });
    }
    if ((await page.locator('.strip.talking').count()) > 0) {
      await page.keyboard.press('F9');
      await page.waitForSelector('.strip.wrap_up');
    }
    if ((await page.locator('.strip.wrap_up').count()) > 0) await page.getByRole('button', { name: 'Sonuçsuz bitir' }).click();
    await page.waitForSelector('.strip.ready', { timeout: 45_000 });
  }

  /** Calls the menu and presses until the agent's card is there. */
  async function reach(from, display = '') {
    call = await placeCall({ sip: facts.sip, menu: facts.menu, from, display, keys: process.env.SANTRAL_MENU_KEYS ?? '2' });
    await agent.page.waitForSelector('.strip.ringing', { timeout: 45_000 });
  }

  test('signing in by the link and starting the shift', async () => {
    const { page } = agent;
    await page.waitForSelector('.strip.off, .strip.ready');
    if ((await page.locator('.strip.off').count()) > 0) await page.getByRole('button', { name: 'Mesaiye başla' }).click();
    await page.waitForSelector('.strip.ready');
    await accessible(page, 'desk');
  });

  test('the right card is painted before the phone is answered; F2 answers; T makes a ticket; it is in the history', async () => {
    const { page } = agent;
    await reach(ayse);
    assert.equal(await text('[data-caller]'), 'Ayşe Yılmaz');
    assert.equal(await page.locator('[data-phase="ringing"]').count(), 1, 'nobody has answered yet');
    assert.match(await text('[data-zone="who"]'), /Ayşe Yılmaz/);
    await accessible(page, 'ringing');
    const id = await page.locator('[data-call]').getAttribute('data-call');

    await page.keyboard.press('F2');
    await page.waitForSelector('[data-phase="talking"]', { timeout: 15_000 });
    await page.keyboard.press('t');
    await until(async () => assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute('data-first')), true));
    await page.keyboard.type('Klima su akıtıyor, İstanbul');
    await accessible(page, 'ticket drawer');
    await page.keyboard.press('Control+Enter');
    await page.getByText(/Talep #\d+ kaydedildi/).waitFor();

    await new Promise((done) => setTimeout(done, 2500));
    await page.keyboard.press('F9');
    await page.waitForSelector('[data-wrap-up]');
    await until(async () => assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'radio'));
    await accessible(page, 'result');
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    await page.keyboard.type('Servis yönlendirildi');
    await page.keyboard.press('Enter');
    await page.getByText(/Sonuç kaydedildi/).waitFor();
    await call.ended;

    await page.goto(`${facts.http}/calls/${id}`);
    await page.getByText('Klima su akıtıyor, İstanbul').waitFor();
    await page.locator('h1 a').click();
    await page.waitForURL('**/customers/*');
    await page.getByText('Servis yönlendirildi').first().waitFor();
    await page.getByText('Klima su akıtıyor, İstanbul').first().waitFor();
    await page.goto(facts.http);
    await replay(id);
  });

  async function replay(id) {
    const { context, page } = await openWindow(browser);
    const person = facts.person('supervisor');
    await page.goto(facts.http);
    await page.getByLabel('Kullanıcı adı').fill(person.name);
    await page.locator('input[autocomplete="current-password"]').fill(person.password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.strip');
    await page.goto(`${facts.http}/recordings`);
    await page.locator(`a.row[data-id="${id}"]`).click();
    await page.waitForSelector('[data-playing] canvas');
    await page.waitForFunction(() => document.querySelector('audio').readyState >= 2);
    await page.keyboard.press('Space');
    await until(async () => assert.ok(Number(await page.locator('[data-playing]').getAttribute('data-position')) > 300));
    await accessible(page, 'replay');
    assert.deepEqual(page.troubles, []);
    await context.close();
  }

  test('an unknown number is said to be unknown', async () => {
    await reach(stranger);
    assert.match(await text('[data-zone="who"]'), /Tanımıyoruz/);
    await accessible(agent.page, 'unknown caller');
  });

  test('a withheld number is said to be withheld', async () => {
    await reach('sip:anonymous@anonymous.invalid', '"Anonymous"');
    assert.match(await text('[data-zone="who"]'), /Gizli numara/);
  });

  test('a hostile caller name is text and nothing else', async () => {
    await reach('+905019990000', '"<img src=x onerror=alert(1)>"');
    await until(async () => assert.equal(await text('[data-sent-name]'), '<img src=x onerror=alert(1)>'));
    assert.equal(await agent.page.locator('main img').count(), 0);
  });

  test('talk and hold count from the switch’s moments, also over a reload', async () => {
    const { page } = agent;
    await reach(ayse);
    await page.keyboard.press('F2');
    await page.waitForSelector('.strip.talking', { timeout: 15_000 });
    const seconds = async () => (await text('.strip .timer')).split(':').map(Number).reduce((sum, piece) => sum * 60 + piece, 0);
    await until(async () => assert.ok((await seconds()) >= 3), 8000);
    await page.keyboard.press('F8');
    await page.waitForSelector('.strip.held');
    assert.ok((await seconds()) <= 1, 'the hold begins at nothing');
    await until(async () => assert.ok((await seconds()) >= 2), 8000);
    await page.reload();
    await page.waitForSelector('.strip.held');
    const held = await seconds();
    assert.ok(held >= 2 && held <= 8, `${held} s of hold after a reload`);
    await page.keyboard.press('F8');
    await page.waitForSelector('.strip.talking');
    assert.ok((await seconds()) >= 5, 'the talk goes on from its beginning');
  });

  test('a hand too fast: a double click on "answer" answers and holds nobody', async () => {
    const { page } = agent;
    await reach(ayse);
    await page.waitForTimeout(600);
    const box = await page.locator('[data-act="answer"]').boundingBox();
    for (const pause of [130, 0]) {
      await page.mouse.click(box.x + 40, box.y + 20);
      await page.waitForTimeout(pause);
    }
    await page.waitForSelector('.strip.talking', { timeout: 15_000 });
    await page.waitForTimeout(600);
    assert.equal(await page.locator('.strip.talking').count(), 1);
    assert.equal(await page.locator('aside').count(), 0);
  });

  test('a daemon that stands still: told within 5 s, and all is well when it goes on', { skip: running?.pid === undefined }, async () => {
    const { page } = agent;
    await page.waitForSelector('[data-line="up"]');
    process.kill(running.pid, 'SIGSTOP');
    try {
      await page.locator('[data-act="end"]').click();
      await page.waitForSelector('[data-act="end"][aria-busy="true"]', { timeout: 1000 });
      await page.waitForSelector('[data-line="silent"]', { timeout: 5000 });
      await page.locator('.refusal').waitFor({ timeout: 6000 });
    } finally {
      process.kill(running.pid, 'SIGCONT');
    }
    await page.waitForSelector('[data-line="up"]', { timeout: 15_000 });
    await page.waitForSelector('.lost', { state: 'detached' });
    if ((await page.locator('.strip.off').count()) > 0) await page.locator('[data-act="start"]').click();
  });

  test('the first load is at most 60 KB as it comes over the wire', async () => {
    const { context, page } = await openWindow(browser);
    const wire = await context.newCDPSession(page);
    await wire.send('Network.enable');
    const heads = new Map();
    let bytes = 0;
    wire.on('Network.responseReceived', ({ requestId, response }) => heads.set(requestId, response.encodedDataLength));
    wire.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => (bytes += encodedDataLength - (heads.get(requestId) ?? 0)));
    await page.goto(facts.http);
    await page.getByLabel('Kullanıcı adı').waitFor();
    await page.waitForLoadState('networkidle');
    assert.ok(bytes > 20_000 && bytes <= 60_000, `${bytes} bytes`);
    await context.close();
  });

  test('axe finds nothing on the lists', async () => {
    const { page } = agent;
    for (const place of ['customers', 'calls', 'tickets', 'orders', 'appointments']) {
      await page.goto(`${facts.http}/${place}`);
      await page.waitForSelector('main h1');
      await page.waitForSelector('.bone', { state: 'detached' });
      await accessible(page, place);
    }
    await page.goto(facts.http);
  });
});
