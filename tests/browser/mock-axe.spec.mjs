// Every screen in both languages, light and dark: nothing axe finds, one main, one heading of the first rank.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { accessible, until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();

async function sound(where) {
  await accessible(on.page, where);
  const [mains, headings] = await on.page.evaluate(() => [document.querySelectorAll('main').length, [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length]);
  assert.deepEqual([mains, headings], [1, 1], `main and h1: ${where}`);
}

afterEach(() => {
  for (const user of on.mock.users) user.language = 'tr';
});

for (const colorScheme of ['light', 'dark']) {
  for (const language of ['tr', 'en']) {
    describe(`${colorScheme}, ${language}`, () => {
      const begin = async () => {
        await on.window({ colorScheme });
        for (const user of on.mock.users) user.language = language;
      };

      test('the desk in every state, each form, each tab, each overlay', async () => {
        await begin();
        await on.onShift();
        await on.page.locator('[aria-haspopup="menu"]').first().click();
        await on.page.waitForSelector('[role="menu"]');
        await sound('a menu');
        await on.page.keyboard.press('Escape');
        for (const kind of ['many', 'withheld', 'internal', 'unknown']) {
          const call = await on.ring(kind);
          await sound(`ringing ${kind}`);
          on.mock.phone.offerEnded(call, 'timeout');
          await on.page.waitForSelector('.strip.ready');
        }
        const call = await on.talk('known');
        for (const tab of ['1', '2', '3', '4', '5']) {
          await on.page.keyboard.press(tab);
          await sound(`tab ${tab}`);
        }
        for (const key of ['t', 's', 'r', 'n', 'e', 'a']) {
          await on.page.keyboard.press(key);
          await on.page.waitForSelector('aside form');
          await sound(`form ${key}`);
          await on.page.keyboard.press('Control+Enter');
          await sound(`form ${key}, refused`);
          if ((await on.page.locator('aside').count()) > 0) await on.page.keyboard.press('Escape');
          await on.page.waitForSelector('aside', { state: 'detached' });
        }
        await on.page.keyboard.press('F8');
        await on.page.waitForSelector('.strip.held');
        await sound('on hold');
        for (const keys of ['Control+k', 'Control+Slash']) {
          await on.page.keyboard.press(keys);
          await on.page.waitForSelector('dialog[open]');
          await sound(keys);
          await on.page.keyboard.press('Escape');
        }
        on.mock.phone.end(call);
        await on.page.waitForSelector('[data-wrap-up]');
        await sound('result');
        on.mock.phone.endWrapUp({ id: 'usr_zeynep' });
        on.mock.phone.setStatus({ id: 'usr_zeynep' }, 'break', 'Çay molası');
        on.mock.phone.setPhone('usr_zeynep', { said: { status: 486, reason: 'Busy Here', times: 1, until: null } });
        on.mock.phone.setTrouble([{ part: 'database', state: 'down', count: 0 }]);
        await on.page.waitForSelector('[data-notice]');
        await sound('break, a broken phone, trouble');
        on.mock.freeze();
        await on.page.waitForSelector('[data-line="silent"]', { timeout: 8000 });
        await sound('no answer');
        on.mock.thaw();
      });

      test('every page, with a form beside it, and with a state half chosen', async () => {
        await begin();
        await on.signIn('murat');
        for (const place of ['', 'customers', 'customers?q=yok-boyle', 'customers/cus_1', 'calls', 'calls/c_1', 'tickets', 'tickets/tkt_1', 'orders', 'orders/ord_1', 'appointments', 'recordings', 'recordings/c_1', 'live', 'nowhere', 'orders/ord_gone']) {
          await on.page.goto(`${on.base()}/${place}`);
          await on.page.waitForSelector('main h1');
          await until(async () => assert.equal(await on.page.locator('.bone').count(), 0));
          await sound(place);
          if (/^(orders|tickets)\/\w+_1$/.test(place)) {
            await on.page.locator('[role="radio"][aria-checked="true"]').first().focus();
            await on.page.keyboard.press('ArrowRight');
            await sound(`${place}, choosing`);
            await on.page.keyboard.press('Escape');
          }
          await on.page.locator('h1').first().evaluate(() => document.activeElement?.blur());
          await on.page.keyboard.press('t');
          await on.page.waitForSelector('aside form');
          await sound(`${place} with a form`);
          await on.page.keyboard.press('Escape');
        }
      });
    });
  }
}
