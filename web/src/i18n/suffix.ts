/** Turkish suffixes behind numbers, times and names: `2019’dan`, `14:30’dan`, `Işıl’dan`, `Uşak’tan`. */

const digits = ['sıfır', 'bir', 'iki', 'üç', 'dört', 'beş', 'altı', 'yedi', 'sekiz', 'dokuz'];
const tens = ['', 'on', 'yirmi', 'otuz', 'kırk', 'elli', 'altmış', 'yetmiş', 'seksen', 'doksan'];

/** How the end of a word is spoken: a number by its last word. */
function spoken(text: string): string {
  const number = /(\d+)$/.exec(text)?.[1];
  if (number === undefined) return text.toLocaleLowerCase('tr');
  const last = Number(number.at(-1));
  // `15:00` is said "on beş": the minutes are not spoken.
  if (/:00$/.test(text)) return spoken(text.slice(0, -3));
  if (last !== 0) return digits[last]!;
  if (Number(number) === 0) return digits[0]!;
  const ten = Number(number.at(-2) ?? 0);
  if (ten !== 0) return tens[ten]!;
  if (/[1-9]00$/.test(number)) return 'yüz';
  return number.length > 6 ? 'milyon' : 'bin';
}

/** The word with `-den` (from) or `-de` (at), by vowel harmony and consonant hardening. */
export function suffixed(text: string, suffix: 'de' | 'den'): string {
  if (text === '') return '';
  const end = spoken(text);
  const vowel = [...end].findLast((letter) => 'aeıioöuüâîû'.includes(letter)) ?? 'e';
  const hard = 'fstkçşhp'.includes(end.at(-1)!);
  return `${text}’${hard ? 't' : 'd'}${'aıouâû'.includes(vowel) ? 'a' : 'e'}${suffix === 'den' ? 'n' : ''}`;
}
