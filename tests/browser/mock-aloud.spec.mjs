// Nothing fails in silence, and what did not come comes by itself when it can be had.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { accessible, until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();

/** Answers of an address that wait until they are let go. */
async function heldBack(address, method = 'GET') {
  let letGo;
  const free = new Promise((done) => (letGo = done));
  await on.page.route(address, async (route) => {
    if (route.request().method() === method) await free;
    await route.continue().catch(() => {});
  });
  return letGo;
}

describe('at the start', () => {
  test('a page without its words says so in both languages, and begins when it has them', async () => {
    let down = true;
    await on.page.route(/\/assets\/first-|:\d+\/$/, (route) =>
      down && (route.request().method() === 'HEAD' || route.request().resourceType() === 'script') ? route.abort() : route.continue(),
    );
    await on.page.goto(`${on.base()}/?login=zeynep-token`);
    await on.page.getByRole('heading', { name: 'Sunucuya ulaşılamıyor' }).waitFor();
    await on.page.getByText('The server cannot be reached').waitFor();
    await accessible(on.page, 'a page without words');
    down = false;
    await on.page.waitForSelector('.strip', { timeout: 12_000 });
  });
});

describe('a choice that was not saved', () => {
  for (const [name, shows] of [
    ['Koyu', () => document.documentElement.dataset.theme ?? 'system'],
    ['English', () => document.documentElement.lang],
  ]) {
    test(`is told and goes back: ${name}`, async () => {
      await on.onShift();
      const before = await on.page.evaluate(shows);
      await on.page.route('**/api/v1/me', (route) => route.abort());
      await on.page.getByRole('button', { name: /Zeynep Kaya/ }).click();
      await on.page.getByRole('menuitemradio', { name }).click();
      await on.page.locator('.toasts .danger').waitFor();
      await until(async () => assert.equal(await on.page.evaluate(shows), before));
    });
  }
});

describe('a card', () => {
  test('that did not come with its caller is asked for', async () => {
    const caller = on.mock.phone.caller.bind(on.mock.phone);
    on.mock.phone.caller = (...of) => ({ ...caller(...of), card: null });
    await on.onShift();
    await on.ring();
    await on.page.waitForSelector('[data-zone="summary"]');
  });

  test('whose part of the page did not come is there when the server is back', async () => {
    const letGo = await heldBack('**/assets/CallDesk-*.js');
    await on.onShift();
    await on.ring();
    await on.page.locator('[data-page] .trouble').waitFor({ timeout: 8000 });
    letGo();
    on.mock.drop();
    await on.page.waitForSelector('[data-zone="summary"]');
  });
});

describe('what is on its way', () => {
  test('is seen: a comment', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets/tkt_1`);
    const letGo = await heldBack('**/api/v1/tickets/*', 'PATCH');
    await on.page.locator('textarea').fill('Arandı');
    await on.page.keyboard.press('Enter');
    await on.page.getByRole('status').getByText('Yorum gönderiliyor…').waitFor();
    letGo();
    await on.page.locator('article', { hasText: 'Arandı' }).waitFor();
    assert.equal(await on.page.getByText('Yorum gönderiliyor…').count(), 0);
  });

  test('is seen: a result that becomes a note, once', async () => {
    await on.onShift();
    const call = await on.talk();
    on.mock.phone.end(call);
    await on.page.locator('[data-wrap-up] textarea').fill('Kargo');
    await on.page.locator('[data-wrap-up] [role="radio"]').first().focus();
    await on.page.route('**/complete', (route) => route.fulfill({ status: 409, contentType: 'application/problem+json', body: '{"type":"/problems/wrong-state","status":409}' }));
    for (const key of ['1', 'Enter', 'Enter']) await on.page.keyboard.press(key);
    const keep = on.page.getByRole('button', { name: 'Müşteri notu olarak kaydet' });
    const letGo = await heldBack('**/notes', 'POST');
    await keep.click();
    await until(async () => assert.equal(await keep.getAttribute('aria-busy'), 'true'));
    await keep.click();
    letGo();
    await on.page.locator('.toasts').getByText('Not kaydedildi').waitFor();
    assert.equal(on.asked().filter((one) => one.endsWith('/notes')).length, 1);
  });
});

describe('a comment on what somebody else has changed meanwhile', () => {
  test('is kept, told, and goes with the next Enter', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets/tkt_1`);
    const field = on.page.locator('textarea');
    await field.fill('Arandı');
    on.mock.data.tickets[0].rev += 1;
    await on.page.keyboard.press('Enter');
    await on.page.locator('main .trouble').waitFor();
    assert.equal(await field.inputValue(), 'Arandı');
    await on.page.keyboard.press('Enter');
    await on.page.locator('article', { hasText: 'Arandı' }).waitFor();
    assert.equal(on.mock.data.tickets[0].comments.filter(({ text }) => text === 'Arandı').length, 1);
  });
});

describe('the focus', () => {
  test('goes to a form that takes another one’s place', async () => {
    await on.onShift();
    await on.talk();
    await on.page.keyboard.press('t');
    await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement?.labels?.[0]?.textContent), 'Konu'));
    await on.page.keyboard.press('F10');
    await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement?.labels?.[0]?.textContent), 'Kime'));
  });

  test('is not taken by a form that comes late from somebody who has gone on', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    const letGo = await heldBack('**/api/v1/callbacks/*');
    await on.page.locator('.box li').first().getByRole('button', { name: 'Ertele' }).click();
    await on.page.waitForSelector('aside');
    const search = on.page.getByRole('searchbox');
    await search.focus();
    await on.page.keyboard.type('bra');
    letGo();
    await on.page.waitForSelector('aside [data-first]');
    await on.page.keyboard.type('him');
    assert.equal(await search.inputValue(), 'brahim');
  });
});

describe('Ctrl+Z', () => {
  test('takes nothing older back when the last thing cannot be', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    const rows = on.page.locator('.box li');
    await rows.first().getByRole('button', { name: 'Görüşüldü' }).click();
    await until(async () => assert.equal(await rows.count(), 2));
    await rows.first().locator('[data-act="take"]').click();
    await rows.first().locator('[data-act="give_back"]').waitFor();
    await on.page.keyboard.press('Control+z');
    await on.page.getByText('Son yaptığınız buradan geri alınamaz.').waitFor();
    assert.equal(on.asked().filter((one) => one.startsWith('PATCH')).length, 2);
  });
});

describe('words for the search of one list', () => {
  test('are not those of the next', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await on.page.evaluate(() => {
      const field = document.querySelector('input[type="search"]');
      field.value = 'kargo';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      document.querySelector('nav a[href="/orders"]').click();
    });
    await on.page.getByRole('heading', { level: 1, name: 'Siparişler' }).waitFor();
    // Longer than words need into the address.
    await on.page.waitForTimeout(400);
    assert.equal(new URL(on.page.url()).search, '');
  });
});
