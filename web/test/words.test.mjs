// The words of the page: no traps in the catalogues, and Turkish suffixes by the rules.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { load } from './lib/load.mjs';

const source = new URL('../src/', import.meta.url).pathname;
const catalogue = (language) => JSON.parse(readFileSync(join(source, `locales/${language}.json`), 'utf8'));
const files = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : /\.(svelte|ts)$/.test(name) ? [path] : [];
  });

test('suffixes follow the way a number or a name is spoken', async () => {
  const { suffixed } = await load('/src/i18n/suffix.ts');
  const from = {
    2019: '2019’dan', 2026: '2026’dan', 2023: '2023’ten', 2024: '2024’ten', 2025: '2025’ten', 2021: '2021’den', 2020: '2020’den', 2010: '2010’dan', 2030: '2030’dan',
    2000: '2000’den', 1900: '1900’den', 1940: '1940’tan', 1960: '1960’tan', 1970: '1970’ten', '14:30': '14:30’dan', '15:00': '15:00’ten', '9:40': '9:40’tan',
    Uşak: 'Uşak’tan', Işıl: 'Işıl’dan', İzmir: 'İzmir’den', Murat: 'Murat’tan', Zeynep: 'Zeynep’ten', Ağrı: 'Ağrı’dan', '': '',
  };
  for (const [text, said] of Object.entries(from)) assert.equal(suffixed(text, 'den'), said, text);
  assert.equal(suffixed('2026', 'de'), '2026’da');
  assert.equal(suffixed('Sinop', 'de'), 'Sinop’ta');
});

test('every key that the page names is in the catalogue', () => {
  const known = catalogue('tr');
  for (const file of files(source)) {
    for (const [, key] of readFileSync(file, 'utf8').matchAll(/\bt\('([a-z_]+\.[\w.-]+)'/g)) assert.ok(key in known, `${key} in ${file}`);
  }
});

test('nobody is addressed as sen, no suffix hangs behind a placeholder, and "kayıt" is a recording', () => {
  const allowed = /^(call\.recordings|event\.call_recording|keys\.recording|recording\.|strip\.recording|call\.listen|nav\.|trouble\.|problem\.idempotency|customer\.none)/;
  for (const [key, text] of Object.entries(catalogue('tr'))) {
    assert.doesNotMatch(text, /(^|[\s“])(sen|senin|sana|seni|sende|yapmalısın|istersen)([\s.,;!?]|$)/i, key);
    assert.doesNotMatch(text, /\}[’'](?:[dt][ae]n?|[yn]?[iıuüea]n?)(?![a-zçğıöşü])/, `${key}: ${text}`);
    if (!allowed.test(key)) assert.doesNotMatch(text, /(^|[\s“(])kayd?[ıi]t?(lar|ı|ta|tan|dı|dan|na|ları)?([\s.,;:!?)]|$)/i, `${key}: ${text}`);
  }
});

test('English is English: nothing Turkish was left in it', () => {
  for (const [key, text] of Object.entries(catalogue('en'))) assert.doesNotMatch(text, /[ğĞşŞıİçÇ]|\b(ve|ile|için|KDV)\b/, `${key}: ${text}`);
});

test('no page names a tax or a currency by itself', () => {
  for (const file of files(source).filter((name) => name.endsWith('.svelte'))) {
    assert.doesNotMatch(readFileSync(file, 'utf8').replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''), /\bKDV\b|₺(?!')/, file);
  }
});

test('the strip’s word for a state says how things are; what to do is on its buttons', () => {
  const type = /type StripState = ([^;]+);/.exec(readFileSync(join(source, 'live/desk.svelte.ts'), 'utf8'))[1];
  const states = [...type.matchAll(/'(\w+)'/g)].map(([, state]) => state).concat('watching', 'connecting', 'recording', 'no_answer', 'no_line');
  const buttons = ['answer', 'be_ready', 'card', 'decline', 'end', 'hangup', 'hold', 'lift', 'resume', 'skip_wrap_up', 'start', 'transfer', 'write_result'];
  assert.ok(states.length > 10 && states.includes('wrap_up'));
  const [turkish, english] = [catalogue('tr'), catalogue('en')];
  const verbs = buttons.map((name) => english[`strip.${name}`].split(' ')[0]).concat('Finish', 'Complete', 'Close', 'Closed');
  for (const state of states) {
    const key = `strip.${state}`;
    // A Turkish verb that tells somebody to do something is bare ("tamamla") or ends in -ın; none of these endings is one.
    assert.match(turkish[key], /^[^,;.:!]*(?:yor(?:sunuz)?|[^m][dt][ae]|dışı|Hazır|Mola|yok|açık)$/, `${key}: ${turkish[key]}`);
    for (const verb of verbs) assert.doesNotMatch(english[key], new RegExp(`(^|[,;.:] ?)${verb}\\b`, 'i'), `${key}: ${english[key]}`);
  }
  for (const [key, text] of Object.entries(turkish)) if (key.startsWith('strip.')) assert.doesNotMatch(text, /kapandı/i, key);
});
