// Words that are true, names instead of ids, figures that are of now.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();

describe('the page of a call', () => {
  test('has seconds and names, and says nothing untrue of a hidden number', async () => {
    const [call] = on.mock.data.calls;
    Object.assign(call, { from: null, from_display: null, customer: null });
    await on.onShift();
    await on.page.goto(`${on.base()}/calls/c_1`);
    await on.page.getByText('Numara gizli; kimse aranmadı').waitFor();
    const said = await on.page.locator('main').innerText();
    assert.match(said, /\d{2}:\d{2}:\d{2} – \d{2}:\d{2}:\d{2}/);
    assert.doesNotMatch(said, /Arayan tanındı|ana-menu|satis|caller-hung-up|ext:/);
    assert.match(said, /Menü · Ana menü/);
  });
});

describe('the card', () => {
  test('says since when with the right suffix, and its summary follows what is saved', async () => {
    await on.onShift();
    await on.talk();
    assert.match(await on.text('[data-zone="who"]'), /2019’dan beri/);
    const before = Number(/(\d+) açık talep/.exec(await on.text('[data-zone="summary"]'))?.[1] ?? 0);
    await on.page.keyboard.press('t');
    await on.page.waitForSelector('aside [data-first]');
    await on.page.getByLabel('Konu').fill('Yeni talep');
    await on.page.keyboard.press('Control+Enter');
    await until(async () => assert.match(await on.text('[data-zone="summary"]'), new RegExp(`${before + 1} açık talep`)));
  });
});

describe('search', () => {
  for (const [typed, found] of [['sipariş 20260', '20260 · Ayşe Yılmaz'], ['#1044', '#1044 Garanti'], ['etiket bayi', 'Ülkü Işık'], ['toptan', 'İbrahim Çağlar']]) {
    test(`finds "${typed}"`, async () => {
      await on.onShift();
      await on.page.keyboard.press('Control+k');
      await on.page.waitForSelector('dialog[open] input');
      await on.page.keyboard.type(typed);
      await on.page.locator('dialog [role="option"]', { hasText: found }).first().waitFor();
    });
  }

  test('opens nothing that was found for earlier words', async () => {
    await on.onShift();
    await on.page.keyboard.press('Control+k');
    await on.page.waitForSelector('dialog[open] input');
    await on.page.keyboard.type('ülkü');
    await on.page.locator('dialog [role="option"]', { hasText: 'Ülkü Işık' }).first().waitFor();
    await on.page.route('**/api/v1/customers*', (route) => void route.request());
    const asked = on.page.waitForRequest('**/api/v1/customers*');
    await on.page.locator('dialog input').fill('şükrü');
    await on.page.keyboard.press('Enter');
    await asked;
    await on.page.keyboard.press('Enter');
    await on.page.locator('dialog').getByText('Aranıyor…').waitFor();
    assert.equal(new URL(on.page.url()).pathname, '/');
  });

  test('tells when the server did not hear that one signed out', async () => {
    await on.onShift();
    await on.page.route('**/api/v1/session', (route) => (route.request().method() === 'DELETE' ? route.abort() : route.continue()));
    await on.page.keyboard.press('Control+k');
    await on.page.waitForSelector('dialog[open] input');
    await on.page.keyboard.type('çıkış');
    await on.page.keyboard.press('Enter');
    await on.page.locator('.toasts .danger').waitFor();
    assert.equal(await on.page.locator('.strip').count(), 1);
  });
});

describe('a change of language', () => {
  async function choose(language) {
    await on.page.getByRole('button', { name: /Murat Demir/ }).click();
    await on.page.getByRole('menuitemradio', { name: language }).click();
  }

  test('renames the queues on the strip and on the live board, also those that came with news', async () => {
    await on.signIn('murat');
    const strip = on.page.locator('.strip .queue').first();
    const board = on.page.locator('main section.queue h2').first();
    await on.page.goto(`${on.base()}/live`);
    await strip.getByText('Destek', { exact: true }).waitFor();
    await choose('English');
    for (const place of [strip, board]) await until(async () => assert.match(await place.innerText(), /^Support/));
    const news = { queue: 'destek', waiting: 7, longest_ms: 1000, waiting_since: null, free: 0, available: 1 };
    on.mock.send({ type: 'queue.stats', subject: 'queue/destek', rev: 9000, ack: false, data: news });
    await until(async () => assert.match(await strip.innerText(), /^Support\s+7 /));
    await choose('Türkçe');
    for (const place of [strip, board]) await until(async () => assert.match(await place.innerText(), /^Destek/));
  });
});
