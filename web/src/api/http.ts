/** One door to the server: JSON, CSRF, language and RFC 9457 problems. */

import { Turns } from './turns.ts';
import type { Page } from './types.ts';

export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldProblem[] = [],
    /** Whatever else the server said of it. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(detail);
  }
}

interface Door {
  csrf: string;
  language: string;
  signedOut: () => void;
  /** An answer came: what the server's clock said, and between which moments of ours (ms). */
  clock: (said: number, sent: number, received: number) => void;
}

/** Filled by the session; a plain object because nothing on screen depends on it. */
export const door: Door = { csrf: '', language: 'tr', signedOut: () => {}, clock: () => {} };

/** Longest wait for an answer, ms. Whoever waits has not been told anything yet. */
const patience = 5000;
/**
 * What reads wait for; a command goes at once. Two tabs in view together and some behind them leave one of the six
 * connections to it.
 */
const reads = new Turns(() => (document.hidden ? 1 : 2));

export interface Options {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  query?: Record<string, string | number | boolean | null | undefined>;
  /** The revision the change is based on (`If-Match`). */
  rev?: number;
  /** Makes a repeated POST harmless. */
  key?: string;
  signal?: AbortSignal | undefined;
}

export async function send<T>(path: string, options: Options = {}): Promise<T> {
  const method = options.method ?? 'GET';
  let late: AbortSignal | undefined;
  const ask = async () => {
    // Patience begins when the question leaves: what waited for its turn has not been refused an answer.
    late = AbortSignal.timeout(patience);
    const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
    const sent = Date.now();
    const answer = await fetch(address(path, options.query), {
      method,
      headers: headers(method, options),
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: 'same-origin',
      signal,
    });
    door.clock(Date.parse(answer.headers.get('Date') ?? ''), sent, Date.now());
    if (!answer.ok) throw await problemOf(answer, path);
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  try {
    return await (method === 'GET' ? reads.take(options.signal, ask) : ask());
  } catch (cause) {
    if (cause instanceof Problem || options.signal?.aborted) throw cause;
    throw new Problem(0, late?.aborted ? 'no-answer' : 'offline', '');
  }
}

/** Any other wait for the server, with the same end to it: a part of the page that is loaded when first needed. */
export function patient<T>(work: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Problem(0, 'no-answer', '')), patience);
    work.then(done, () => fail(new Problem(0, 'offline', ''))).finally(() => clearTimeout(late));
  });
}

/** Some lists are bare arrays, some are pages; callers want pages. */
export function asPage<T>(value: T[] | Page<T> | undefined): Page<T> {
  if (!value) return { items: [], next: null };
  return Array.isArray(value) ? { items: value, next: null } : value;
}

/** An id for one attempt; `crypto.randomUUID` is missing on plain http in the office network. */
export function attemptKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function address(path: string, query: Options['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

function headers(method: string, options: Options): Record<string, string> {
  const all: Record<string, string> = { 'Accept-Language': door.language };
  if (options.body !== undefined) all['Content-Type'] = 'application/json';
  if (method !== 'GET') all['X-Santral-CSRF'] = door.csrf;
  if (options.rev !== undefined) all['If-Match'] = String(options.rev);
  if (options.key !== undefined) all['Idempotency-Key'] = options.key;
  return all;
}

async function problemOf(answer: Response, path: string): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as {
    type?: string;
    code?: string;
    title?: string;
    detail?: string;
    errors?: FieldProblem[];
  } & Record<string, unknown>;
  const code = body.code ?? body.type?.split('/').pop() ?? `http-${answer.status}`;
  if (answer.status === 401 && !path.startsWith('/session')) door.signedOut();
  return new Problem(answer.status, code, body.detail ?? body.title ?? '', body.errors ?? [], body);
}
