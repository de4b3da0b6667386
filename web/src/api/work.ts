/** Tickets, orders, products and appointments. */
import { asPage, send } from './http.ts';
import type { Appointment, Order, Page, Product, Ticket } from './types.ts';

export interface TicketInput {
  subject: string;
  body?: string;
  priority?: string;
  kind?: string;
  customer?: string;
  call?: string;
}

export interface OrderInput {
  customer?: string;
  call?: string;
  lines: { product?: string; name?: string; quantity: number; unit_price?: number; vat_rate?: number }[];
  note?: string;
}

export interface AppointmentInput {
  customer?: string;
  call?: string;
  title: string;
  starts_at: string;
  minutes: number;
  with?: string;
  note?: string;
}

type Query = Record<string, string | boolean | null | undefined>;

export const tickets = async (query: Query, signal?: AbortSignal) =>
  asPage(await send<Page<Ticket>>('/tickets', { query, signal }));
export const ticket = (id: string) => send<Ticket>(`/tickets/${id}`);
export const createTicket = (body: TicketInput, key: string) =>
  send<Ticket>('/tickets', { method: 'POST', body, key });
export const changeTicket = (id: string, rev: number, body: Record<string, unknown>) =>
  send<Ticket>(`/tickets/${id}`, { method: 'PATCH', body, rev });

export const products = async (q: string, signal?: AbortSignal) =>
  asPage(await send<Product[]>('/products', { query: { q }, signal })).items;

export const orders = async (query: Query, signal?: AbortSignal) =>
  asPage(await send<Page<Order>>('/orders', { query, signal }));
export const order = (id: string) => send<Order>(`/orders/${id}`);
export const createOrder = (body: OrderInput, key: string) =>
  send<Order>('/orders', { method: 'POST', body, key });
export const changeOrder = (id: string, rev: number, body: Record<string, unknown>) =>
  send<Order>(`/orders/${id}`, { method: 'PATCH', body, rev });

export const appointments = async (query: Query, signal?: AbortSignal) =>
  asPage(await send<Page<Appointment>>('/appointments', { query, signal }));
export const createAppointment = (body: AppointmentInput, key: string) =>
  send<Appointment>('/appointments', { method: 'POST', body, key });
export const changeAppointment = (id: string, rev: number, body: Record<string, unknown>) =>
  send<Appointment>(`/appointments/${id}`, { method: 'PATCH', body, rev });

/** The page's undo: within ten minutes, by whoever made it. */
export const undo = (kind: 'tickets' | 'orders' | 'appointments', id: string) =>
  send<void>(`/${kind}/${id}`, { method: 'DELETE', query: { undo: true } });
