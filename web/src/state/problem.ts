/** What happened, what was kept and what to do: a problem in the reader's words. */
import { Problem } from '../api/http.ts';
import { known, t } from '../i18n/index.svelte.ts';

export function words(cause: unknown): string {
  if (!(cause instanceof Problem)) return t('problem.other');
  return known('problem', cause.code) ?? (cause.detail === '' ? t('problem.other') : cause.detail);
}

/** Text for one field, when the server named it. */
export function fieldWords(cause: unknown, pointer: string): string | null {
  if (!(cause instanceof Problem)) return null;
  const found = cause.errors.find((error) => error.pointer === pointer);
  if (!found) return null;
  return found.detail === '' ? known('field', found.code) : found.detail;
}
