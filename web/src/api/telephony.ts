import { asPage, send } from './http.ts';
import type { AgentRow, QueueRow } from './types.ts';

const command = (path: string, body?: unknown) => send<void>(path, { method: 'POST', body: body ?? {} });

export const setStatus = (status: 'available' | 'off' | 'break', reason?: string) =>
  command('/agents/me/status', reason === undefined ? { status } : { status, reason });
export const extendWrapUp = () => command('/agents/me/wrap-up/extend');
export const endWrapUp = () => command('/agents/me/wrap-up/end');

export const answer = (call: string) => command(`/calls/${call}/answer`);
export const decline = (call: string) => command(`/calls/${call}/decline`);
export const hangUp = (call: string) => command(`/calls/${call}/hangup`);
export const hold = (call: string) => command(`/calls/${call}/hold`);
export const resume = (call: string) => command(`/calls/${call}/resume`);
export const transfer = (call: string, to: string) => command(`/calls/${call}/transfer`, { to });
export const complete = (call: string, disposition: string, note: string) =>
  command(`/calls/${call}/complete`, { disposition, note });

export const agents = async () => asPage(await send<AgentRow[]>('/agents')).items;
export const queues = async () => asPage(await send<QueueRow[]>('/queues')).items;
