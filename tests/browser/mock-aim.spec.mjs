// What a hand does too fast, or an arrow by the way, changes nothing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
const pause = (millis) => on.page.waitForTimeout(millis);

/** A double click as a hand makes it: the second half comes when the page has answered the first. */
async function twice(selector, between) {
  const at = await on.middle(selector);
  await on.page.mouse.click(...at);
  await pause(between);
  await on.page.mouse.click(...at);
  await pause(100);
}

describe('a double click is one click', () => {
  for (const between of [40, 120, 300, 480]) {
    test(`on "start the shift", ${between} ms apart`, async () => {
      await on.signIn();
      await twice('[data-act="start"]', between);
      await on.page.waitForSelector('.strip.ready');
      assert.deepEqual(on.asked(), ['POST /agents/me/status']);
    });

    test(`on "answer", ${between} ms apart`, async () => {
      await on.onShift();
      const call = await on.ring();
      await pause(500);
      on.mock.requests.length = 0;
      await twice('[data-act="answer"]', Math.min(between, 300));
      await on.page.waitForSelector('.strip.talking');
      assert.deepEqual(on.asked(), [`POST /calls/${call}/answer`]);
      assert.equal(await on.page.locator('aside').count(), 0);
    });

    test(`on "hang up", ${between} ms apart`, async () => {
      await on.onShift();
      const call = await on.talk();
      await pause(500);
      on.mock.requests.length = 0;
      await twice('[data-act="hangup"]', between);
      await on.page.waitForSelector('[data-wrap-up]');
      assert.deepEqual(on.asked(), [`POST /calls/${call}/hangup`]);
      assert.equal(await on.page.locator('.strip.wrap_up').count(), 1);
    });
  }

  test('on "hold": the same button does not go on at once', async () => {
    await on.onShift();
    const call = await on.talk();
    await pause(500);
    on.mock.requests.length = 0;
    await twice('[data-act="hold"]', 150);
    await on.page.waitForSelector('.strip.held');
    assert.deepEqual(on.asked(), [`POST /calls/${call}/hold`]);
  });

  test('on a row of a list: the record that opens under the pointer is left alone', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await pause(500);
    on.mock.requests.length = 0;
    for (const row of [0, 1, 2, 3, 4, 5]) {
      const box = await on.page.locator('a.row').nth(row).boundingBox();
      for (const x of [box.x + 60, box.x + box.width * 0.8]) {
        await on.page.mouse.click(x, box.y + box.height / 2);
        await pause(80);
        await on.page.mouse.click(x, box.y + box.height / 2);
        await on.page.waitForSelector('h1:has-text("#")');
        await on.page.goBack();
        await on.page.waitForSelector('a.row');
        await pause(450);
      }
    }
    assert.deepEqual(on.asked(), []);
  });
});

describe('a button that comes under the pointer', () => {
  test('is not pressed by a hand already on its way; a moment later it is', async () => {
    await on.onShift();
    await pause(500);
    const at = await on.middle('.places .place:nth-child(2) .btn');
    await on.page.mouse.move(...at);
    on.mock.requests.length = 0;
    await on.ring();
    await on.page.mouse.click(...at);
    await pause(150);
    assert.equal(await on.page.locator('.strip.ringing').count(), 1, 'the call still rings');
    assert.deepEqual(on.asked(), []);
    await pause(450);
    await on.page.mouse.click(...at);
    await on.page.waitForSelector('.strip.ready');
  });

  test('anywhere on the page: a row that moves up, a banner that pushes the page down', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await pause(500);
    const second = await on.page.locator('a.row').nth(1).boundingBox();
    const aimed = await on.page.locator('a.row').nth(1).getAttribute('href');
    on.mock.data.tickets.unshift({ ...on.mock.data.tickets[0], id: 'tkt_new', number: 1999 });
    on.mock.send({ type: 'ticket.created', subject: 'ticket/tkt_new', rev: 1, ack: false, data: {} });
    await on.page.waitForSelector('a.row[data-id="tkt_new"]');
    await on.page.mouse.click(second.x + 80, second.y + 10);
    await pause(150);
    assert.equal(new URL(on.page.url()).pathname, '/tickets', 'the row that slid under the pointer did not open');
    await pause(450);
    await on.page.mouse.click(second.x + 80, second.y + 10);
    await on.page.waitForURL('**/tickets/tkt_*');
    assert.notEqual(new URL(on.page.url()).pathname, aimed);
  });

  test('the keyboard acts at once, and a key held down acts once', async () => {
    await on.onShift();
    await on.ring();
    await on.page.keyboard.press('F2');
    await on.page.waitForSelector('.strip.talking');
    const call = [...on.mock.phone.calls.keys()][0];
    on.mock.requests.length = 0;
    await on.page.locator('[data-act="transfer"]').focus();
    await on.page.keyboard.press('Shift+Tab');
    await on.page.keyboard.down('Enter');
    for (let again = 0; again < 12; again += 1) {
      await on.page.keyboard.down('Enter');
      await pause(30);
    }
    await on.page.keyboard.up('Enter');
    await on.page.waitForSelector('.strip.held');
    assert.deepEqual(on.asked(), [`POST /calls/${call}/hold`]);
    assert.equal(await on.page.evaluate(() => document.activeElement.dataset.act), 'resume', 'the focus stays');
  });

  test('Enter does nothing where the page put the focus, until one could have seen it', async () => {
    await on.onShift();
    const call = await on.ring();
    await on.page.keyboard.press('F2');
    await on.page.waitForSelector('.strip.talking');
    await on.page.keyboard.press('F10');
    await on.page.waitForSelector('aside [data-first]');
    await on.page.locator('aside [data-first]').focus();
    await on.page.keyboard.type('destek');
    await on.page.waitForSelector('aside [role="option"][aria-selected="true"]');
    on.mock.requests.length = 0;
    await on.page.keyboard.press('Enter');
    await on.page.waitForFunction(() => document.activeElement.matches('aside [data-save]'));
    await on.page.keyboard.press('Enter');
    await pause(500);
    assert.deepEqual(on.asked(), []);
    await on.page.keyboard.press('Enter');
    await until(() => assert.deepEqual(on.asked(), [`POST /calls/${call}/transfer`]));
  });

  test('F8 struck twice holds once', async () => {
    await on.onShift();
    const call = await on.ring();
    await on.page.keyboard.press('F2');
    await on.page.waitForSelector('.strip.talking');
    on.mock.requests.length = 0;
    await on.page.evaluate(() => {
      const strike = () => dispatchEvent(new KeyboardEvent('keydown', { key: 'F8', code: 'F8', bubbles: true }));
      strike();
      new MutationObserver((_, watch) => document.querySelector('.strip.held') && (watch.disconnect(), strike())).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await on.page.waitForSelector('.strip.held');
    await pause(150);
    assert.deepEqual(on.asked(), [`POST /calls/${call}/hold`]);
  });

  test('a key struck twice means one call, also when the next one rings in between', async () => {
    await on.onShift();
    await on.ring();
    await on.page.keyboard.press('F4');
    await on.page.waitForSelector('.strip.ready');
    const next = await on.ring('unknown');
    on.mock.requests.length = 0;
    await on.page.keyboard.press('F4');
    await pause(150);
    assert.deepEqual(on.asked(), []);
    await pause(400);
    await on.page.keyboard.press('F4');
    await on.page.waitForSelector('.strip.ready');
    assert.deepEqual(on.asked(), [`POST /calls/${next}/decline`]);
  });

  test('a wheel under the hand is the hand’s own doing', async () => {
    await on.signIn('murat');
    await on.page.setViewportSize({ width: 1366, height: 400 });
    await on.page.goto(`${on.base()}/customers`);
    await on.page.waitForSelector('a.row');
    const box = await on.page.locator('a.row').nth(3).boundingBox();
    await on.page.mouse.move(box.x + 60, box.y + 10);
    await pause(500);
    await on.page.mouse.wheel(0, 108);
    await until(async () => assert.notEqual((await on.page.locator('a.row').nth(3).boundingBox()).y, box.y));
    await on.page.mouse.click(box.x + 60, box.y + 10);
    await on.page.waitForURL('**/customers/cus_*');
  });
});

describe('a state changes by a decision, not by an arrow', () => {
  const changes = () => on.asked().filter((one) => one.startsWith('PATCH'));

  for (const [name, place, label] of [
    ['an order', 'orders/ord_1', 'Durum'],
    ['a ticket', 'tickets/tkt_1', 'Durum'],
    ['a ticket’s priority', 'tickets/tkt_1', 'Öncelik'],
  ]) {
    test(`${name}: arrows only choose, Escape goes back, Enter saves once`, async () => {
      await on.signIn();
      await on.page.goto(`${on.base()}/${place}`);
      const group = on.page.getByRole('radiogroup', { name: label });
      const stored = await group.locator('[aria-checked="true"]').innerText();
      await group.locator('[aria-checked="true"]').focus();
      for (let press = 0; press < 3; press += 1) await on.page.keyboard.press('ArrowRight');
      await pause(300);
      assert.deepEqual(changes(), []);
      await on.page.keyboard.press('Escape');
      assert.equal(await group.locator('[aria-checked="true"]').innerText(), stored);
      await on.page.keyboard.press('ArrowRight');
      await on.page.keyboard.press('Enter');
      await until(() => assert.equal(changes().length, 1));
      await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement.getAttribute('role')), 'radio'));
      await on.page.keyboard.press('Enter');
      await pause(200);
      assert.equal(changes().length, 1);
    });
  }

  test('a ticket’s state is taken back by Ctrl+Z', async () => {
    await on.signIn();
    await on.page.goto(`${on.base()}/tickets/tkt_1`);
    await on.page.getByRole('radiogroup', { name: 'Durum' }).locator('[aria-checked="true"]').focus();
    await on.page.keyboard.press('ArrowRight');
    await on.page.keyboard.press('Enter');
    await until(() => assert.equal(on.mock.data.tickets[0].status, 'waiting'));
    await on.page.getByText('Geri al', { exact: false }).first().waitFor();
    await on.page.keyboard.press('Control+z');
    await until(() => assert.equal(on.mock.data.tickets[0].status, 'open'));
  });

  test('an order says before it is saved that nothing leads back', async () => {
    await on.signIn();
    await on.page.goto(`${on.base()}/orders/ord_1`);
    await on.page.getByRole('radio', { name: 'Kargoda' }).click();
    await on.page.getByRole('button', { name: 'geri alınamaz' }).waitFor();
    assert.deepEqual(changes(), []);
  });

  test('an appointment: arrows on its list save nothing, Enter does, and it is taken back', async () => {
    await on.signIn();
    await on.page.goto(`${on.base()}/appointments`);
    const list = on.page.locator('select').first();
    await list.focus();
    for (let press = 0; press < 2; press += 1) await on.page.keyboard.press('ArrowDown');
    await pause(300);
    assert.deepEqual(changes(), []);
    await on.page.keyboard.press('Enter');
    await until(() => assert.equal(changes().length, 1));
    await on.page.getByRole('button', { name: 'Geri al' }).click();
    await until(() => assert.equal(changes().length, 2));
  });
});
