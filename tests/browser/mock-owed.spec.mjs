// Nothing owed is lost: calls back, results that were not written, and how many there are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { aLook, accessible, until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();
const focusedRole = () => on.page.evaluate(() => document.activeElement?.getAttribute('role'));
const wrapUp = (id) => on.page.locator(`[data-wrap-up="${id}"]`);

async function over(kind = 'known') {
  const id = await on.talk(kind);
  mock().end(id);
  await wrapUp(id).waitFor();
  await until(async () => assert.equal(await focusedRole(), 'radio'));
  return id;
}
const mock = () => on.mock.phone;
const sent = (method, path) => on.mock.requests.filter((one) => one.method === method && one.path.startsWith(path));

describe('a result', () => {
  test('is not chosen beforehand, and none is saved by pressing on', async () => {
    await on.onShift();
    const id = await over();
    assert.equal(await wrapUp(id).locator('[aria-checked="true"]').count(), 0);
    await on.page.locator('[data-wrap-up] textarea').fill('Kargo');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Bir sonuç seçin.').waitFor();
    assert.deepEqual(sent('POST', `/calls/${id}/complete`), []);
    await on.page.keyboard.press('ArrowRight');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Sonuç kaydedildi: Çözüldü').waitFor();
  });

  test('"call back" asks when, and an unreadable time saves nothing', async () => {
    await on.onShift();
    const id = await over();
    await on.page.keyboard.press('2');
    await wrapUp(id).getByLabel('Gün').fill('yarın');
    await wrapUp(id).getByLabel('Saat').fill('öğleye doğru');
    await on.page.locator('[data-wrap-up] textarea').focus();
    await on.page.keyboard.press('Enter');
    await wrapUp(id).getByText('Saat okunamadı').waitFor();
    assert.deepEqual(sent('POST', `/calls/${id}/complete`), []);
    await wrapUp(id).getByLabel('Saat').fill('1015');
    await accessible(on.page, 'a promised call');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.type('Fiyat listesi');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Sonuç kaydedildi: Geri aranacak, yarın 10:15').waitFor();
    const [promise] = sent('POST', '/callbacks');
    assert.equal(promise.body.call, id);
    assert.match(promise.body.due_at, /T10:15:00\+03:00$/);
    assert.equal(sent('POST', `/calls/${id}/complete`)[0].body.disposition, 'callback');
  });

  test('"call back" to a hidden number asks for the number', async () => {
    await on.onShift();
    const id = await over('withheld');
    await on.page.keyboard.press('2');
    await wrapUp(id).getByLabel('Numara').waitFor();
    await on.page.locator('[data-wrap-up] textarea').focus();
    await on.page.keyboard.press('Enter');
    await wrapUp(id).getByText('Bu alan gerekli').waitFor();
    assert.deepEqual(sent('POST', '/callbacks'), []);
    await wrapUp(id).getByLabel('Numara').fill('0505 111 22 33');
    await on.page.locator('[data-wrap-up] textarea').focus();
    await on.page.keyboard.press('Enter');
    await on.page.getByText(/Sonuç kaydedildi: Geri aranacak/).waitFor();
    assert.equal(sent('POST', '/callbacks')[0].body.number, '0505 111 22 33');
  });

  test('that was typed survives the next call and is offered again', async () => {
    await on.onShift();
    const first = await over();
    await on.page.locator('[data-wrap-up] textarea').fill('Ayşe Hanım: fatura adresi değişecek');
    mock().endWrapUp({ id: 'usr_zeynep' });
    await on.page.waitForSelector('.strip.ready');
    const second = await over('unknown');
    assert.equal(await wrapUp(second).locator('textarea').inputValue(), '', 'a draft of its own');
    await on.page.keyboard.press('1');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.press('Enter');
    await on.page.waitForSelector('.strip.ready');
    await on.page.reload();
    await on.page.getByText('Yazdığınız: Ayşe Hanım: fatura adresi değişecek').click();
    await on.page.waitForURL(`**/calls/${first}`);
    assert.equal(await wrapUp(first).locator('textarea').inputValue(), 'Ayşe Hanım: fatura adresi değişecek');
    await wrapUp(first).getByRole('radio', { name: 'Çözüldü' }).focus();
    await on.page.keyboard.press('1');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Sonuç kaydedildi').first().waitFor();
    const done = sent('POST', `/calls/${first}/complete`)[0].body;
    assert.deepEqual(done, { disposition: 'resolved', note: 'Ayşe Hanım: fatura adresi değişecek' });
    await on.page.goto(on.base());
    await on.page.waitForSelector('.board');
    assert.equal(await on.page.getByText('Yazdığınız:').count(), 0);
  });

  test('leads on by + and Enter to what follows from it', async () => {
    await on.onShift();
    await over();
    await on.page.keyboard.press('+');
    await on.page.keyboard.press('Enter');
    await until(async () => assert.equal(await on.text('#drawer-title'), 'Yeni talep'));
  });

  test('whose time ran out stays in its panel, also while its words are taken out, until it is thrown away', async () => {
    await on.onShift();
    const id = await over();
    await on.page.locator('[data-wrap-up] textarea').fill('Kargo');
    mock().endWrapUp({ id: 'usr_zeynep' });
    await on.page.waitForSelector('.board');
    await wrapUp(id).locator('textarea').fill('');
    await on.page.waitForTimeout(300);
    assert.equal(await wrapUp(id).count(), 1);
    await wrapUp(id).getByRole('button', { name: 'Vazgeç' }).click();
    await wrapUp(id).waitFor({ state: 'detached' });
  });

  test('is not shown to the next person at the same window', async () => {
    await on.onShift();
    const id = await over();
    await on.page.locator('[data-wrap-up] textarea').fill('Kargo');
    mock().endWrapUp({ id: 'usr_zeynep' });
    await on.page.waitForSelector('.board');
    // Without leaving the page: what is in its memory must not be shown either.
    await on.page.getByRole('button', { name: /Zeynep Kaya/ }).click();
    await on.page.getByRole('menuitem', { name: 'Çıkış yap' }).click();
    await on.page.getByLabel('Kullanıcı adı').fill('isil');
    await on.page.getByLabel('Parola', { exact: true }).fill('demo');
    await on.page.keyboard.press('Enter');
    await on.page.getByRole('heading', { level: 1, name: /Işıl/ }).waitFor();
    await on.page.waitForSelector('.board a.item');
    assert.deepEqual(await on.page.evaluate((call) => Object.keys(localStorage).filter((key) => key.includes(call)), id), [`santral.draft.usr_zeynep.wrap-up:${id}`]);
    assert.equal(await on.page.locator('[data-wrap-up]').count(), 0);
  });
});

describe('who is owed a call', () => {
  test('is not told as nobody when the server does not answer', async () => {
    await on.page.route('**/api/v1/callbacks*', (route) => route.abort());
    await on.onShift();
    await on.page.locator('.trouble').getByRole('button', { name: 'Yeniden dene' }).waitFor();
    const list = on.page.locator('section', { hasText: 'Geri aranacaklar' });
    assert.equal((await list.innerText()).includes('yok'), false, await list.innerText());
    await on.page.unroute('**/api/v1/callbacks*');
    await on.page.locator('.trouble').getByRole('button', { name: 'Yeniden dene' }).click();
    await list.getByText('İbrahim Çağlar').waitFor();
    assert.equal(await on.page.locator('.trouble').count(), 0);
  });

  test('keeps an earlier promise: the newer one has no undo that would delete it', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    await on.page.getByRole('button', { name: 'Geri arama' }).first().click();
    await on.page.locator('aside').getByLabel('Numara').fill(on.mock.data.callbacks[0].display);
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('.toasts').getByText(/Geri aranacak/).waitFor();
    assert.equal(await on.page.locator('.toasts').getByRole('button', { name: /Geri al/ }).count(), 0);
  });

  test('is taken, put off and ended from the list, and ending has its way back', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    const row = on.page.locator('li', { hasText: 'İbrahim Çağlar' });
    await row.waitFor();
    await accessible(on.page, 'callbacks');
    assert.match(await row.innerText(), /2 kez aradı · Destek/);
    await row.getByRole('button', { name: 'Üstlen' }).click();
    await until(async () => assert.match(await row.innerText(), /Zeynep Kaya/));
    await row.getByRole('button', { name: 'Ertele' }).click();
    await on.page.locator('aside').getByLabel('Gün').fill('yarın');
    await on.page.locator('aside').getByLabel('Saat').fill('9');
    await on.page.keyboard.press('Control+Enter');
    await on.page.getByText('Geri aranacak: İbrahim Çağlar, yarın 09:00').waitFor();
    await until(async () => assert.match(await row.innerText(), /yarın 09:00/));
    // The drawer closed and the buttons moved: for a moment the pointer counts for nothing.
    await row.getByRole('button', { name: 'Görüşüldü' }).click();
    await until(async () => assert.equal(sent('PATCH', '/callbacks').length, 3));
    await row.waitFor({ state: 'detached' });
    await on.page.keyboard.press('Control+z');
    await row.waitFor();
    assert.deepEqual(sent('PATCH', '/callbacks').map((one) => one.body.outcome), [undefined, undefined, 'reached', null]);
  });

  test('keeps its buttons where they are when it is taken, in both languages', async () => {
    for (const language of ['tr', 'en']) {
      for (const user of on.mock.users) user.language = language;
      await on.window();
      await on.signIn();
      await on.page.goto(`${on.base()}/callbacks`);
      const row = on.page.locator('li', { hasText: 'İbrahim Çağlar' });
      const places = async () => {
        const boxes = await row.locator('.acts .btn').evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, y }) => [x, y]));
        assert.equal(boxes.length, 5);
        return boxes;
      };
      await row.waitFor();
      const before = await places();
      assert.deepEqual(new Set(before.map(([, y]) => y)).size, 1, 'on one line');
      await row.locator('[data-act="take"]').click();
      await row.locator('[data-act="give_back"]').waitFor();
      assert.deepEqual(await places(), before);
      await row.locator('[data-act="give_back"]').click();
      await row.locator('[data-act="take"]').waitFor();
    }
    for (const user of on.mock.users) user.language = 'tr';
  });

  test('says the number of somebody unknown once', async () => {
    const [one] = on.mock.data.callbacks;
    Object.assign(one, { customer: null, caller_name: null });
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    const row = on.page.locator('li', { hasText: one.display });
    await row.waitFor();
    assert.equal((await row.innerText()).split(one.display).length, 2);
    await row.getByRole('link', { name: `${one.display} numarasını ara` }).waitFor();
  });

  test('keeps the focus of whoever works by keyboard', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    const rows = on.page.locator('.box li');
    await rows.first().waitFor();
    const second = await rows.nth(1).locator('b').innerText();
    const focused = () => on.page.evaluate(() => document.activeElement?.dataset.act ?? document.activeElement?.closest('li')?.querySelector('b')?.textContent);
    await rows.first().locator('[data-act]').focus();
    await on.page.waitForTimeout(aLook);
    await on.page.keyboard.press('Enter');
    await until(async () => assert.equal(await focused(), 'give_back'));
    await rows.first().getByRole('button', { name: 'Aramaya gerek kalmadı' }).focus();
    await on.page.waitForTimeout(aLook);
    await on.page.keyboard.press('Enter');
    await until(async () => assert.equal(await focused(), second, 'the next row'));
    assert.deepEqual(sent('PATCH', '/callbacks').map((one) => one.body.outcome), [undefined, 'not_needed']);
  });

  test('by hand goes with the number of whom was chosen last, or with the one that was typed', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    await on.page.getByRole('button', { name: 'Geri arama' }).first().click();
    const drawer = on.page.locator('aside');
    const number = drawer.getByLabel('Numara');
    const who = drawer.getByRole('combobox', { name: 'Müşteri' });
    const choose = async (text, name) => {
      await who.fill(text);
      await drawer.locator('[role="option"][aria-selected="true"]', { hasText: name }).waitFor();
      await who.press('Enter');
      await until(async () => assert.equal(await who.inputValue(), name));
    };
    await choose('şükrü', 'Şükrü Öztürk');
    assert.equal(await number.inputValue(), '0530 123 45 67');
    await choose('ülkü', 'Ülkü Işık');
    assert.equal(await number.inputValue(), '0542 555 66 77');
    await who.fill('');
    await until(async () => assert.equal(await number.inputValue(), ''));
    await number.fill('0212 444 55 66');
    await choose('şükrü', 'Şükrü Öztürk');
    assert.equal(await number.inputValue(), '0212 444 55 66');
  });

  test('is told to the desk at once, with the true number of them', async () => {
    await on.onShift();
    const list = on.page.locator('section', { hasText: 'Geri aranacaklar' });
    await until(async () => assert.equal((await list.locator('[data-count]').innerText()).trim(), '3'));
    const [one] = on.mock.data.callbacks;
    for (let at = 0; at < 61; at += 1) on.mock.data.callbacks.push({ ...one, id: `cbk_x${at}`, display: `0505 111 ${at}`, number: `+90505111${at}`, customer: null });
    on.mock.send({ type: 'callback.created', subject: 'callback/cbk_x1', rev: 1, data: on.mock.data.callbacks.at(-1) });
    await until(async () => assert.equal((await list.locator('[data-count]').innerText()).trim(), '64', 'not the size of a page'));
  });

  test('can be promised by hand, and taken back', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/callbacks`);
    await on.page.getByRole('button', { name: 'Geri arama' }).first().click();
    await on.page.locator('aside').getByLabel('Numara').fill('0212 320 50 62');
    await on.page.locator('aside').getByLabel('Saat').fill('25');
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('aside [data-wrong]').waitFor();
    assert.deepEqual(sent('POST', '/callbacks'), []);
    await on.page.locator('aside').getByLabel('Saat').fill('16.45');
    await on.page.keyboard.press('Control+Enter');
    await on.page.getByText(/Geri aranacak: 0212 320 50 62/).waitFor();
    await on.page.keyboard.press('Control+z');
    await on.page.getByText('Geri alındı').waitFor();
    assert.equal(sent('DELETE', '/callbacks').length, 1);
  });
});
