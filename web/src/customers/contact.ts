/** One moment of a customer's history in words; the server gives facts, not sentences. */
import type { TimelineItem } from '../api/types.ts';
import { known, t } from '../i18n/index.svelte.ts';
import { duration, money, when } from '../i18n/format.ts';

export function titleOf(item: TimelineItem): string {
  const { number, disposition } = item.data ?? {};
  if (item.kind === 'order') return `${t('kind.order')} ${number ?? ''}`.trim();
  if (item.kind === 'ticket' && number !== undefined) return `#${number} ${item.title}`;
  if (item.title) return item.title;
  if (typeof disposition === 'string') return known('disposition', disposition) ?? disposition;
  return known('kind', item.kind) ?? item.kind;
}

export function detailOf(item: TimelineItem): string {
  const { status, disposition, talk_ms, total, starts_at, missed } = item.data ?? {};
  const said: string[] = item.kind === 'order' ? [] : [known('kind', item.kind) ?? item.kind];
  if (typeof status === 'string') said.push(known(`${item.kind}_status`, status) ?? status);
  if (missed === true) said.push(t('call.missed'));
  if (typeof disposition === 'string' && item.title) said.push(known('disposition', disposition) ?? disposition);
  if (typeof talk_ms === 'number' && talk_ms > 0) said.push(duration(talk_ms));
  if (typeof total === 'number') said.push(money(total));
  if (typeof starts_at === 'string') said.push(when(starts_at));
  if (item.by) said.push(item.by);
  return said.join(' · ');
}
