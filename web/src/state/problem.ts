/** What happened, what was kept and what to do: a problem in the reader's words. */
import { Problem } from '../api/http.ts';
import { known, t } from '../i18n/index.svelte.ts';

/** Another customer has the number that was to be saved. */
export const isDuplicate = (cause: unknown): cause is Problem => cause instanceof Problem && cause.code === 'duplicate-number';

export function words(cause: unknown): string {
  if (!(cause instanceof Problem)) return t('problem.other');
  return known('problem', cause.code) ?? (cause.detail === '' ? t('problem.other') : cause.detail);
}
