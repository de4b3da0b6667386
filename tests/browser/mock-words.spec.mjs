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

  test('names who was rung and who answered, and leaves out who is not there any more', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/calls/c_1`);
    const events = on.page.locator('.events');
    await events.getByText('Yanıtlandı · Zeynep Kaya', { exact: true }).waitFor();
    assert.equal(await events.getByText('Temsilcide çaldı · Zeynep Kaya', { exact: true }).count(), 1);
    assert.equal(await events.getByText('Temsilcide çaldı', { exact: true }).count(), 1);
    assert.doesNotMatch(await on.text('body'), /usr_/);
  });

  test('names the colleague, the queue and the menu a call was sent to', async () => {
    await on.onShift();
    for (const [to, name] of [['ext:102', 'Murat Demir'], ['queue:satis', 'Satış'], ['ivr:ana-menu', 'Ana menü']]) {
      on.mock.data.calls[0].passed_on = to;
      await on.page.goto(`${on.base()}/calls/c_1`);
      await on.page.locator('.events').getByText(`Aktarıldı · ${name} · Zeynep Kaya`, { exact: true }).waitFor();
      assert.doesNotMatch(await on.text('main'), /ext:|queue:|ivr:|satis|ana-menu/);
    }
  });
});

describe('the form that gives a call on', () => {
  test('shows names, never ids, in its list and under its field', async () => {
    await on.onShift();
    await on.talk();
    await on.page.keyboard.press('F10');
    const form = on.page.locator('aside form');
    for (const name of ['Murat Demir', 'Satış', 'Destek', 'Ana menü']) await form.locator('li button', { hasText: name }).waitFor();
    assert.doesNotMatch(await form.innerText(), /ana-menu|satis|destek|(ext|queue|ivr):/);
    for (const [typed, name] of [['ana', 'Ana menü'], ['sat', 'Satış']]) {
      await form.locator('[data-first]').fill(typed);
      const found = form.getByRole('option', { name });
      await found.waitFor();
      assert.doesNotMatch(await found.innerText(), /ana-menu|satis/);
    }
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

describe('the card, and the lists under it', () => {
  test('warn of a complaint as soon as it is saved', async () => {
    const [old] = on.mock.data.tickets;
    await on.onShift();
    old.status = 'solved';
    await on.talk();
    const attention = on.page.locator('[data-zone="attention"]');
    assert.doesNotMatch(await attention.innerText(), /şikâyet/i);
    await on.page.keyboard.press('t');
    await on.page.waitForSelector('aside [data-first]');
    await on.page.getByLabel('Konu').fill('Usta gelmedi');
    await on.page.locator('aside').getByRole('radio', { name: 'Şikâyet' }).click();
    await on.page.keyboard.press('Control+Enter');
    await attention.getByText('Açık şikâyet: Usta gelmedi, 0 gün, sahibi Zeynep Kaya').waitFor();
    assert.equal(await on.page.locator('.strip.talking').count(), 1);
  });

  test('a contact is what has been: neither the running call nor an appointment to come, which has its own list', async () => {
    await on.onShift();
    const call = await on.talk();
    const rows = on.page.locator('#second-rows');
    await rows.locator('a[href="/calls/c_1"]').waitFor();
    await on.page.locator('#second-contacts', { hasText: /\(\d+\)/ }).waitFor();
    assert.equal(await rows.locator(`a[href="/calls/${call}"]`).count(), 0);
    assert.doesNotMatch(await rows.innerText(), /Yıllık bakım/);
    await on.page.keyboard.press('5');
    await rows.getByText('Yıllık bakım').waitFor();
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
  async function choose(language, who = 'Murat Demir') {
    await on.page.getByRole('button', { name: who }).click();
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

  test('writes every amount on the card the reader’s way, also in what the server says in words', async () => {
    const amounts = async () => (await on.text('main')).match(/₺\s*[\d.,]+/g) ?? [];
    await on.onShift();
    await choose('English', 'Zeynep Kaya');
    await on.page.getByRole('heading', { name: /Zeynep/ }).waitFor();
    await on.ring();
    await on.page.keyboard.press('1');
    await until(async () => assert.ok((await amounts()).length >= 3, 'a warning, a sum, an order'));
    for (const amount of await amounts()) assert.match(amount, /^₺[\d,]+\.\d\d$/);
    await choose('Türkçe', 'Zeynep Kaya');
    await until(async () => assert.match(await on.text('[data-zone="attention"]'), /₺12\.450,00/));
    for (const amount of await amounts()) assert.match(amount, /^₺[\d.]+,\d\d$/);
  });
});
