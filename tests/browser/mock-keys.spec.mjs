// Letters act only where nobody types or chooses, and every key means one thing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
const letters = ['s', 't', 'r', 'n', 'e', 'a', 'k', 'b', '1', '2', '3', '4', '5'];
const drawer = () => on.page.locator('#drawer-title').allInnerTexts();
const open = (title) => until(async () => assert.deepEqual(await drawer(), [title]));

/** Everything that can have the focus in a place, one after the other. */
async function everywhereIn(selector, press) {
  const count = await on.page.locator(`${selector} :is(button, a[href], input, select, textarea, [tabindex])`).count();
  assert.ok(count > 0, selector);
  for (let at = 0; at < count; at += 1) {
    const control = on.page.locator(`${selector} :is(button, a[href], input, select, textarea, [tabindex])`).nth(at);
    if (!(await control.isVisible())) continue;
    await control.focus();
    await press();
  }
}

describe('letters rest', () => {
  for (const [key, title] of [['t', 'Yeni talep'], ['s', 'Yeni sipariş'], ['r', 'Yeni randevu'], ['n', 'Not ekle'], ['e', 'Etiketle'], ['a', 'Çağrıyı aktar']]) {
    test(`anywhere in the form of ${key}, with whatever has the focus`, async () => {
      await on.onShift();
      await on.talk();
      await on.page.keyboard.press(key);
      await open(title);
      await on.page.waitForSelector('aside form');
      const tab = await on.page.locator('[role="tab"][aria-selected="true"]').innerText();
      await everywhereIn('aside', async () => {
        for (const letter of letters) {
          await on.page.keyboard.press(letter);
          await on.page.keyboard.press('g');
          await on.page.keyboard.press('c');
        }
        assert.deepEqual(await drawer(), [title]);
      });
      assert.equal(new URL(on.page.url()).pathname, '/');
      assert.equal(await on.page.locator('[role="tab"][aria-selected="true"]').innerText(), tab);
    });
  }

  test('while a form is open beside the page, wherever the focus is; function keys go on', async () => {
    await on.onShift();
    await on.talk();
    await on.page.keyboard.press('t');
    await open('Yeni talep');
    await everywhereIn('[data-page]', async () => {
      for (const letter of ['s', 'r', 'n']) await on.page.keyboard.press(letter);
      assert.deepEqual(await drawer(), ['Yeni talep']);
    });
    await on.page.getByLabel('Konu').focus();
    await on.page.keyboard.press('F8');
    await on.page.waitForSelector('.strip.held');
    await on.page.keyboard.press('F10');
    await open('Çağrıyı aktar');
  });

  test('in a dialog, in a menu, in a choice', async () => {
    await on.onShift();
    await on.page.locator('.places [aria-haspopup="menu"]').click();
    await on.page.waitForSelector('[role="menu"]');
    for (const letter of letters) await on.page.keyboard.press(letter);
    assert.deepEqual(await drawer(), []);
    await on.page.keyboard.press('Escape');
    await on.page.keyboard.press('Control+Slash');
    await on.page.waitForSelector('dialog[open]');
    await everywhereIn('dialog', async () => {
      for (const letter of letters) await on.page.keyboard.press(letter);
    });
    assert.deepEqual(await drawer(), []);
    await on.page.keyboard.press('Escape');
    await on.page.goto(`${on.base()}/orders/ord_1`);
    await on.page.getByRole('radio').first().focus();
    for (const letter of letters) await on.page.keyboard.press(letter);
    assert.deepEqual(await drawer(), []);
  });

  test('in the result: its digits choose the result and nothing else', async () => {
    await on.onShift();
    const call = await on.talk();
    const tab = await on.page.locator('[role="tab"][aria-selected="true"]').getAttribute('id');
    on.mock.phone.end(call);
    await on.page.waitForSelector('[data-wrap-up]');
    await on.page.locator('[data-wrap-up] [role="radio"]').first().focus();
    for (const digit of ['3', '1', '4']) await on.page.keyboard.press(digit);
    for (const letter of ['s', 't', 'r']) await on.page.keyboard.press(letter);
    await on.page.locator('h1').first().evaluate(() => document.activeElement.blur());
    await on.page.keyboard.press('4');
    assert.equal(await on.page.locator('[role="tab"][aria-selected="true"]').getAttribute('id'), tab);
    assert.deepEqual(await drawer(), []);
  });
});

describe('one key, one meaning', () => {
  test('the key list names each key once', async () => {
    for (const name of ['zeynep', 'murat', 'selin']) {
      await on.context.clearCookies();
      await on.signIn(name);
      await on.page.keyboard.press('Control+Slash');
      await on.page.waitForSelector('dialog dt');
      const keys = (await on.page.locator('dialog dt').allInnerTexts()).flatMap((text) => text.split(' · '));
      assert.deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), [], name);
      await on.page.keyboard.press('Escape');
    }
  });

  test('F8 holds and never opens a form; K registers, ringing and talking; F9 hangs up only; F6 goes to the result', async () => {
    await on.onShift();
    const call = await on.ring('unknown');
    await on.page.keyboard.press('F8');
    await on.page.keyboard.press('F9');
    await on.page.waitForTimeout(150);
    assert.deepEqual(await drawer(), []);
    await on.page.keyboard.press('k');
    await open('Yeni müşteri');
    await on.page.keyboard.press('Escape');
    await on.page.keyboard.press('F2');
    await on.page.waitForSelector('.strip.talking');
    await on.page.keyboard.press('k');
    await open('Yeni müşteri');
    await on.page.keyboard.press('F8');
    await on.page.waitForSelector('.strip.held');
    await on.page.keyboard.press('Escape');
    on.mock.phone.end(call);
    await on.page.waitForSelector('.strip.wrap_up');
    on.mock.requests.length = 0;
    await on.page.keyboard.press('F9');
    await on.page.waitForTimeout(150);
    assert.deepEqual(on.asked(), []);
    await on.page.keyboard.press('g');
    await on.page.keyboard.press('t');
    await on.page.keyboard.press('F6');
    await until(async () => assert.ok(await on.page.evaluate(() => document.activeElement.closest('[data-wrap-up]'))));
  });
});

describe('on the page of another customer', () => {
  const take = async (text, name) => {
    await on.page.waitForSelector('aside [data-first]');
    await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement?.getAttribute('role')), 'combobox'));
    await on.page.keyboard.type(text);
    await on.page.locator('aside [role="option"][aria-selected="true"]', { hasText: name }).waitFor();
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.press('Control+Enter');
  };

  test('F10 gives on the call that is on the desk', async () => {
    await on.onShift();
    const call = await on.talk();
    await on.page.goto(`${on.base()}/customers/cus_2`);
    await on.page.getByRole('heading', { level: 1, name: 'İbrahim Çağlar' }).waitFor();
    await on.page.keyboard.press('F10');
    await open('Çağrıyı aktar');
    await on.page.locator('aside .tie').getByText('Ayşe Yılmaz').waitFor();
    await take('satış', 'Satış');
    await until(() => assert.deepEqual(on.asked().filter((one) => one.endsWith('/transfer')), [`POST /calls/${call}/transfer`]));
  });

  test('B ties the call to whom one chooses, and K makes a customer of the caller', async () => {
    await on.onShift();
    const call = await on.talk('unknown');
    await on.page.goto(`${on.base()}/customers/cus_2`);
    await on.page.getByRole('heading', { level: 1, name: 'İbrahim Çağlar' }).waitFor();
    await on.page.keyboard.press('k');
    await open('Yeni müşteri');
    assert.equal(await on.page.locator('aside').getByRole('textbox', { name: 'Telefon' }).inputValue(), '0501 999 88 77');
    await on.page.keyboard.press('Escape');
    await on.page.keyboard.press('b');
    await take('şükrü', 'Şükrü Öztürk');
    await until(() => assert.deepEqual(on.asked().filter((one) => one.endsWith('/link')), [`POST /calls/${call}/link`]));
  });

  test('the other letters are for the customer whose page it is', async () => {
    await on.onShift();
    await on.talk();
    await on.page.goto(`${on.base()}/customers/cus_2`);
    await on.page.getByRole('heading', { level: 1, name: 'İbrahim Çağlar' }).waitFor();
    await on.page.keyboard.press('n');
    await open('Not ekle');
    await on.page.locator('aside .tie').getByText('İbrahim Çağlar').waitFor();
  });
});

describe('over a form', () => {
  test('Escape closes what lies on top only, and the browser keeps its own undo', async () => {
    await on.onShift();
    await on.talk();
    await on.page.keyboard.press('t');
    await on.page.waitForSelector('aside [data-first]');
    await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement?.closest('aside') !== null), true));
    await on.page.keyboard.type('Kargo');
    await on.page.keyboard.press('Control+k');
    await on.page.waitForSelector('dialog[open]');
    await on.page.keyboard.press('Escape');
    await on.page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal(await on.page.getByLabel('Konu').inputValue(), 'Kargo');
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('.toasts').getByRole('button', { name: /Geri al/ }).waitFor();
    await on.page.keyboard.press('t');
    await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement?.closest('aside') !== null), true));
    await on.page.keyboard.press('Control+Shift+z');
    await on.page.keyboard.press('Control+Z');
    // What a wrong key had asked for would have come before what the right one asks for.
    await on.page.keyboard.press('Escape');
    await on.page.waitForSelector('aside', { state: 'detached' });
    assert.deepEqual(on.asked().filter((one) => one.startsWith('DELETE')), []);
    await on.page.keyboard.press('Control+z');
    await on.page.getByText('Geri alındı').waitFor();
    assert.equal(on.asked().filter((one) => one.startsWith('DELETE')).length, 1);
  });
});
