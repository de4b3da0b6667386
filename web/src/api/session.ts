import { send } from './http.ts';
import type { Me, Session } from './types.ts';

export const current = () => send<Session>('/session');
export const signIn = (name: string, password: string) =>
  send<Session>('/session', { method: 'POST', body: { name, password } });
export const useLink = (token: string) =>
  send<Session>('/session/login-link', { method: 'POST', body: { token } });
export const signOut = () => send<void>('/session', { method: 'DELETE' });
export const changeMe = (change: Partial<Pick<Me, 'language' | 'theme'>>) =>
  send<Me>('/me', { method: 'PATCH', body: change });
