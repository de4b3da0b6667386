// The page's pure parts: catalogues, messages, KDV, weeks, and what an event does to a call.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { load } from './lib/load.mjs';

const catalogue = (language) => JSON.parse(readFileSync(new URL(`../src/locales/${language}.json`, import.meta.url), 'utf8'));

test('both languages have the same keys and the same placeholders', async () => {
  const { placeholders } = await load('/src/i18n/message.ts');
  const [tr, en] = [catalogue('tr'), catalogue('en')];
  assert.deepEqual(Object.keys(tr), Object.keys(en));
  for (const key of Object.keys(tr)) assert.deepEqual(placeholders(tr[key]), placeholders(en[key]), key);
});

test('plurals choose their branch and show the number', async () => {
  const { fill } = await load('/src/i18n/message.ts');
  const rules = new Intl.PluralRules('en');
  const say = (n) => fill('{n, plural, one {# call} other {# calls}} for {who}', { n, who: 'Ayşe' }, (one) => rules.select(one), String);
  assert.equal(say(1), '1 call for Ayşe');
  assert.equal(say(3), '3 calls for Ayşe');
});

test('KDV is taken out of the price and rounded line by line', async () => {
  const { figures, sum } = await load('/src/orders/lines.ts');
  const line = (quantity, unit_price, vat_rate) => ({ product: null, name: '', quantity, unit_price, vat_rate });
  assert.deepEqual(figures(line(2, 34_950, 20)), { net: 58_250, vat: 11_650, total: 69_900 });
  assert.deepEqual(sum([line(1, 1999, 20), line(3, 1001, 10)]), { net: 1666 + 2730, vat: 333 + 273, total: 1999 + 3003 });
});

test('a week begins on Monday, also across a year', async () => {
  const { monday } = await load('/src/appointments/week.ts');
  const { plusDays } = await load('/src/i18n/days.ts');
  assert.equal(monday('2026-11-22'), '2026-11-16');
  assert.equal(monday('2027-01-01'), '2026-12-28');
  assert.equal(plusDays('2026-12-31', 1), '2027-01-01');
});

test('a call leaves the desk of the agent who missed it and becomes a result for the one who talked', async () => {
  const { after: next } = await load('/src/live/fold.ts');
  const ringing = { id: 'c_1', phase: 'ringing', agent: 'usr_me', answered_at: null, rev: 1, recording: false };
  const event = (type, data) => ({ seq: 1, id: 'evt_1', type, time: '2026-11-22T14:05:00+03:00', subject: 'call/c_1', rev: 2, ack: false, data: { call: 'c_1', ...data } });
  assert.equal(next(ringing, event('call.offer_ended', { agent: 'usr_me', reason: 'timeout' }), 'usr_me'), null);
  assert.equal(next(ringing, event('call.offer_ended', { agent: 'usr_me', reason: 'answered' }), 'usr_me').phase, 'ringing');
  const talking = next(ringing, event('call.answered', { agent: 'usr_me' }), 'usr_me');
  assert.equal(talking.phase, 'talking');
  assert.equal(next(talking, event('call.ended', {}), 'usr_me').phase, 'wrap_up');
  assert.equal(next(ringing, event('call.ended', {}), 'usr_me'), null);
});

test('who sent a caller on writes the result, whatever becomes of the caller, and gets them back when they return', async () => {
  const { after: next } = await load('/src/live/fold.ts');
  const event = (type, data) => ({ seq: 1, id: 'evt_1', type, time: '2026-11-22T14:05:00+03:00', subject: 'call/c_1', rev: 3, ack: false, data: { call: 'c_1', ...data } });
  const talking = { id: 'c_1', phase: 'talking', agent: 'usr_me', answered_at: '2026-11-22T14:00:00+03:00', rev: 2, recording: true };
  const sent = next(talking, event('call.transferred', { agent: 'usr_me', to: 'ext:103' }), 'usr_me');
  assert.equal(sent.phase, 'wrap_up');
  for (const [type, data] of [
    ['call.queued', { queue: 'destek' }],
    ['call.offered', { id: 'c_1', phase: 'ringing', agent: 'usr_other' }],
    ['call.answered', { agent: 'usr_other', live: { ...sent } }],
    ['call.held', { agent: 'usr_other' }],
    ['call.ended', {}],
  ]) {
    const then = next(sent, event(type, data), 'usr_me');
    assert.deepEqual([then.phase, then.agent], ['wrap_up', 'usr_me'], type);
  }
  assert.equal(next(sent, event('call.offered', { id: 'c_1', phase: 'ringing', agent: 'usr_me' }), 'usr_me').phase, 'ringing');
  assert.equal(next(sent, event('call.completed', {}), 'usr_me'), null);
});

test('the server’s clock is learned from bounds: only what is certain is corrected, and a clock set anew is believed', async () => {
  const { Offset } = await load('/src/state/offset.ts');
  const right = new Offset();
  right.heard(10_000, 10_400, 10_450);
  assert.equal(right.millis, 0, 'within what whole seconds can tell nothing is changed');
  const slow = new Offset();
  slow.heard(100_000, 40_000, 40_100);
  slow.heard(101_000, 40_050, 41_060);
  assert.ok(Math.abs(slow.millis - 60_000) <= 1000, String(slow.millis));
  slow.heard(102_000, 3_640_000, 3_640_050);
  assert.ok(Math.abs(slow.millis + 3_538_000) <= 2100, String(slow.millis));
  slow.heard(Number.NaN, 0, 0);
});

test('a control that took another’s place is told from one that stood there, was alone, or moved with the hand', async () => {
  const { tookAPlace, recent } = await load('/src/state/aim.ts');
  const box = (left, act) => ({ left, top: 0, right: left + 100, bottom: 40, act });
  const look = (at, ...boxes) => ({ at, boxes: new Map(boxes) });
  const alone = () => false;
  const took = (looks, now, chosen, x = 50) => tookAPlace(looks, now, chosen, x, 20, alone);
  const replaced = [look(0, ['a', box(0)]), look(1000, ['b', box(0)])];
  assert.equal(took(replaced, 1100, 'b'), true);
  assert.equal(took(replaced, 1399, 'b'), true);
  assert.equal(took(replaced, 1401, 'b'), false);
  assert.equal(took([look(0), look(1000, ['b', box(0)])], 1001, 'b'), false, 'nothing was there before');
  assert.equal(took([look(0, ['a', box(0)], ['b', box(100)]), look(1000, ['b', box(0)])], 1100, 'b'), true, 'it slid there');
  assert.equal(took([look(0, ['a', box(0, 'hold')]), look(1000, ['a', box(0, 'resume')])], 1100, 'a'), true, 'another meaning');
  assert.equal(tookAPlace(replaced, 1100, 'b', 50, 20, () => true), false, 'a label and its box are one');
  assert.equal(recent(replaced, 1401).length, 1);
});

test('reads take turns, in order, and one that is given up leaves its turn to the next', async () => {
  const { Turns } = await load('/src/api/turns.ts');
  let most = 2;
  const turns = new Turns(() => most);
  const begun = [];
  const ends = new Map();
  const patient = new AbortController().signal;
  const ask = (name, signal = patient) => turns.take(signal, () => new Promise((done, fail) => (begun.push(name), ends.set(name, { done, fail }))));
  const settled = () => new Promise((done) => setImmediate(done));
  const [a, b] = [ask('a'), ask('b')];
  const gone = new AbortController();
  const given = assert.rejects(ask('c', gone.signal), { name: 'AbortError' });
  const d = ask('d');
  await settled();
  assert.deepEqual(begun, ['a', 'b']);
  gone.abort();
  await given;
  ends.get('a').fail(new Error('down'));
  await assert.rejects(a, /down/);
  await settled();
  assert.deepEqual(begun, ['a', 'b', 'd']);
  ends.get('b').done(1);
  ends.get('d').done(2);
  assert.deepEqual(await Promise.all([b, d]), [1, 2]);
  await assert.rejects(ask('e', AbortSignal.abort()), { name: 'AbortError' });
  void ask('f');
  void ask('g');
  void ask('h');
  await settled();
  assert.deepEqual(begun.slice(3), ['f', 'g']);
  // The tab is behind others now: its two go on, and the next waits for both.
  most = 1;
  ends.get('f').done();
  await settled();
  assert.deepEqual(begun.slice(3), ['f', 'g']);
  ends.get('g').done();
  await settled();
  assert.deepEqual(begun.slice(3), ['f', 'g', 'h']);
});
