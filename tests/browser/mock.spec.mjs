// The page against its mock server: what the desk does by itself, without a switch behind it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';

import { startMock } from '../../web/dev/mock.mjs';
import { accessible, launch, openWindow, until, watch } from './lib/browser.mjs';

let browser;
let mock;
let context;
let page;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

beforeEach(async () => {
  mock = await startMock({ WebSocketServer });
  ({ context, page } = await openWindow(browser));
});
afterEach(async () => {
  assert.deepEqual(page.troubles, []);
  await context.close();
  await mock.close();
});

const base = () => `http://127.0.0.1:${mock.port}`;
const text = (selector) => page.locator(selector).innerText();

async function signIn(name = 'zeynep', where = page) {
  await where.goto(`${base()}/?login=${name}-token`);
  await where.waitForSelector('.strip');
  await until(() => assert.ok(mock.desks.size > 0));
}

async function onShift() {
  await signIn();
  await page.getByRole('button', { name: 'Mesaiye başla' }).click();
  await page.waitForSelector('.strip.ready');
}

async function ring(kind, options) {
  const id = mock.phone.ring(kind, options);
  await page.waitForSelector(`[data-call="${id}"]`);
  return id;
}

async function talk(kind = 'known') {
  const id = await ring(kind);
  await page.keyboard.press('F2');
  await page.waitForSelector('[data-phase="talking"]');
  return id;
}

async function openForm(key, first = 'aside [data-first]') {
  await page.keyboard.press(key);
  await page.waitForSelector(first);
  await until(async () => assert.equal(await page.evaluate(() => document.activeElement?.closest('aside') !== null), true));
}

describe('signing in', () => {
  test('a login link works once and leaves no token in the address', async () => {
    await signIn();
    assert.equal(new URL(page.url()).search, '');
    assert.equal(await page.title(), 'Masam — Santral');
  });

  test('a used link explains itself and keeps the password way open', async () => {
    await page.goto(`${base()}/?login=used`);
    await page.getByText('Bu giriş bağlantısı kullanılmış').waitFor();
    await page.getByLabel('Kullanıcı adı').fill('zeynep');
    await page.locator('input[autocomplete="current-password"]').fill('demo');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.strip');
  });

  test('a wrong password is said and the name stays', async () => {
    await page.goto(base());
    await page.getByLabel('Kullanıcı adı').fill('zeynep');
    await page.getByLabel('Parola').fill('yanlış');
    await page.keyboard.press('Enter');
    await page.getByText('Ad veya parola yanlış.').waitFor();
    assert.equal(await page.getByLabel('Kullanıcı adı').inputValue(), 'zeynep');
  });
});

describe('a ringing call', () => {
  test('paints all six zones from the ring event, without asking the server', async () => {
    await onShift();
    mock.requests.length = 0;
    await ring('known');
    for (const zone of ['who', 'attention', 'treat', 'ask', 'summary', 'offer']) {
      assert.equal(await page.locator(`[data-zone="${zone}"]`).count(), 1, zone);
    }
    assert.match(await text('[data-zone="attention"]'), /Ödeme 23 gün gecikmiş: ₺12\.450,00 \(F-2031\)/);
    assert.match(await text('[data-zone="summary"]'), /₺184\.300/);
    assert.match(await page.title(), /^Ayşe Yılmaz arıyor/);
    assert.match(await page.locator('#favicon').getAttribute('href'), /ringing/);
    const asked = mock.requests.map((request) => request.path).filter((path) => !path.includes('/second'));
    assert.deepEqual(asked, [], 'only the second screen may be fetched while the phone rings');
  });

  test('fits 1366×768 without scrolling, ringing and talking', async () => {
    await onShift();
    await ring('known');
    const spare = () => page.evaluate(() => document.querySelector('[data-page]').scrollHeight - document.querySelector('[data-page]').clientHeight);
    assert.equal(await spare(), 0);
    await page.keyboard.press('F2');
    await page.waitForSelector('[data-phase="talking"]');
    assert.equal(await spare(), 0);
  });

  test('zone names are upper-cased the Turkish way', async () => {
    await onShift();
    await ring('known');
    assert.match(await text('[data-zone="who"] h2'), /^KİM$/);
    assert.match(await text('.strip .word'), /^ÇALIYOR$/);
  });

  test('F4 gives it back, F2 answers, F8 holds and goes on, F9 ends', async () => {
    await onShift();
    await ring('known');
    await page.keyboard.press('F4');
    await page.waitForSelector('.strip.ready');
    await talk();
    await page.keyboard.press('F8');
    await page.waitForSelector('.strip.held');
    // At once it would be the first stroke's echo.
    await page.waitForTimeout(450);
    await page.keyboard.press('F8');
    await page.waitForSelector('.strip.talking');
    await page.keyboard.press('F9');
    await page.waitForSelector('[data-wrap-up]');
  });

  test('a phone that cannot be answered from the page says: lift the handset', async () => {
    await onShift();
    mock.phone.refusal = 'lift-handset';
    await ring('known');
    await page.keyboard.press('F2');
    assert.match(await text('.refusal'), /Ahizeyi kaldırın/);
  });

  test('a hostile caller name is text', async () => {
    await onShift();
    await ring('hostile');
    assert.equal(await text('[data-sent-name]'), '<img src=x onerror=alert(1)>');
    assert.equal(await page.locator('main img').count(), 0);
  });

  test('an unknown number can be registered with K and the card follows', async () => {
    await onShift();
    await ring('unknown');
    assert.match(await text('[data-zone="who"]'), /Tanımıyoruz/);
    assert.match(await text('[data-zone="who"]'), /3 önceki çağrı/);
    await openForm('k');
    await page.keyboard.type('Işıl Şahin');
    await page.keyboard.press('Control+Enter');
    await until(async () => assert.equal(await text('[data-caller]'), 'Işıl Şahin'));
    const sent = mock.requests.find((request) => request.method === 'POST' && request.path === '/customers');
    assert.deepEqual(sent.body.phones, ['0501 999 88 77']);
    assert.ok(sent.body.call.startsWith('c_live_'));
  });

  test('several matches are chosen with arrows and Enter', async () => {
    await onShift();
    await ring('many');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until(async () => assert.equal(await text('[data-caller]'), 'Ömer Faruk Güneş'));
  });

  test('a withheld number says so and looks nothing up', async () => {
    await onShift();
    await ring('withheld');
    assert.match(await text('[data-zone="who"]'), /Gizli numara/);
  });

  test('nothing typed is lost: the form stays and the card opens beside it', async () => {
    await onShift();
    await page.goto(`${base()}/tickets`);
    await page.waitForSelector('.strip.ready');
    await openForm('t');
    await page.getByLabel('Konu').fill('Yarım kalan konu');
    await page.getByLabel('Konu').focus();
    await ring('known');
    assert.equal(await page.getByLabel('Konu').inputValue(), 'Yarım kalan konu');
    assert.equal(await page.evaluate(() => document.activeElement.closest('aside') !== null), true);
    assert.equal(await page.locator('.strip').getAttribute('role'), 'region', 'no alert dialog over somebody who types');
  });
});

describe('work during a call', () => {
  test('T makes a ticket by keyboard, says what it saved and takes it back', async () => {
    await onShift();
    const call = await talk();
    await openForm('t');
    await page.keyboard.type('Kargo hâlâ gelmedi');
    await page.keyboard.press('Control+Enter');
    await page.getByText(/Talep #\d+ kaydedildi/).waitFor();
    const sent = mock.requests.find((request) => request.path === '/tickets' && request.method === 'POST');
    assert.equal(sent.body.call, call);
    assert.equal(sent.body.customer, 'cus_1');
    await page.keyboard.press('Control+z');
    await page.getByText('Geri alındı').waitFor();
    assert.ok(mock.requests.some((request) => request.method === 'DELETE' && request.path.startsWith('/tickets/')));
    await openForm('t');
    assert.equal(await page.getByLabel('Konu').inputValue(), 'Kargo hâlâ gelmedi', 'the words come back as a draft');
  });

  test('an order is taken by keyboard with KDV and totals in lira', async () => {
    await onShift();
    await talk();
    await openForm('s', 'aside [role="combobox"]');
    await page.keyboard.type('filtre');
    await page.waitForSelector('aside [role="option"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-quantity]');
    await page.keyboard.type('2');
    await page.keyboard.press('Enter');
    assert.equal(await text('[data-total]'), '₺699,00');
    await page.keyboard.press('Enter');
    await until(async () => assert.equal(await page.evaluate(() => document.activeElement.hasAttribute('data-last')), true));
    await page.keyboard.press('Enter');
    await page.getByText(/Sipariş \d+ kaydedildi: ₺699,00/).waitFor();
  });

  test('an appointment at a taken time keeps what was typed', async () => {
    await onShift();
    await talk();
    const taken = mock.data.appointments[0];
    taken.with = { id: 'usr_zeynep', display_name: 'Zeynep Kaya' };
    await openForm('r');
    await page.keyboard.type('Yıllık bakım');
    await page.getByLabel('Gün').fill(taken.starts_at.slice(0, 10).split('-').reverse().join('.'));
    await page.getByLabel('Saat').fill(taken.starts_at.slice(11, 16).replace(':', ''));
    await page.keyboard.press('Control+Enter');
    await page.getByText('başka randevusu var').waitFor();
    assert.equal(await page.getByLabel('Konu').inputValue(), 'Yıllık bakım');
  });

  test('a draft is there again after a reload, in the same open drawer', async () => {
    await onShift();
    await talk();
    await openForm('t');
    await page.keyboard.type('Yarım kalan talep');
    await page.reload();
    await page.waitForSelector('aside [data-first]');
    assert.equal(await page.getByLabel('Konu').inputValue(), 'Yarım kalan talep');
    await page.getByText('Taslağınız geri yüklendi').waitFor();
  });

  test('the result is saved by keyboard: choose, Enter, note, Enter', async () => {
    await onShift();
    const call = await talk();
    mock.phone.end(call);
    await page.waitForSelector('[data-wrap-up]');
    await until(async () => assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'radio'));
    await page.keyboard.press('5');
    await page.keyboard.press('Enter');
    await page.keyboard.type('Kargo yarın');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.strip.ready');
    await until(async () => assert.equal(await page.locator('[data-wrap-up]').count(), 0));
    const sent = mock.requests.find((request) => request.path.endsWith('/complete'));
    assert.deepEqual(sent.body, { disposition: 'complaint', note: 'Kargo yarın' });
  });

  test('a note typed when the wrap-up time runs out stays on the desk', async () => {
    await onShift();
    const call = await talk();
    mock.phone.end(call);
    await page.waitForSelector('[data-wrap-up]');
    await page.locator('[data-wrap-up] textarea').fill('Önemli söz');
    mock.phone.endWrapUp({ id: 'usr_zeynep' });
    await page.waitForSelector('.strip.ready');
    assert.equal(await page.locator('[data-wrap-up] textarea').inputValue(), 'Önemli söz');
  });
});

describe('the stream', () => {
  test('comes back after a loss, resumes where it was, and says so while it is gone', async () => {
    await onShift();
    await page.goto(`${base()}/tickets`);
    await page.waitForSelector('a.row');
    mock.refuseSockets = true;
    mock.drop();
    await page.waitForSelector('.lost');
    const seen = mock.heard.length;
    mock.send({ type: 'ticket.created', subject: 'ticket/tkt_x', rev: 1, data: {} });
    mock.refuseSockets = false;
    await page.waitForSelector('.lost', { state: 'detached' });
    const hello = mock.heard.slice(seen).find((message) => message.type === 'hello');
    assert.equal(typeof hello.resume, 'number');
  });

  test('a call that began while the line was down is on the desk after the snapshot', async () => {
    await onShift();
    mock.refuseSockets = true;
    mock.drop();
    await page.waitForSelector('.lost');
    const id = mock.phone.ring('known');
    mock.refuseSockets = false;
    await page.waitForSelector(`[data-call="${id}"]`);
  });

  test('acknowledges a ring, and drops events it already knows', async () => {
    await onShift();
    const id = await ring('known');
    await until(() => assert.ok(mock.heard.some((message) => message.type === 'ack')));
    const call = mock.phone.calls.get(id);
    mock.phone.answer(id);
    await page.waitForSelector('[data-phase="talking"]');
    mock.send({ type: 'call.offered', subject: `call/${id}`, rev: call.rev, ack: true, data: call });
    mock.send({ type: 'call.held', subject: `call/${id}`, rev: call.rev, ack: false, data: { call: id, agent: 'usr_zeynep' } });
    mock.send({ type: 'queue.stats', subject: 'queue/destek', rev: 9000, ack: false, data: { queue: 'destek', waiting: 7, longest_ms: 1000, free: 0, available: 1 } });
    mock.phone.end(id);
    mock.phone.endWrapUp({ id: 'usr_zeynep' });
    await page.getByText('7 kişi bekliyor').waitFor();
    assert.equal(await page.locator('[data-call]').count(), 0);
  });

  test('of two tabs only one rings', async () => {
    await onShift();
    const other = watch(await context.newPage());
    await other.goto(base());
    await other.waitForSelector('.strip.ready');
    await until(() => assert.equal(mock.desks.size, 2));
    const id = mock.phone.ring('known');
    for (const tab of [page, other]) await tab.waitForSelector(`[data-call="${id}"]`);
    const ringing = async () => Promise.all([page, other].map((tab) => tab.locator('[data-leader]').getAttribute('data-ringing')));
    await until(async () => assert.deepEqual(await ringing(), ['true', 'false']));
    await page.close({ runBeforeUnload: false });
    await until(async () => assert.equal(await other.locator('[data-leader]').getAttribute('data-ringing'), 'true'));
    page = other;
  });
});

describe('keys', () => {
  test('letters move and act only outside fields, and can be switched off', async () => {
    await onShift();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL('**/customers');
    await page.waitForSelector('a.row');
    await page.locator('input[type="search"]').focus();
    await page.keyboard.type('gt');
    await page.waitForURL('**/customers?q=gt');
    await page.locator('h1').click();
    await page.keyboard.press('Control+Slash');
    await page.getByLabel('Tek harfli kısayollar açık').uncheck();
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.keyboard.press('t');
    await page.keyboard.press('Control+k');
    await page.waitForSelector('dialog[open]');
    assert.equal(await page.locator('aside').count(), 0, 't did nothing');
  });

  test('Ctrl+K finds a customer without the Turkish letters', async () => {
    await onShift();
    await page.keyboard.press('Control+k');
    await page.waitForSelector('dialog[open] input');
    await page.keyboard.type('isik');
    await page.locator('dialog [role="option"]', { hasText: 'Ülkü Işık' }).first().waitFor();
    await until(async () => assert.match(await page.locator('dialog [aria-selected="true"]').innerText(), /Ülkü Işık/));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/customers/cus_4');
  });

  test('a list opens by arrows and Enter and is as it was on the way back', async () => {
    await onShift();
    await page.goto(`${base()}/customers`);
    await page.waitForSelector('a.row');
    await page.locator('input[type="search"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const name = await page.evaluate(() => document.activeElement.querySelector('b').textContent);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/customers/*');
    await page.goBack();
    await until(async () => assert.equal(await page.evaluate(() => document.activeElement.querySelector('b')?.textContent), name));
  });

  test('a recording plays by Range requests and obeys Space, J and L', async () => {
    await signIn('murat');
    await page.goto(`${base()}/recordings/c_1`);
    await page.waitForSelector('[data-playing]');
    const position = async () => Number(await page.locator('[data-playing]').getAttribute('data-position'));
    await page.waitForFunction(() => document.querySelector('audio').readyState >= 2);
    await page.keyboard.press('l');
    await page.keyboard.press('l');
    await until(async () => assert.equal(await position(), 10_000));
    await page.keyboard.press('j');
    await until(async () => assert.equal(await position(), 5000));
    await page.keyboard.press('Space');
    await page.waitForSelector('[data-playing="true"]');
    await until(async () => assert.ok((await position()) > 5200, `plays on from ${await position()}`), 20_000);
    await page.keyboard.press('Space');
    await page.waitForSelector('[data-playing="false"]');
  });
});

describe('everybody can use it', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const language of ['tr', 'en']) {
      test(`axe finds nothing: ${colorScheme}, ${language}`, async () => {
        await context.close();
        ({ context, page } = await openWindow(browser, { colorScheme }));
        mock.users.find((user) => user.name === 'zeynep').language = language;
        await page.goto(base());
        await page.waitForSelector('form');
        await accessible(page, 'sign-in');
        await signIn();
        await page.locator('.strip .primary').click();
        await page.waitForSelector('.strip.ready');
        await accessible(page, 'desk');
        const id = await ring('known');
        await accessible(page, 'ringing');
        await page.keyboard.press('F2');
        await page.waitForSelector('[data-phase="talking"]');
        await openForm('t');
        await accessible(page, 'ticket drawer');
        mock.phone.end(id);
        await page.waitForSelector('[data-wrap-up]');
        await accessible(page, 'result');
        mock.phone.endWrapUp({ id: 'usr_zeynep' });
        const stranger = await ring('unknown');
        await accessible(page, 'unknown caller');
        mock.phone.offerEnded(stranger, 'caller_gone');
        for (const place of ['customers', 'customers/cus_1', 'calls', 'calls/c_1', 'tickets', 'tickets/tkt_1', 'orders', 'orders/ord_1', 'appointments', 'recordings/c_1', 'live']) {
          await page.goto(`${base()}/${place}`);
          await page.waitForSelector('main h1');
          await page.waitForSelector('.bone', { state: 'detached' });
          await accessible(page, place);
        }
        mock.users.find((user) => user.name === 'zeynep').language = 'tr';
      });
    }
  }
});
