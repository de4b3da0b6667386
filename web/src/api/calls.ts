import { asPage, send } from './http.ts';
import type { Call, CallDetail, Page, Peaks } from './types.ts';

export interface CallFilter {
  q?: string;
  customer?: string;
  agent?: string;
  queue?: string;
  missed?: boolean;
  unfinished?: boolean;
  total?: boolean;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: number;
}

export const list = async (filter: CallFilter, signal?: AbortSignal) =>
  asPage(await send<Page<Call>>('/calls', { query: { ...filter, missed: filter.missed || undefined, unfinished: filter.unfinished || undefined }, signal }));
export const get = (id: string) => send<CallDetail>(`/calls/${id}`);
export const link = (id: string, customer: string, allow_duplicate = false) =>
  send<void>(`/calls/${id}/link`, { method: 'POST', body: allow_duplicate ? { customer, allow_duplicate } : { customer } });

export const recordings = async (filter: CallFilter, signal?: AbortSignal) =>
  asPage(await send<Page<Call>>('/recordings', { query: { ...filter, missed: undefined }, signal }));
export const peaks = (call: string, buckets: number) =>
  send<Peaks>(`/recordings/${call}/peaks`, { query: { buckets } });
export const audioAddress = (call: string) => `/api/v1/recordings/${encodeURIComponent(call)}/audio`;
