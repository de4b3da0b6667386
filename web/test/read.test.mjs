// What people type into a day, a time, a number of pieces and a price: read, or refused; never passed over.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from './lib/load.mjs';

const { plusDays } = await load('/src/i18n/days.ts');
const { dayIn, readDay, readMoney, readQuantity, readTime } = await load('/src/i18n/read.ts');

/** A Thursday. */
const today = '2026-11-26';

test('a day is read as people write it', () => {
  const said = {
    '27.11.2026': '2026-11-27',
    '27.11.26': '2026-11-27',
    '27.11': '2026-11-27',
    '27/11': '2026-11-27',
    '27 11': '2026-11-27',
    '7.1.27': '2027-01-07',
    2711: '2026-11-27',
    '0101': '2027-01-01',
    271126: '2026-11-27',
    27112026: '2026-11-27',
    '2026-11-27': '2026-11-27',
    ' bugün ': '2026-11-26',
    Yarın: '2026-11-27',
    YARIN: '2026-11-27',
    yarin: '2026-11-27',
    'öbür gün': '2026-11-28',
    dün: '2026-11-25',
    today: '2026-11-26',
    tomorrow: '2026-11-27',
    cuma: '2026-11-27',
    'Pazartesi günü': '2026-11-30',
    thursday: '2026-12-03',
    '27 Kasım': '2026-11-27',
    '3 ağustos 2027': '2027-08-03',
    '1 Aralık': '2026-12-01',
    '15 dec': '2026-12-15',
    '29.02.2028': '2028-02-29',
    '': '',
  };
  for (const [text, day] of Object.entries(said)) assert.equal(readDay(text, today), day, text);
});

test('a year left out is the one nearest to today', () => {
  assert.equal(readDay('03.01', today), '2027-01-03');
  assert.equal(readDay('25.11', today), '2026-11-25');
  assert.equal(readDay('2812', '2027-01-04'), '2026-12-28');
});

test('what is no day is refused', () => {
  for (const text of ['haftaya', '31.11', '30.02.2026', '29.02.2027', '32.1', '0.5', '11/27', '27', '27.13', '2026', '27.11.202', '27.11.20266', '99.99', 'x27.11', '-1', '27..11', '271', '00.00', 'mart']) {
    assert.equal(readDay(text, today), null, text);
  }
});

test('a day to come without a year is never one that has been', () => {
  assert.equal(readDay('25.11', today, 'coming'), '2027-11-25');
  assert.equal(readDay('26.11', today, 'coming'), '2026-11-26');
  assert.equal(readDay('2812', '2027-01-04', 'coming'), '2027-12-28');
  assert.equal(readDay('29.02', today, 'coming'), '2028-02-29');
  assert.equal(readDay('31.11', today, 'coming'), null);
});

test('an address carries a day or none', () => {
  assert.equal(dayIn('2026-11-26'), '2026-11-26');
  for (const text of [null, '', 'abc', '2026-13-01', '2026-02-30', '26.11.2026']) assert.equal(dayIn(text), null, String(text));
});

test('a birth date lies in the past and has a year', () => {
  assert.equal(readDay('05.03.84', today, 'past'), '1984-03-05');
  assert.equal(readDay('050384', today, 'past'), '1984-03-05');
  assert.equal(readDay('1.1.05', today, 'past'), '2005-01-01');
  assert.equal(readDay('27.11.26', today, 'past'), null, 'tomorrow');
  for (const text of ['yarın', '5.3', '27.11.2026', '1.1.1850']) assert.equal(readDay(text, today, 'past'), null, text);
});

test('a time is read as people write it', () => {
  const said = {
    9: '09:00', 930: '09:30', '0930': '09:30', '9:30': '09:30', '9.30': '09:30', '9,30': '09:30', '14 30': '14:30', 1430: '14:30', '14h30': '14:30',
    '00:00': '00:00', 0: '00:00', 23: '23:00', '9 buçuk': '09:30', 'saat 15': '15:00', '2 pm': '14:00', '12am': '00:00', '12:15 pm': '12:15', öğlen: '12:00', noon: '12:00', '': '',
  };
  for (const [text, time] of Object.entries(said)) assert.equal(readTime(text), time, text);
});

test('what is no time is refused', () => {
  for (const text of ['25:70', '24:00', '9:60', '9:3', '2711', '99', 'sabah', '9:30:15', '-9', '13 pm', '0 am', '1:2:3', '9 buçuk pm', '12345']) assert.equal(readTime(text), null, text);
});

test('a quantity is whole and above nothing', () => {
  assert.equal(readQuantity(' 12 '), 12);
  for (const text of ['', '0', '-1', '1,5', '2x', 'iki', '1e3', '12345678']) assert.equal(readQuantity(text), null, text);
});

test('an amount is read in both languages', () => {
  const said = { '1.234,50': 123_450, '1,234.50': 123_450, '1234,5': 123_450, 1234.5: 123_450, '₺99': 9900, '1.234': 123_400, '1,234': 123_400, '12.450,00 TL': 1_245_000, '0,05': 5, '1.234.567,89': 123_456_789 };
  for (const [text, amount] of Object.entries(said)) assert.equal(readMoney(text), amount, text);
  for (const text of ['', 'bedava', '1.23.4', '1,234,5678', '-5', '12,345.678', '1..2']) assert.equal(readMoney(text), null, text);
});

test('days are counted over months and years', () => {
  assert.equal(plusDays('2026-12-31', 1), '2027-01-01');
  assert.equal(plusDays('2028-03-01', -1), '2028-02-29');
});
