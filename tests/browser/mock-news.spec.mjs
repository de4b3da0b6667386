// What colleagues do costs a desk nothing unless it shows, and what was loaded stays.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
let rev = 1000;
/** A colleague changes a row. */
const news = (kind, row) => on.mock.send({ type: `${kind}.updated`, subject: `${kind}/${row.id}`, rev: (rev += 1), data: row });
const reads = () => on.mock.requests.filter(({ method }) => method === 'GET').map(({ path }) => path.split('/').at(-1)).toSorted();
const ticket = (more) => ({ ...on.mock.data.tickets[0], id: 'tkt_far', owner: { id: 'usr_murat' }, customer: { id: 'cus_9', name: '' }, ...more });

describe('news', () => {
  test('between calls: one question for many of one kind, none for what is on nobody\u2019s list here', async () => {
    await on.onShift();
    await on.page.waitForSelector('a.item');
    // One's own shift began: that is news too.
    await until(() => assert.equal(reads().filter((one) => one === 'calls').length, 2));
    await on.page.waitForLoadState('networkidle');
    on.mock.requests.length = 0;
    for (let at = 0; at < 5; at += 1) {
      news('ticket', ticket());
      news('order', on.mock.data.orders[0]);
      news('customer', on.mock.data.customers[0]);
      news('appointment', { ...on.mock.data.appointments[0], id: 'apt_far', starts_at: '2030-01-01T10:00:00+03:00' });
    }
    for (let at = 0; at < 5; at += 1) news('ticket', ticket({ owner: { id: 'usr_zeynep' } }));
    await until(() => assert.deepEqual(reads(), ['tickets']));
    await on.page.waitForLoadState('networkidle');
    news('callback', on.mock.data.callbacks[0]);
    await until(() => assert.deepEqual(reads(), ['callbacks', 'tickets']));
  });

  test('during a call and on a customer\u2019s page: only what is about this customer', async () => {
    await on.onShift();
    await on.talk();
    await until(async () => assert.equal(await on.page.locator('[role="tab"] .muted').count(), 5));
    on.mock.requests.length = 0;
    for (let at = 0; at < 5; at += 1) news('ticket', ticket());
    for (let at = 0; at < 5; at += 1) news('ticket', ticket({ customer: { id: 'cus_1', name: '' } }));
    await until(() => assert.deepEqual(reads(), ['card', 'second', 'second', 'second', 'second', 'second']));
    await on.page.goto(`${on.base()}/customers/cus_2`);
    await on.page.waitForSelector('a.row');
    await on.page.waitForLoadState('networkidle');
    on.mock.requests.length = 0;
    for (let at = 0; at < 5; at += 1) news('ticket', ticket({ customer: { id: 'cus_1', name: '' } }));
    for (let at = 0; at < 5; at += 1) news('ticket', ticket({ customer: { id: 'cus_2', name: '' } }));
    await until(() => assert.deepEqual(reads(), ['card', 'cus_2', 'timeline']));
  });

  test('that cannot be had keep nobody waiting who has left', async () => {
    await on.onShift();
    await on.page.waitForSelector('a.item');
    await on.page.waitForLoadState('networkidle');
    on.mock.stalled = /\/tickets$/;
    news('ticket', ticket({ owner: { id: 'usr_zeynep' } }));
    await until(() => assert.equal(on.mock.waiting, 1));
    await on.page.keyboard.press('g');
    await on.page.keyboard.press('c');
    await on.page.waitForURL('**/customers');
    await until(() => assert.equal(on.mock.waiting, 0), 2500);
  });
});

describe('pages that were loaded', () => {
  test('stay when there is news, with the news in them', async () => {
    const [one] = on.mock.data.tickets;
    for (let at = 0; at < 130; at += 1) on.mock.data.tickets.push({ ...one, id: `tkt_x${at}`, number: 3000 + at });
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    const more = async () => {
      const button = on.page.getByRole('button', { name: 'Daha fazla' });
      await button.scrollIntoViewIfNeeded();
      await button.click();
    };
    await more();
    await until(async () => assert.equal(await on.page.locator('a.row').count(), 100));
    await more();
    await until(async () => assert.equal(await on.page.locator('a.row').count(), 138));
    on.mock.data.tickets[120].subject = 'Yeni konu';
    news('ticket', on.mock.data.tickets[120]);
    await on.page.locator('a.row', { hasText: 'Yeni konu' }).waitFor();
    assert.equal(await on.page.locator('a.row').count(), 138);
    // Another filter begins at its first page.
    await on.page.locator('nav[aria-label="Durum"]').getByRole('link', { name: 'Açık' }).click();
    await on.page.waitForURL(/status=open/);
    await until(async () => assert.equal(await on.page.locator('a.row').count(), 50));
  });
});

describe('after a connection was lost', () => {
  test('and history with it, lists are read again', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    on.mock.data.tickets[0].subject = 'Bu arada değişti';
    on.mock.drop();
    await on.page.locator('a.row', { hasText: 'Bu arada değişti' }).waitFor();
  });
});
