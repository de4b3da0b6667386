import { asPage, send } from './http.ts';
import type { Card, Customer, CustomerRow, Page, TimelineItem } from './types.ts';

export interface CustomerInput {
  name: string;
  company?: string | null;
  role?: string | null;
  email?: string | null;
  phones?: string[];
  language?: string | null;
  tags?: string[];
  birth_date?: string | null;
  sms_consent?: boolean | null;
  note?: string | null;
  call?: string;
  /** A number may also be another customer's. */
  allow_duplicate?: boolean;
}

export type SecondTab = 'orders' | 'contacts' | 'complaints' | 'products' | 'appointments';

export const list = async (q: string, cursor?: string | null, signal?: AbortSignal) =>
  asPage(await send<Page<CustomerRow>>('/customers', { query: { q, cursor }, signal }));
export const get = (id: string, signal?: AbortSignal) => send<Customer>(`/customers/${id}`, { signal });
export const card = (id: string, signal?: AbortSignal) => send<Card>(`/customers/${id}/card`, { signal });
export const create = (input: CustomerInput, key: string) =>
  send<Customer>('/customers', { method: 'POST', body: input, key });
export const change = (id: string, rev: number, input: Partial<CustomerInput>) =>
  send<Customer>(`/customers/${id}`, { method: 'PATCH', body: input, rev });
export const timeline = async (id: string, cursor?: string | null, signal?: AbortSignal) =>
  asPage(await send<Page<TimelineItem>>(`/customers/${id}/timeline`, { query: { cursor }, signal }));
export const second = async (id: string, tab: SecondTab, signal?: AbortSignal) =>
  asPage(await send<Page<Record<string, unknown>>>(`/customers/${id}/second`, { query: { tab }, signal })).items;
export const addNote = (id: string, text: string, call: string | undefined, key: string) =>
  send<void>(`/customers/${id}/notes`, { method: 'POST', body: call === undefined ? { text } : { text, call }, key });
export const addTag = (id: string, tag: string) =>
  send<void>(`/customers/${id}/tags`, { method: 'POST', body: { tag } });
export const removeTag = (id: string, tag: string) =>
  send<void>(`/customers/${id}/tags/${encodeURIComponent(tag)}`, { method: 'DELETE' });
export const answerOffer = (offer: string, answer: 'accepted' | 'later' | 'declined', call?: string) =>
  send<void>(`/offers/${offer}/answer`, { method: 'POST', body: call === undefined ? { answer } : { answer, call } });
