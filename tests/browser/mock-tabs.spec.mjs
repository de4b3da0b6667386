// Two tabs of one person: neither takes away what the other keeps.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { until, watch } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
const kept = (name) => on.page.evaluate((part) => Object.entries(localStorage).find(([key]) => key.includes(part))?.[1] ?? '', name);

/** Another tab of the same browser, on the same desk. */
async function another() {
  const page = watch(await on.context.newPage());
  await page.goto(on.base());
  await page.waitForSelector('.strip');
  return page;
}

describe('the result of a call', () => {
  test('typed in one tab is kept although the other leaves its empty one', async () => {
    await on.onShift();
    const other = await another();
    const call = await on.talk();
    on.mock.phone.end(call);
    for (const page of [on.page, other]) await page.waitForSelector('[data-wrap-up]');
    await on.page.locator('[data-wrap-up] textarea').fill('Fatura adresi değişecek');
    await until(async () => assert.match(await kept(`wrap-up:${call}`), /Fatura adresi/));
    await other.reload();
    await other.close();
    assert.match(await kept(`wrap-up:${call}`), /Fatura adresi/);
    await on.page.reload();
    await until(async () => assert.equal(await on.page.locator('[data-wrap-up] textarea').inputValue(), 'Fatura adresi değişecek'));
  });

  test('saved in one tab is not owed in the other that had taken up its words', async () => {
    await on.onShift();
    const other = await another();
    const call = await on.talk();
    on.mock.phone.end(call);
    await on.page.locator('[data-wrap-up] textarea').fill('Fatura');
    await until(async () => assert.match(await kept(`wrap-up:${call}`), /Fatura/));
    await other.reload();
    await until(async () => assert.equal(await other.locator('[data-wrap-up] textarea').inputValue(), 'Fatura'));
    await on.page.locator('[data-wrap-up] textarea').fill('Fatura adresi değişecek');
    await on.page.locator('[data-wrap-up] [role="radio"]').first().focus();
    for (const key of ['1', 'Enter', 'Enter']) await on.page.keyboard.press(key);
    for (const page of [on.page, other]) {
      await page.waitForSelector('.strip.ready');
      await page.waitForSelector('.board');
      assert.equal(await page.locator('[data-wrap-up]').count(), 0);
    }
    assert.equal(await kept(`wrap-up:${call}`), '');
    assert.deepEqual(other.troubles, []);
  });
});
