// 390 px is a size like any other: nothing is wider than the screen, every name is there, everything can be reached.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { accessible, until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk({ viewport: { width: 390, height: 844 }, hasTouch: true });
const pages = ['', 'customers', 'customers/cus_1', 'calls', 'calls/c_1', 'tickets', 'tickets/tkt_1', 'orders', 'orders/ord_1', 'appointments', 'recordings', 'recordings/c_1', 'live', 'nowhere'];

/** What sticks out, what has no room for its words, and how many headings there are. */
async function fits(where) {
  const found = await on.page.evaluate(() => {
    const name = (element) => `${element.tagName.toLowerCase()}.${element.className} "${element.textContent.trim().slice(0, 30)}"`;
    const seen = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.hidden, .skip, svg, option'));
    const out = seen.filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
    });
    // Words in a box too narrow to read them.
    const squeezed = seen.filter((element) => element.childElementCount === 0 && element.textContent.trim().length > 1 && element.getBoundingClientRect().width < 8);
    return {
      out: out.map(name),
      squeezed: squeezed.map(name),
      scrolls: document.scrollingElement.scrollWidth > innerWidth,
      mains: document.querySelectorAll('main').length,
      headings: [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length,
    };
  });
  assert.deepEqual(found, { out: [], squeezed: [], scrolls: false, mains: 1, headings: 1 }, where);
}

/** The names of a list, whole. */
async function namesWhole(where) {
  const cut = await on.page.evaluate(() =>
    [...document.querySelectorAll('a.row b, a.item, .agents b')].filter((one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().width < 40).map((one) => one.textContent),
  );
  assert.deepEqual(cut, [], where);
}

describe('every page fits', () => {
  for (const language of ['tr', 'en']) {
    test(`in ${language}`, async () => {
      for (const user of on.mock.users) user.language = language;
      await on.signIn('murat');
      for (const place of pages) {
        await on.page.goto(`${on.base()}/${place}`);
        await on.page.waitForSelector('main h1');
        await on.page.waitForSelector('.bone', { state: 'detached' });
        await fits(place);
        await namesWhole(place);
      }
      for (const user of on.mock.users) user.language = 'tr';
    });
  }
});

describe('a call fits', () => {
  test('ringing, talking, on hold, with each form open, and its result', async () => {
    await on.onShift();
    await fits('ready');
    for (const kind of ['many', 'unknown', 'known']) {
      const call = await on.ring(kind);
      await on.page.waitForSelector('[data-zone="who"]');
      await fits(`ringing ${kind}`);
      if (kind !== 'known') on.mock.phone.offerEnded(call, 'timeout');
      await on.page.waitForTimeout(50);
    }
    await on.page.locator('[data-act="answer"]').click();
    await on.page.waitForSelector('.strip.talking');
    await fits('talking');
    assert.equal(await on.text('[data-caller]'), 'Ayşe Yılmaz');
    for (const key of ['t', 's', 'r', 'n', 'e', 'a']) {
      await on.page.keyboard.press(key);
      await on.page.waitForSelector('aside form');
      await fits(`form ${key}`);
      await accessible(on.page, `form ${key}`);
      await on.page.keyboard.press('Escape');
      await on.page.waitForSelector('aside', { state: 'detached' });
    }
    await on.page.keyboard.press('F8');
    await on.page.waitForSelector('.strip.held');
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await fits('a list while on hold');
    await on.page.keyboard.press('F9');
    await on.page.waitForSelector('.strip.wrap_up');
    await fits('a list while the result waits');
    await on.page.getByRole('button', { name: 'Sonucu yaz' }).click();
    await on.page.waitForSelector('[data-wrap-up]');
    await fits('result');
    assert.ok((await on.page.locator('[data-wrap-up] textarea').boundingBox()).width > 200, 'room to write the result');
  });
});

describe('everything can be reached', () => {
  test('all places, the search, the keys and the way out, by their names', async () => {
    await on.signIn('murat');
    const names = await on.page.locator('nav[aria-label="Ana menü"] :is(a, button):visible .word').allInnerTexts();
    assert.deepEqual(names, ['Canlı pano', 'Masam', 'Müşteriler', 'Çağrılar', 'Menü']);
    await on.page.getByRole('button', { name: 'Menü', exact: true }).click();
    for (const name of ['Talepler', 'Siparişler', 'Randevular']) assert.equal(await on.page.getByRole('link', { name }).first().isVisible(), true, name);
    await fits('the menu');
    await accessible(on.page, 'the menu');
    await on.page.getByRole('link', { name: 'Siparişler' }).click();
    await on.page.waitForURL('**/orders');
    await until(async () => assert.equal(await on.page.locator('nav.opened').count(), 0, 'it closes behind the choice'));
    await on.page.getByRole('button', { name: 'Menü', exact: true }).click();
    await on.page.getByRole('button', { name: /Murat Demir/ }).click();
    const out = on.page.getByRole('menuitem', { name: 'Çıkış yap' });
    await out.waitFor();
    await fits('the menu of the person');
    await out.click();
    await on.page.getByLabel('Kullanıcı adı').waitFor();
    await fits('sign-in');
  });

  test('the search and the list of keys are wholly on the screen', async () => {
    await on.signIn();
    for (const keys of ['Control+k', 'Control+Slash']) {
      await on.page.keyboard.press(keys);
      await on.page.waitForSelector('dialog[open]');
      await fits(keys);
      await on.page.keyboard.press('Escape');
      await on.page.waitForSelector('dialog[open]', { state: 'detached' });
    }
  });

  test('a break is chosen from a menu that is wholly on the screen', async () => {
    await on.onShift();
    await on.page.locator('.places [aria-haspopup="menu"]').click();
    await on.page.waitForSelector('[role="menu"]');
    await fits('breaks');
    await on.page.getByRole('menuitem', { name: 'Çay molası' }).click();
    await on.page.waitForSelector('.strip.break');
  });
});
