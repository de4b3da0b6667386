// Where a person lands, what an address shows, and what the strip says wherever one is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { accessible, until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
const path = () => new URL(on.page.url()).pathname;

describe('landing', () => {
  test('an agent at the desk, who leads at the live board', async () => {
    for (const [name, place, heading] of [['zeynep', '/', 'Kolay gelsin, Zeynep'], ['murat', '/live', 'Canlı pano'], ['selin', '/live', 'Canlı pano']]) {
      await on.window();
      await on.signIn(name);
      assert.equal(path(), place);
      assert.equal(await on.text('main h1'), heading);
    }
  });

  test('without a telephone there is no empty desk: the strip shows the floor, the rail begins with the board', async () => {
    await on.signIn('selin');
    assert.match(await on.text('.strip'), /Destek\s+2 kişi bekliyor/);
    assert.equal(await on.page.locator('[data-actions]').count(), 0);
    assert.deepEqual((await on.page.locator('nav[aria-label="Ana menü"] a .word').allInnerTexts()).slice(0, 2), ['Canlı pano', 'Müşteriler']);
    await on.page.goto(on.base());
    await on.page.waitForURL('**/live');
  });

  test('a supervisor with a telephone keeps the desk over a reload', async () => {
    await on.signIn('murat');
    await on.page.keyboard.press('g');
    await on.page.keyboard.press('d');
    await on.page.waitForURL(`${on.base()}/`);
    await on.page.reload();
    await on.page.waitForSelector('main h1');
    assert.equal(path(), '/');
  });
});

describe('an address nobody lives at', () => {
  for (const place of ['nix', 'orders/ord_1/more', 'live/5', 'constructor', '__proto__', '%E0%A4%A', 'recordings/c_1/x', 'customers/cus_gone', 'orders/ord_gone', 'tickets/tkt_gone', 'calls/c_gone', 'recordings/c_gone']) {
    test(`/${place} says so and leads home`, async () => {
      await on.signIn('murat');
      await on.page.goto(`${on.base()}/${place}`);
      await on.page.getByRole('heading', { level: 1, name: 'Bulunamadı' }).waitFor();
      assert.equal(await on.page.locator('h1').count(), 1);
      assert.equal(await on.page.locator('.bone').count(), 0);
      await accessible(on.page, place);
      await on.page.getByRole('link', { name: 'Başlangıca dön' }).click();
      await on.page.waitForURL('**/live');
    });
  }
});

describe('what could not be had', () => {
  const pages = ['customers', 'customers/cus_1', 'calls', 'calls/c_1', 'tickets', 'tickets/tkt_1', 'orders', 'orders/ord_1', 'appointments', 'recordings', 'recordings/c_1'];
  for (const place of pages) {
    test(`/${place} says so with its heading, and comes when it is tried again`, async () => {
      await on.signIn('murat');
      await on.page.waitForSelector('main h1');
      const kind = place.split('/')[0];
      const api = new RegExp(`/api/v1/${kind === 'recordings' && place !== kind ? 'calls' : kind}(/|\\?|$)`);
      await on.page.route(api, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"database-away","detail":"Veritabanına ulaşılamıyor."}' }));
      await on.page.goto(`${on.base()}/${place}`);
      await on.page.locator('.trouble').first().waitFor();
      assert.equal(await on.page.locator('main h1').count(), 1);
      assert.equal(await on.page.locator('main .bone').count(), 0);
      await on.page.unroute(api);
      await on.page.locator('.trouble').first().getByRole('button', { name: 'Yeniden dene' }).click();
      await on.page.waitForSelector('.trouble', { state: 'detached' });
      await on.page.waitForSelector('main h1');
    });
  }
});

describe('wherever one is', () => {
  test('a hang-up shows the result on the strip, with its time and a way in', async () => {
    await on.onShift();
    const call = await on.talk();
    for (const place of ['tickets', 'customers/cus_2', 'live', 'nix']) {
      await on.page.goto(`${on.base()}/${place}`);
      await on.page.waitForSelector('.strip.talking');
    }
    on.mock.phone.end(call);
    await on.page.waitForSelector('.strip.wrap_up');
    assert.match(await on.text('.strip .timer'), /^0:(30|2\d)$/);
    await on.page.getByRole('button', { name: 'Sonucu yaz' }).click();
    await on.page.waitForSelector('[data-wrap-up]');
    await until(async () => assert.ok(await on.page.evaluate(() => document.activeElement.closest('[data-wrap-up]'))));
  });

  test('what the telephone said is told to its agent and to who leads', async () => {
    await on.onShift();
    for (const [status, reason, words] of [[486, 'Do Not Disturb', 'rahatsız etme'], [302, null, 'yönlendiriyor'], [503, 'Service Unavailable', 'arıza'], [404, null, 'tanımıyor']]) {
      on.mock.phone.setPhone('usr_zeynep', { said: { status, reason, times: 2, until: new Date(Date.now() + 9000).toISOString() } });
      await until(async () => assert.match(await on.text('[data-phone]'), new RegExp(`${words}.*${status}${reason === null ? '' : ` ${reason}`}`)));
    }
    await on.page.reload();
    await on.page.locator('[data-phone]').getByText('404').waitFor();
    const agent = on.context;
    on.context = null;
    await on.window();
    await on.signIn('murat');
    await on.page.locator('.phone').getByText('404').waitFor();
    on.mock.phone.setPhone('usr_zeynep');
    await on.page.waitForSelector('.phone', { state: 'detached' });
    await agent.close();
  });
});

describe('giving a call on', () => {
  const toasts = () => on.page.locator('.toast').allInnerTexts();

  async function giveTo(name) {
    await on.page.keyboard.press('F10');
    await on.page.locator('aside li button', { hasText: name }).click();
    await until(async () => assert.ok(await on.page.evaluate(() => document.activeElement.hasAttribute('data-save'))));
    await on.page.keyboard.press('Enter');
  }

  test('nobody is offered whose telephone is off or takes no calls', async () => {
    await on.onShift();
    await on.talk();
    on.mock.phone.setPhone('usr_isil', { registered: false });
    on.mock.phone.setPhone('usr_murat', { said: { status: 486, reason: 'Do Not Disturb', times: 1, until: new Date(Date.now() + 60_000).toISOString() } });
    await on.page.keyboard.press('F10');
    const isil = on.page.locator('aside li button', { hasText: 'Işıl Çetin' });
    await isil.getByText('telefon bağlı değil').waitFor();
    assert.equal(await isil.getAttribute('aria-disabled'), 'true');
    await isil.click({ force: true });
    await on.page.locator('aside li button', { hasText: 'Murat Demir' }).getByText('telefonu çağrı almıyor').waitFor();
    assert.equal(await on.page.locator('aside [aria-pressed="true"]').count(), 0);
    on.mock.phone.setPhone('usr_isil');
    await until(async () => assert.equal(await isil.getAttribute('aria-disabled'), 'false'));
  });

  test('what the switch refuses is said in the form, and the call stays', async () => {
    await on.onShift();
    const call = await on.talk();
    on.mock.phone.transferRefusal = 'target-unreachable';
    await giveTo('Işıl Çetin');
    await on.page.locator('aside .trouble').waitFor();
    assert.equal(on.mock.phone.calls.get(call).phase, 'talking');
    assert.equal((await toasts()).some((text) => text.includes('aktarıldı')), false);
  });

  for (const [what, news, said] of [
    ['answered', (call) => on.mock.phone.answeredBy(call, 'usr_isil'), 'Çağrı aktarıldı: Işıl Çetin'],
    ['not answered and back', (call) => on.mock.phone.returned(call, 'ext:101'), 'arayan size geri geliyor'],
    ['not answered and back in the queue', (call) => on.mock.phone.returned(call, 'queue:destek'), 'arayan kuyruğa döndü'],
    ['not answered and lost', (call) => on.mock.phone.lost(call), 'Işıl Çetin yanıtlamadı ve çağrı bitti'],
  ]) {
    test(`a colleague rings first; ${what} is said when it happens`, async () => {
      await on.onShift();
      const call = await on.talk();
      await giveTo('Işıl Çetin');
      await on.page.getByText('Işıl Çetin çaldırılıyor').waitFor();
      await on.page.waitForTimeout(300);
      assert.equal((await toasts()).some((text) => /aktarıldı|yanıtlamadı/.test(text)), false);
      news(call);
      await on.page.getByText(said).waitFor();
    });
  }
});

describe('the first load', () => {
  test('is at most 60 KB, compressed with gzip', async () => {
    const dist = new URL('../../web/dist/', import.meta.url);
    const sizes = new Map();
    on.page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.startsWith('/api/')) return;
      const file = readFileSync(new URL(pathname.includes('.') ? pathname.slice(1) : 'index.html', dist));
      sizes.set(pathname, gzipSync(file, { level: 9 }).length);
    });
    await on.signIn();
    await on.page.waitForLoadState('networkidle');
    await on.page.waitForTimeout(2500);
    const sum = [...sizes.values()].reduce((all, one) => all + one, 0);
    assert.ok(sizes.size > 5, 'it was measured');
    assert.ok(sum <= 60_000, `${sum} bytes: ${JSON.stringify(Object.fromEntries(sizes))}`);
  });
});

describe('trouble of the system itself', () => {
  const notice = () => on.page.locator('[data-notice]');
  const down = { part: 'database', state: 'down', count: 0 };

  test('is told in plain words on every page, the most pressing first, and goes when all is well', async () => {
    await on.onShift();
    on.mock.phone.setTrouble([down]);
    await notice().getByText('Veritabanına ulaşılamıyor').waitFor();
    for (const place of ['tickets', 'nix']) {
      await on.page.goto(`${on.base()}/${place}`);
      await notice().getByText('Veritabanına ulaşılamıyor').waitFor();
    }
    await accessible(on.page, 'trouble');
    on.mock.phone.setTrouble([down, { part: 'journal', state: 'waiting', count: 3 }, { part: 'recordings', state: 'full', count: 0 }]);
    await until(async () => assert.match(await notice().locator('li').first().innerText(), /Disk dolu.*ses kaydı/));
    assert.equal(await notice().locator('li').count(), 2, 'what waits is for those who lead');
    on.mock.phone.setTrouble([]);
    await notice().waitFor({ state: 'detached' });
  });

  test('those who lead also hear what waits, and every state has its words', async () => {
    await on.signIn('murat');
    const states = { database: ['down', 'busy', 'full', 'read-only', 'failing', 'taken'], journal: ['waiting', 'behind', 'refused', 'stuck'], recordings: ['busy', 'full', 'read-only', 'failing'] };
    for (const [part, list] of Object.entries(states)) {
      for (const state of list) {
        on.mock.phone.setTrouble([{ part, state, count: 7 }]);
        await until(async () => assert.doesNotMatch(await notice().innerText(), /Sistemde bir sorun|trouble\./, `${part} ${state}`));
        if (['waiting', 'refused'].includes(state)) assert.match(await notice().innerText(), /7 çağrı olayı/);
        on.mock.phone.setTrouble([]);
        await notice().waitFor({ state: 'detached' });
      }
    }
  });

  test('a list that failed meanwhile comes by itself when all is well again', async () => {
    await on.onShift();
    on.mock.phone.setTrouble([down]);
    const api = /\/api\/v1\/tickets/;
    await on.page.route(api, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"database-away","detail":"Veritabanına ulaşılamıyor."}' }));
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.locator('.trouble').waitFor();
    await on.page.unroute(api);
    on.mock.phone.setTrouble([]);
    await on.page.waitForSelector('a.row');
    assert.equal(await on.page.locator('.trouble').count(), 0);
  });
});

describe('words', () => {
  /** Keys that stand where words should: `strip.ready`, `trouble.database.down`. */
  const rawKeys = () =>
    on.page.evaluate(() => {
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walk.nextNode()) if (/^\s*[a-z_]+(\.[a-z_-]+)+\s*$/.test(walk.currentNode.data)) found.push(walk.currentNode.data);
      for (const one of document.querySelectorAll('[aria-label], [placeholder], [title]'))
        for (const name of ['aria-label', 'placeholder', 'title']) if (/^[a-z_]+(\.[a-z_-]+)+$/.test(one.getAttribute(name) ?? '')) found.push(one.getAttribute(name));
      return found;
    });

  test('are there on the first screens, before any other part was opened, and after a change of language', async () => {
    await on.page.goto(on.base());
    await on.page.waitForSelector('form');
    assert.deepEqual(await rawKeys(), []);
    await on.signIn();
    await on.page.waitForSelector('a.item');
    assert.deepEqual(await rawKeys(), []);
    await on.page.getByRole('button', { name: /Zeynep Kaya/ }).click();
    await on.page.getByRole('menuitemradio', { name: 'English' }).click();
    await on.page.getByRole('heading', { name: /Zeynep/ }).waitFor();
    assert.deepEqual(await rawKeys(), []);
    for (const place of ['customers', 'tickets/tkt_1', 'orders/ord_1', 'nix']) {
      await on.page.goto(`${on.base()}/${place}`);
      await on.page.waitForSelector('main h1');
      await on.page.waitForSelector('.bone', { state: 'detached' });
      assert.deepEqual(await rawKeys(), [], place);
    }
    await on.page.getByRole('button', { name: /Zeynep Kaya/ }).click();
    await on.page.getByRole('menuitemradio', { name: 'Türkçe' }).click();
    await on.page.keyboard.press('t');
    await on.page.waitForSelector('aside form');
    assert.deepEqual(await rawKeys(), []);
  });
});
