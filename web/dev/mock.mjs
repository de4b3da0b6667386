// A server of docs/API.md without telephony, for developing the page and for the browser tests that need no Rust.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { answer, problem, sessionOf } from './mock-api.mjs';
import { iso, sample, users } from './mock-data.mjs';
import { Phone } from './mock-phone.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8' };
const csp =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Starts on a port (0: any) and gives back what tests need to play the outside world. */
export async function startMock({ port = 0, WebSocketServer } = {}) {
  const Server = WebSocketServer ?? (await import('ws')).WebSocketServer;
  const data = sample();
  const desks = new Set();
  const requests = [];
  const answers = new Map();
  let seq = 100;
  const history = [];
  const send = (event) => {
    seq += 1;
    const whole = { seq, id: `evt_${seq}`, time: iso(Date.now()), ...event };
    history.push(whole);
    for (const desk of desks) if (desk.greeted && hears(desk.user, whole)) tell(desk, whole);
    return whole;
  };
  const tell = async (desk, message) => {
    await control_.thawed;
    desk.socket.send(JSON.stringify(message));
  };
  const phone = new Phone(data, send);
  const world = { data, phone };

  const server = createServer((request, response) => {
    void handle(request, response).catch((cause) => {
      if (request.destroyed) return;
      console.error(cause);
      response.writeHead(500).end();
    });
  });

  async function handle(request, response) {
    const url = new URL(request.url, 'http://mock');
    const body = await json(request);
    if (url.pathname.startsWith('/api/')) control_.arrived.push(`${request.method} ${url.pathname.replace('/api/v1', '')}`);
    await control_.thawed;
    if (control_.stalled?.test(url.pathname)) {
      control_.waiting += 1;
      await new Promise((done) => response.once('close', done));
      control_.waiting -= 1;
    }
    if (url.pathname.startsWith('/__mock/')) return control(url, response);
    if (!url.pathname.startsWith('/api/')) return page(url.pathname, response);
    const path = url.pathname.replace('/api/v1', '');
    requests.push({ method: request.method, path, body });
    const result = route(request, path, url.searchParams, body);
    if (result.audio) return audio(request, response, result.audio);
    const headers = { ...(result.headers ?? {}), 'Cache-Control': 'no-store' };
    if (result.status >= 400) headers['Content-Type'] = 'application/problem+json';
    else if (result.body !== undefined) headers['Content-Type'] = 'application/json';
    response.writeHead(result.status, headers).end(result.body === undefined ? undefined : JSON.stringify(result.body));
  }

  function route(request, path, query, body) {
    const method = request.method;
    if (path === '/session' && method === 'POST') return signIn(users.find((one) => one.name === body.name && body.password === 'demo'), 'bad-credentials');
    if (path === '/session/login-link') return signIn(users.find((one) => `${one.name}-token` === body.token), 'bad-link');
    const user = userOf(request);
    if (!user) return problem(401, 'not-signed-in');
    if (path === '/session' && method === 'DELETE') return { status: 204, headers: { 'Set-Cookie': 'santral_session=; Max-Age=0; Path=/' } };
    if (path === '/session') return { status: 200, body: sessionOf(user) };
    if (method !== 'GET' && request.headers['x-santral-csrf'] !== `csrf-${user.id}`) return problem(403, 'bad-csrf');
    const rev = request.headers['if-match'] === undefined ? null : Number(request.headers['if-match']);
    return once(user, request.headers['idempotency-key'], `${method} ${path} ${JSON.stringify(body)}`, () => answer(world, { user, method, path, query, body, rev }));
  }

  /** The same key and request: the same answer. Only successes are kept. */
  function once(user, key, asked, work) {
    if (key === undefined) return work();
    const kept = answers.get(`${user.id} ${key}`);
    if (kept) return kept.asked === asked ? kept.result : problem(422, 'idempotency-mismatch');
    const result = work();
    if (result.status < 300) answers.set(`${user.id} ${key}`, { asked, result });
    return result;
  }

  function control(url, response) {
    const op = url.pathname.slice('/__mock/'.length);
    if (op === 'ring') phone.ring(url.searchParams.get('kind') ?? 'known');
    if (op === 'end') for (const id of phone.calls.keys()) phone.end(id);
    if (op === 'drop') drop();
    response.writeHead(200).end(`${op}\n`);
  }

  function drop() {
    for (const desk of desks) desk.socket.terminate();
  }

  const sockets = new Server({ noServer: true, handleProtocols: () => 'santral.v1' });
  server.on('upgrade', (request, socket, head) => {
    const user = userOf(request);
    if (!user || control_.refuseSockets) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => greet(ws, user));
  });

  function greet(socket, user) {
    const desk = { socket, user, greeted: false };
    desks.add(desk);
    const beat = setInterval(() => void tell(desk, { type: 'ping' }), 15_000);
    socket.on('close', () => {
      clearInterval(beat);
      desks.delete(desk);
    });
    socket.on('message', async (text) => {
      await control_.thawed;
      const message = JSON.parse(text.toString());
      control_.heard.push(message);
      if (message.type === 'ping') socket.send('{"type":"pong"}');
      if (message.type !== 'hello') return;
      socket.send(JSON.stringify({ type: 'welcome', seq, gap: false }));
      socket.send(JSON.stringify({ type: 'snapshot', data: phone.snapshot(user) }));
      desk.greeted = true;
      if (message.resume === null) return;
      for (const event of history) {
        if (event.seq > message.resume && /^(ticket|order|appointment|customer)\./.test(event.type)) socket.send(JSON.stringify(event));
      }
    });
  }

  const control_ = {
    port: 0,
    data,
    users,
    phone,
    requests,
    /** Whatever reached it, also what it does not answer. */
    arrived: [],
    heard: [],
    refuseSockets: false,
    /** Everything waits for it: a process that stands still. */
    thawed: Promise.resolve(),
    freeze: () => {
      control_.thawed = new Promise((thaw) => (control_.thaw = thaw));
    },
    thaw: () => {},
    /** Paths that are never answered: a search that does not end. */
    stalled: null,
    /** How many of them wait now. */
    waiting: 0,
    send,
    drop,
    desks,
    close: () =>
      new Promise((done) => {
        control_.thaw();
        drop();
        server.closeAllConnections();
        server.close(done);
      }),
  };
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  control_.port = server.address().port;
  return control_;
}

/** Agents hear their own calls; supervisors hear all. */
function hears(user, event) {
  if (!event.type.startsWith('call.') && event.type !== 'match.resolved') return true;
  if (user.role !== 'agent') return true;
  return [event.data.agent, event.data.live?.agent].includes(user.id);
}

function userOf(request) {
  const found = /santral_session=(\w+)/.exec(request.headers.cookie ?? '');
  return users.find((one) => one.id === found?.[1]) ?? null;
}

function signIn(user, code) {
  if (!user) return problem(401, code);
  return { status: 200, body: sessionOf(user), headers: { 'Set-Cookie': `santral_session=${user.id}; HttpOnly; SameSite=Strict; Path=/` } };
}

async function json(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const text = Buffer.concat(pieces).toString();
  return text === '' ? {} : JSON.parse(text);
}

async function page(path, response) {
  const name = extname(path) === '' ? 'index.html' : normalize(path).replace(/^\/+/, '');
  const bytes = await readFile(join(dist, name)).catch(() => null);
  if (bytes === null) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': csp, 'Cache-Control': 'no-cache' });
  return response.end(bytes);
}

function audio(request, response, bytes) {
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
  const headers = { 'Content-Type': 'audio/wav', 'Accept-Ranges': 'bytes' };
  if (!range) return response.writeHead(200, { ...headers, 'Content-Length': bytes.length }).end(bytes);
  const from = Number(range[1]);
  const to = range[2] === '' ? bytes.length - 1 : Math.min(bytes.length - 1, Number(range[2]));
  response.writeHead(206, { ...headers, 'Content-Range': `bytes ${from}-${to}/${bytes.length}`, 'Content-Length': to - from + 1 });
  return response.end(bytes.subarray(from, to + 1));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const mock = await startMock({ port: Number(process.env.PORT ?? 8099) });
  console.log(`http://127.0.0.1:${mock.port}/?login=zeynep-token  (or murat-token); /__mock/ring?kind=known|unknown|many|withheld|internal|hostile, /__mock/end, /__mock/drop`);
}
