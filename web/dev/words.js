// Gives the page its catalogues in two parts: `virtual:words/tr/first` has what the first load says (sign-in, frame,
// strip, idle desk), `virtual:words/tr/rest` everything else.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const name = /^virtual:words\/(tr|en)\/(first|rest)$/;
const first =
  /^(callback\.(misses|nobody|none|promised|title)$|(break|caller|drawer|frame|idle|nav|not_found|phone|priority|problem|queue|ring|role|signin|strip|theme|ticket_status|time|toast|ui|unreachable)\.)/;

export function words() {
  return {
    name: 'santral-words',
    resolveId: (wanted) => (name.test(wanted) ? `\0${wanted}` : null),
    load(wanted) {
      const [, language, part] = wanted.startsWith('\0') ? (name.exec(wanted.slice(1)) ?? []) : [];
      if (language === undefined) return null;
      const file = fileURLToPath(new URL(`../src/locales/${language}.json`, import.meta.url));
      this.addWatchFile(file);
      const all = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
      return `export default ${JSON.stringify(Object.fromEntries(all.filter(([key]) => first.test(key) === (part === 'first'))))};`;
    },
  };
}
