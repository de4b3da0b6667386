// What the demo brings along: recordings that play, and one language throughout.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { accessible, launch, openWindow, until } from './lib/browser.mjs';
import { demo } from './lib/demo.mjs';

const turkish = /[çğıİöşüÇĞÖŞÜ]/;

for (const [language, locale, words] of [
  ['tr', 'tr-TR', { list: 'Kayıtlar', play: /Oynat|Çal/ }],
  ['en', 'en-GB', { list: 'Recordings', play: /Play/ }],
]) {
  const running = process.env.SANTRAL_DEMO_JSON ? null : await demo(language);

  describe(`the demo (${language})`, { skip: running === null && 'no demo of its own: build santral' }, () => {
    let browser;
    let page;

    before(async () => {
      browser = await launch();
      ({ page } = await openWindow(browser, { locale }));
      const boss = running.facts.person('supervisor');
      await page.goto(running.facts.http);
      await page.locator('input[name="username"]').fill(boss.name);
      await page.locator('input[name="password"]').fill(boss.password);
      await page.keyboard.press('Enter');
      await page.waitForSelector('.strip');
    });
    after(async () => {
      await browser?.close();
      await running?.stop();
    });

    test('a seeded recording shows both voices and plays to its end', async () => {
      await page.goto(`${running.facts.http}/recordings`);
      await page.waitForSelector('a.row[data-id]');
      assert.equal(await page.locator('main h1').innerText(), words.list);
      assert.ok((await page.locator('a.row[data-id]').count()) >= 20);
      await page.locator('a.row[data-id]').first().click();
      await page.waitForSelector('[data-playing] canvas');
      await page.waitForFunction(() => document.querySelector('audio').readyState >= 2);
      const length = await page.evaluate(() => document.querySelector('audio').duration);
      assert.ok(length > 15 && length < 110, `${length} s`);
      const id = new URL(page.url()).pathname.split('/').pop();
      const peaks = await page.evaluate(
        async (id) => (await fetch(`/api/v1/recordings/${id}/peaks?buckets=200`)).json(),
        id,
      );
      assert.ok(Math.abs(peaks.millis / 1000 - length) < 0.2, `${peaks.millis} ms drawn, ${length} s heard`);
      for (const side of [peaks.left, peaks.right]) {
        assert.ok(side.filter((height) => height > 15).length > 20, `a voice is seen: ${side}`);
        assert.ok(side.filter((height) => height < 5).length > 20, `and its pauses: ${side}`);
      }
      await page.keyboard.press('Space');
      await until(async () => assert.ok(Number(await page.locator('[data-playing]').getAttribute('data-position')) > 300));
      await page.evaluate(() => {
        const audio = document.querySelector('audio');
        audio.currentTime = audio.duration - 0.5;
      });
      await page.waitForFunction(() => document.querySelector('audio').ended);
      await accessible(page, 'a seeded recording');
      assert.deepEqual(page.troubles, []);
    });

    test('every list speaks the language', async () => {
      for (const place of ['customers', 'calls', 'recordings', 'tickets', 'orders', 'appointments', 'live']) {
        await page.goto(`${running.facts.http}/${place}`);
        await page.waitForSelector('main h1');
        await page.waitForSelector('.bone', { state: 'detached' });
        const text = (await page.locator('body').innerText()).replaceAll('Türkçe', '');
        if (language === 'en') assert.doesNotMatch(text, turkish, place);
        else assert.match(text, turkish, place);
      }
      assert.deepEqual(page.troubles, []);
    });
  });
}
