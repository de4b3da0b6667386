import type { Theme } from '../api/types.ts';

/** The tokens follow `data-theme`; without it they follow the operating system. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  dispatchEvent(new Event('santral:theme'));
}
