// News that come together are one reading.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { load } from './lib/load.mjs';

const { Reading } = await load('/src/state/reading.ts');
const settled = () => new Promise((done) => setImmediate(done));

test('news are gathered, and those that come while it reads are read once more', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const ends = [];
  const reading = new Reading(() => new Promise((done) => ends.push(done)));
  for (let at = 0; at < 5; at += 1) reading.soon();
  mock.timers.tick(1000);
  assert.equal(ends.length, 1);
  for (let at = 0; at < 5; at += 1) reading.soon();
  mock.timers.tick(1000);
  assert.equal(ends.length, 1, 'one at a time');
  ends[0]();
  await settled();
  mock.timers.tick(1000);
  assert.equal(ends.length, 2);
  ends[1]();
  await settled();
  mock.timers.tick(1000);
  assert.equal(ends.length, 2);
  mock.timers.reset();
});

test('what is asked for at once ends the reading before; whoever leaves ends the last', async () => {
  const signals = [];
  const reading = new Reading(async (signal) => void signals.push(signal));
  void reading.now();
  void reading.now();
  assert.deepEqual(signals.map((one) => one.aborted), [true, false]);
  reading.end();
  assert.equal(signals[1].aborted, true);
});
