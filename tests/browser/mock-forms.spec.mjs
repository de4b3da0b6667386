// Forms: what cannot be read is never passed over, and what is wrong has a name and a way to it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { accessible, until } from './lib/browser.mjs';
import { atADesk } from './lib/desk.mjs';

const on = atADesk();

async function form(key) {
  await on.page.keyboard.press(key);
  await on.page.waitForSelector('aside [data-first]');
  await until(async () => assert.equal(await on.page.evaluate(() => document.activeElement?.closest('aside') !== null), true));
}

const focused = () => on.page.evaluate(() => document.activeElement.labels?.[0]?.textContent);
/** Follows a link of the summary; what has just come under the pointer cannot be pressed at once. */
async function go(name, to = name) {
  await until(async () => {
    await on.page.locator('[data-wrong]').getByRole('button', { name }).click();
    assert.equal(await focused(), to);
  });
}
const shown = (selector) => on.page.locator(selector).evaluate((one) => getComputedStyle(one).color);

describe('a day and a time', () => {
  for (const [label, text] of [
    ['Gün', 'haftaya'],
    ['Gün', '31.11'],
    ['Gün', '27'],
    ['Saat', '25:70'],
    ['Saat', 'sabah'],
  ]) {
    test(`"${text}" as ${label} is refused, and nothing is saved on the old one`, async () => {
      await on.onShift();
      await on.talk();
      await form('r');
      await on.page.keyboard.type('Yıllık bakım');
      await on.page.getByLabel(label, { exact: true }).fill(text);
      await on.page.keyboard.press('Control+Enter');
      await on.page.locator('[data-wrong]').waitFor();
      assert.deepEqual(on.asked().filter((one) => one.includes('/appointments')), []);
      assert.equal(await on.page.getByLabel(label).inputValue(), text, 'what was typed stands');
      assert.equal(await on.page.getByLabel(label).getAttribute('aria-invalid'), 'true');
      assert.equal(await focused(), label, 'the field has the focus');
      await accessible(on.page, 'a form with a wrong field');
    });
  }

  test('yarın at 930 is tomorrow at half past nine', async () => {
    on.mock.data.appointments.length = 0;
    await on.onShift();
    await on.talk();
    on.mock.data.appointments.length = 0;
    await form('r');
    await on.page.keyboard.type('Keşif');
    await on.page.getByLabel('Gün', { exact: true }).fill('yarın');
    await on.page.getByLabel('Saat').fill('930');
    await on.page.keyboard.press('Control+Enter');
    await on.page.getByText('Randevu kaydedildi: yarın 09:30').waitFor();
  });

  test('a list is not filtered by a day that cannot be read', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/calls`);
    await on.page.waitForSelector('a.row');
    await on.page.getByLabel('Başlangıç').fill('geçenlerde');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Gün okunamadı').waitFor();
    assert.equal(new URL(on.page.url()).search, '');
    await on.page.getByLabel('Başlangıç').fill('dün');
    await on.page.keyboard.press('Enter');
    await on.page.waitForURL(/from=\d{4}-\d{2}-\d{2}/);
    assert.equal(await on.page.getByText('Gün okunamadı').count(), 0);
  });

  test('a birth date is asked for on the card, and one that cannot be is said to be wrong', async () => {
    await on.onShift();
    await on.talk();
    await on.page.getByLabel('Doğum tarihi').fill('5.3');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Geçmiş bir gün yazın').waitFor();
    assert.deepEqual(on.asked().filter((one) => one.startsWith('PATCH')), []);
    await on.page.getByLabel('Doğum tarihi').fill('050384');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Doğum tarihi kaydedildi').waitFor();
    assert.equal(on.mock.requests.find((one) => one.method === 'PATCH').body.birth_date, '1984-03-05');
  });
});

describe('an order', () => {
  test('with a quantity nobody can read is not saved', async () => {
    await on.onShift();
    await on.talk();
    await form('s');
    await on.page.keyboard.type('filtre');
    await on.page.waitForSelector('aside [role="option"]');
    await on.page.keyboard.press('Enter');
    await on.page.waitForSelector('[data-quantity]');
    for (const [field, text] of [['[data-quantity]', '1,5'], ['.price', 'indirimli']]) {
      const before = await on.page.locator(field).inputValue();
      await on.page.locator(field).fill(text);
      await on.page.keyboard.press('Control+Enter');
      await on.page.locator('[data-wrong]').waitFor();
      assert.equal(await on.page.locator(field).inputValue(), text);
      assert.deepEqual(on.asked().filter((one) => one.includes('/orders')), []);
      await on.page.locator(field).fill(before);
      await on.page.keyboard.press('Tab');
      await on.page.locator('[data-wrong]').waitFor({ state: 'detached' });
    }
  });

  test('without a line says so, with the way to the products', async () => {
    await on.onShift();
    await on.talk();
    await form('s');
    await on.page.keyboard.press('Control+Enter');
    await go('İçindekiler', 'Ürün ekle');
  });
});

describe('what is wrong', () => {
  test('a required field says so in the colour of errors, and only until it is filled', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await form('t');
    await on.page.keyboard.press('Control+Enter');
    const error = on.page.locator('aside .field-error');
    await error.waitFor();
    assert.equal(await shown('aside .field-error'), await shown('aside [data-wrong]'));
    assert.notEqual(await shown('aside .field-error'), await shown('aside .field > label >> nth=0'));
    await on.page.getByLabel('Konu').fill('Kargo');
    await error.waitFor({ state: 'detached' });
    assert.equal(await on.page.locator('[data-wrong]').count(), 0);
  });

  test('what the server refuses is named at its field, until that field is changed', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/customers/cus_2`);
    await on.page.getByRole('button', { name: 'Düzenle' }).click();
    await on.page.getByLabel('E-posta').fill('bilgi@ornek');
    await on.page.getByRole('textbox', { name: 'Telefon' }).fill('0533 444 55 66, 12');
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('[data-wrong]').waitFor();
    const names = await on.page.locator('[data-wrong] button').allInnerTexts();
    assert.deepEqual(names, ['Telefon', 'E-posta']);
    await go('E-posta');
    await on.page.keyboard.press('Control+a');
    await on.page.keyboard.type('bilgi@ornek.com.tr');
    await until(async () => assert.deepEqual(await on.page.locator('[data-wrong] button').allInnerTexts(), ['Telefon']));
    await on.page.getByRole('textbox', { name: 'Telefon' }).fill('0533 444 55 66');
    await on.page.keyboard.press('Control+Enter');
    await on.page.getByText('güncellendi').waitFor();
  });

  test('a customer who was typed and not chosen is not left out in silence', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await form('t');
    await on.page.getByLabel('Konu').fill('Kargo');
    await on.page.getByRole('combobox', { name: 'Müşteri' }).fill('Şükrü Bilinmez');
    await on.page.getByLabel('Konu').focus();
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('[data-wrong]').getByText('Listeden seçin').waitFor();
    assert.deepEqual(on.asked().filter((one) => one.includes('/tickets')), []);
  });
});

describe('a number another customer has', () => {
  const duplicate = () => on.page.locator('[data-duplicate]');

  test('is told with their name when a customer is made, and kept with both only when asked', async () => {
    await on.onShift();
    await on.ring('unknown');
    await form('k');
    await on.page.keyboard.type('Yeni Kişi');
    await on.page.getByRole('textbox', { name: 'Telefon' }).fill('0533 444 55 66');
    await on.page.keyboard.press('Control+Enter');
    await duplicate().getByText('İbrahim Çağlar adlı müşteride kayıtlı').waitFor();
    await accessible(on.page, 'a duplicate number');
    await until(async () => {
      if (await duplicate().isVisible()) await duplicate().getByRole('button', { name: 'İkisinde de kalsın' }).click({ timeout: 500 });
      assert.equal(on.asked().filter((one) => one === 'POST /customers').length, 2);
    });
    await on.page.getByText('Yeni Kişi kaydedildi').waitFor();
    assert.equal(on.mock.requests.findLast((one) => one.path === '/customers').body.allow_duplicate, true);
  });

  test('can make the call theirs instead', async () => {
    await on.onShift();
    await on.ring('unknown');
    await form('k');
    await on.page.keyboard.type('Çağlar');
    await on.page.getByRole('textbox', { name: 'Telefon' }).fill('+90 533 444 5566');
    await on.page.keyboard.press('Control+Enter');
    await duplicate().waitFor();
    await until(async () => {
      if (await duplicate().isVisible()) await duplicate().getByRole('button', { name: 'Çağrıyı ona bağla' }).click({ timeout: 500 });
      assert.equal(await on.text('[data-caller]'), 'İbrahim Çağlar');
    });
    assert.equal(on.asked().filter((one) => one === 'POST /customers').length, 1);
  });

  test('is told when a customer is changed, and leads to them', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/customers/cus_3`);
    await on.page.getByRole('button', { name: 'Düzenle' }).click();
    await on.page.getByRole('textbox', { name: 'Telefon' }).fill('0530 123 45 67, 0532 111 22 33');
    await on.page.keyboard.press('Control+Enter');
    await duplicate().getByText('Ayşe Yılmaz adlı müşteride kayıtlı').waitFor();
    await until(async () => {
      if (await duplicate().isVisible()) await duplicate().getByRole('link').click({ timeout: 500 });
      assert.match(on.page.url(), /customers\/cus_1$/);
    });
  });
});

describe('a list under a field', () => {
  const lines = () => on.page.locator('[data-quantity]').count();

  test('takes nothing that was found for other words', async () => {
    await on.onShift();
    await on.talk();
    await form('s');
    await on.page.keyboard.type('filtre');
    await on.page.waitForSelector('aside [role="option"][aria-selected="true"]');
    await on.page.route('**/api/v1/products*', (route) => route.abort());
    await on.page.keyboard.type('x');
    await on.page.keyboard.press('Enter');
    await on.page.getByText('Liste alınamadı; Enter').waitFor();
    assert.equal(await lines(), 0);
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('[data-wrong]').getByText('Listeden seçin').waitFor();
  });

  test('gives one line for Enter struck twice', async () => {
    await on.onShift();
    await on.talk();
    await form('s');
    await on.page.route('**/api/v1/products*', async (route) => {
      await new Promise((done) => setTimeout(done, 300));
      await route.continue().catch(() => {});
    });
    await on.page.keyboard.type('filtre');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.press('Enter');
    await on.page.waitForSelector('[data-quantity]');
    await on.page.waitForLoadState('networkidle');
    assert.equal(await lines(), 1);
  });

  /** Products that are found when `answer` is called. */
  async function heldBack() {
    let answer;
    const answered = new Promise((done) => (answer = done));
    await on.page.route('**/api/v1/products*', async (route) => {
      await answered;
      await route.continue().catch(() => {});
    });
    return answer;
  }

  test('does not say that nothing was found while it is searched', async () => {
    await on.onShift();
    await on.talk();
    await form('s');
    await on.page.keyboard.type('filtr');
    await on.page.waitForSelector('aside [role="option"][aria-selected="true"]');
    const answer = await heldBack();
    const asked = on.page.waitForRequest('**/api/v1/products*');
    await on.page.keyboard.type('e');
    await asked;
    assert.equal(await on.page.locator('aside [role="option"]').count(), 0);
    assert.equal(await on.page.locator('aside [role="combobox"][data-first]').getAttribute('aria-expanded'), 'false');
    answer();
    await on.page.waitForSelector('aside [role="option"][aria-selected="true"]');
  });

  test('does not open behind somebody who has gone on', async () => {
    await on.onShift();
    await on.talk();
    await form('s');
    const answer = await heldBack();
    const asked = on.page.waitForRequest('**/api/v1/products*');
    await on.page.keyboard.type('filtre');
    await on.page.keyboard.press('Enter');
    await asked;
    await on.page.locator('aside [data-last]').focus();
    const answered = on.page.waitForResponse('**/api/v1/products*');
    answer();
    await (await answered).finished();
    await on.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await on.page.locator('aside [role="option"]').count(), 0);
    assert.equal(await lines(), 0);
  });

  test('saves no customer whose name was taken out again', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets`);
    await on.page.waitForSelector('a.row');
    await form('t');
    await on.page.getByLabel('Konu').fill('Kargo');
    const who = on.page.getByRole('combobox', { name: 'Müşteri' });
    await who.fill('ayşe');
    await on.page.waitForSelector('aside [role="option"][aria-selected="true"]');
    await on.page.keyboard.press('Enter');
    await until(async () => assert.equal(await who.inputValue(), 'Ayşe Yılmaz'));
    await who.fill('');
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('aside').waitFor({ state: 'detached' });
    assert.equal(on.mock.requests.find((one) => one.method === 'POST' && one.path === '/tickets').body.customer, undefined);
  });

  test('says so when a transfer has no target', async () => {
    await on.onShift();
    await on.talk();
    await form('F10');
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('[data-wrong]').waitFor();
    await on.page.keyboard.type('meh');
    await on.page.keyboard.press('Control+Enter');
    await on.page.locator('[data-wrong]').getByText('Listeden seçin').waitFor();
    assert.deepEqual(on.asked().filter((one) => one.includes('/transfer')), []);
  });
});

describe('a comment', () => {
  test('is sent once for Enter struck twice, and what is typed meanwhile is the next one', async () => {
    await on.onShift();
    await on.page.goto(`${on.base()}/tickets/${on.mock.data.tickets[0].id}`);
    const field = on.page.locator('textarea');
    await on.page.route('**/api/v1/tickets/*', async (route) => {
      if (route.request().method() === 'PATCH') await new Promise((done) => setTimeout(done, 400));
      await route.continue();
    });
    await field.fill('Arandı');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.type(' yarın yine');
    await on.page.locator('article', { hasText: 'Arandı' }).waitFor();
    await until(async () => assert.equal(await field.inputValue(), 'yarın yine'));
    assert.equal(on.asked().filter((one) => one.startsWith('PATCH /tickets')).length, 1);
  });
});

describe('an address', () => {
  for (const [place, name] of [['/calls?from=abc&to=2026-02-30', 'Çağrılar'], ['/appointments?day=x', 'Randevular']]) {
    test(`with a day nobody has opens its page: ${place}`, async () => {
      await on.signIn();
      await on.page.goto(`${on.base()}${place}`);
      await on.page.getByRole('heading', { level: 1, name }).waitFor();
      await on.page.locator('main a[href]').first().waitFor();
    });
  }
});
