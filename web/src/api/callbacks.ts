/** Who is owed a call. */
import { send } from './http.ts';
import type { Callback, Outcome, Page } from './types.ts';

export interface CallbackInput {
  number?: string | undefined;
  customer?: string | undefined;
  call?: string | undefined;
  owner?: string | undefined;
  due_at?: string;
  note?: string;
}

type Query = Record<string, string | number | boolean | null | undefined>;

export const list = (query: Query, signal?: AbortSignal) => send<Page<Callback>>('/callbacks', { query, signal });
export const get = (id: string) => send<Callback>(`/callbacks/${id}`);
export const create = (body: CallbackInput, key: string) => send<Callback>('/callbacks', { method: 'POST', body, key });
export const change = (id: string, rev: number, body: { owner?: string | null; due_at?: string; note?: string; outcome?: Outcome | null }) =>
  send<Callback>(`/callbacks/${id}`, { method: 'PATCH', body, rev });
/** The page's undo: within ten minutes, by whoever promised it. */
export const undo = (id: string) => send<void>(`/callbacks/${id}`, { method: 'DELETE', query: { undo: true } });
