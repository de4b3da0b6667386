// The REST half of the mock: docs/API.md over the sample data.
import { cardOf, dispositions, iso, line, names, peaks, queues, totals, users, wav } from './mock-data.mjs';

const fold = (text) =>
  String(text ?? '')
    .toLocaleLowerCase('tr')
    .replace(/[ıİ]/g, 'i')
    .normalize('NFD')
    .replace(/\p{M}/gu, '');

export const problem = (status, code, errors = []) => ({ status, body: { type: `/problems/${code}`, title: code, status, detail: '', errors } });
const ok = (body) => ({ status: 200, body });
const made = (body) => ({ status: 201, body });
const empty = { status: 204 };
const refused = (code) => (code === null ? empty : problem(409, code));

export function sessionOf(user, timezone = 'Europe/Istanbul') {
  return {
    me: user,
    csrf: `csrf-${user.id}`,
    business: { name: 'Serin Klima', timezone, demo: true },
    queues: queues.map(({ id }) => ({ id, name: names[user.language][id] })),
    menus: [{ id: 'ana-menu', name: names[user.language]['ana-menu'] }],
    extensions: users.filter((one) => one.extension !== null).map((one) => ({ number: one.extension, name: one.display_name })),
    dispositions,
    products: null,
  };
}

/** Answers `{ status, body }` for one signed-in request. */
export function answer(world, { user, method, path, query, body, rev }) {
  const parts = path.split('/').filter(Boolean);
  const found = routes.find(([verb, pattern]) => verb === method && fits(pattern, parts));
  if (!found) return problem(404, 'not-found');
  const args = found[1].split('/').flatMap((piece, at) => (piece === '*' ? [parts[at]] : []));
  return found[2]({ ...world, user, query, body, rev }, ...args);
}

function fits(pattern, parts) {
  const pieces = pattern.split('/');
  return pieces.length === parts.length && pieces.every((piece, at) => piece === '*' || piece === parts[at]);
}

const page = (items, query) => {
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 50);
  const counted = query.get('total') === 'true' ? { total: Math.min(items.length, 1000) } : {};
  return ok({ items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null, ...counted });
};
const has = (query, name) => query.get(name) !== null && query.get(name) !== '';
const byId = (list, id) => list.find((one) => one.id === id);
const reply = (one) => (one ? ok(one) : problem(404, 'not-found'));

function customerOf(world) {
  const { data, phone, body } = world;
  const live = body.call ? phone.calls.get(body.call)?.caller?.match : null;
  const id = body.customer ?? (live?.kind === 'one' ? live.customer : null);
  const customer = id ? byId(data.customers, id) : null;
  return customer ? { id: customer.id, name: customer.name } : null;
}

function patch(world, list, id, type, extra = {}) {
  const one = byId(list, id);
  if (!one) return problem(404, 'not-found');
  if (world.rev !== null && world.rev !== one.rev) return problem(412, 'changed-meanwhile');
  Object.assign(one, extra, { rev: one.rev + 1, updated_at: iso(Date.now()) });
  world.phone.event(`${type}.updated`, `${type}/${id}`, one, one.rev);
  return ok(one);
}

function undo(list, id) {
  const at = list.findIndex((one) => one.id === id);
  if (at < 0) return problem(404, 'not-found');
  list.splice(at, 1);
  return empty;
}

function keep(world, list, one, type) {
  list.unshift(one);
  world.phone.event(`${type}.created`, `${type}/${one.id}`, one, 1);
  return made(one);
}

const missed = (call) => call.answered_at === null;
const callMatches = (call, q) =>
  fold(`${call.customer?.name} ${call.caller_name} ${call.from} ${call.from_display}`).replace(/\s/g, '').includes(fold(q).replace(/\s/g, '').replace(/^0/, ''));

const routes = [
  ['PATCH', 'me', (w) => ok(Object.assign(w.user, w.body))],
  ['POST', 'agents/me/status', (w) => (w.phone.setStatus(w.user, w.body.status, w.body.reason), empty)],
  ['POST', 'agents/me/wrap-up/extend', (w) => refused(w.phone.extend(w.user))],
  ['POST', 'agents/me/wrap-up/end', (w) => refused(w.phone.endWrapUp(w.user))],
  ['GET', 'agents', (w) => ok(w.phone.rows())],
  ['GET', 'queues', () => ok(queues)],
  ['POST', 'calls/*/complete', (w, id) => refused(w.phone.complete(w.user, id, w.body))],
  ['POST', 'calls/*/transfer', (w, id) => refused(w.phone.transfer(id, w.body.to))],
  ['POST', 'calls/*/link', (w, id) => (w.phone.link(id, w.body.customer), empty)],
  ['POST', 'calls/*/*', (w, id, verb) => refused(w.phone.command(w.user, id, verb))],
  [
    'GET',
    'calls',
    (w) => {
      let list = w.data.calls;
      if (has(w.query, 'q')) list = list.filter((call) => callMatches(call, w.query.get('q')));
      if (w.query.get('missed') === 'true') list = list.filter(missed);
      if (w.query.get('unfinished') === 'true') list = list.filter((call) => call.answered_at !== null && call.disposition === null);
      if (has(w.query, 'agent')) list = list.filter((call) => call.agent?.id === w.query.get('agent'));
      if (has(w.query, 'queue')) list = list.filter((call) => call.queue === w.query.get('queue'));
      return page(list, w.query);
    },
  ],
  ['GET', 'calls/*', (w, id) => callDetail(w, id)],
  ['GET', 'recordings', (w) => page(w.data.calls.filter((call) => call.recording && (!has(w.query, 'q') || callMatches(call, w.query.get('q')))), w.query)],
  ['GET', 'recordings/*/peaks', (w) => ok(peaks(Number(w.query.get('buckets') ?? 1200)))],
  ['GET', 'recordings/*/audio', () => ({ status: 200, audio: wav() })],
  [
    'GET',
    'customers',
    (w) => {
      const q = fold(w.query.get('q')).trim();
      const digits = q.replace(/\D/g, '').replace(/^0/, '');
      const rows = w.data.customers.filter(
        (one) => fold(`${one.name} ${one.company} ${one.tags.join(' ')}`).includes(q) || (digits.length > 2 && one.phones.some((phone) => phone.number.includes(digits))),
      );
      return page(rows.toSorted((a, b) => a.name.localeCompare(b.name, 'tr')), w.query);
    },
  ],
  ['POST', 'customers', (w) => newCustomer(w)],
  ['GET', 'customers/*', (w, id) => reply(byId(w.data.customers, id))],
  ['PATCH', 'customers/*', (w, id) => changeCustomer(w, id)],
  ['GET', 'customers/*/card', (w, id) => reply(cardOf(w.data, id))],
  ['GET', 'customers/*/timeline', (w, id) => page(timeline(w, id), w.query)],
  ['GET', 'customers/*/second', (w, id) => ok({ items: second(w, id), next: null })],
  ['POST', 'customers/*/notes', (w, id) => note(w, id)],
  ['POST', 'customers/*/tags', (w, id) => (byId(w.data.customers, id).tags.push(w.body.tag), empty)],
  ['DELETE', 'customers/*/tags/*', (w, id, tag) => untag(w, id, tag)],
  ['POST', 'offers/*/answer', () => empty],
  [
    'GET',
    'tickets',
    (w) => {
      let list = w.data.tickets;
      if (has(w.query, 'q')) list = list.filter((one) => fold(`${one.subject} ${one.number} ${one.customer?.name}`).includes(fold(w.query.get('q'))));
      if (has(w.query, 'status')) list = list.filter((one) => one.status === w.query.get('status'));
      if (w.query.get('mine') === 'true') list = list.filter((one) => one.owner?.id === w.user.id);
      return page(list, w.query);
    },
  ],
  ['POST', 'tickets', (w) => newTicket(w)],
  ['GET', 'tickets/*', (w, id) => reply(byId(w.data.tickets, id))],
  ['PATCH', 'tickets/*', (w, id) => patchTicket(w, id)],
  ['DELETE', 'tickets/*', (w, id) => undo(w.data.tickets, id)],
  ['GET', 'products', (w) => ok(w.data.products.filter((one) => fold(`${one.name} ${one.sku}`).includes(fold(w.query.get('q')))))],
  [
    'GET',
    'orders',
    (w) => {
      let list = w.data.orders;
      if (has(w.query, 'q')) list = list.filter((one) => fold(`${one.number} ${one.customer?.name}`).includes(fold(w.query.get('q'))));
      if (has(w.query, 'status')) list = list.filter((one) => one.status === w.query.get('status'));
      return page(list, w.query);
    },
  ],
  ['POST', 'orders', (w) => newOrder(w)],
  ['GET', 'orders/*', (w, id) => reply(byId(w.data.orders, id))],
  ['PATCH', 'orders/*', (w, id) => patch(w, w.data.orders, id, 'order', w.body)],
  ['DELETE', 'orders/*', (w, id) => undo(w.data.orders, id)],
  [
    'GET',
    'appointments',
    (w) => {
      const [from, to] = [Date.parse(w.query.get('from')), Date.parse(w.query.get('to'))];
      return page(w.data.appointments.filter((one) => !(Date.parse(one.starts_at) < from || Date.parse(one.starts_at) > to)), w.query);
    },
  ],
  ['GET', 'callbacks', (w) => page(callbacksOf(w), w.query)],
  ['POST', 'callbacks', (w) => newCallback(w)],
  ['GET', 'callbacks/*', (w, id) => reply(byId(w.data.callbacks, id))],
  ['PATCH', 'callbacks/*', (w, id) => changeCallback(w, id)],
  ['DELETE', 'callbacks/*', (w, id) => undo(w.data.callbacks, id)],
  ['POST', 'appointments', (w) => newAppointment(w)],
  ['PATCH', 'appointments/*', (w, id) => patch(w, w.data.appointments, id, 'appointment', w.body)],
  ['DELETE', 'appointments/*', (w, id) => undo(w.data.appointments, id)],
];

function callDetail(w, id) {
  const call = byId(w.data.calls, id);
  if (!call) return problem(404, 'not-found');
  const at = (millis) => iso(Date.parse(call.started_at) + millis);
  const events = [
    { type: 'call.started', time: at(0), data: {} },
    { type: 'match.resolved', time: at(10), data: {} },
    { type: 'call.ivr', time: at(4000), data: { menu: 'ana-menu', key: '2' } },
    { type: 'call.queued', time: at(5000), data: { queue: call.queue, position: 1 } },
    ...(missed(call)
      ? []
      : [
          { type: 'call.offered', time: at(8000), data: { agent: 'usr_gone' } },
          { type: 'call.offer_ended', time: at(12_000), data: { agent: 'usr_gone', reason: 'declined' } },
          { type: 'call.offered', time: at(16_000), data: { agent: call.agent.id } },
          { type: 'call.answered', time: at(20_000), data: { agent: call.agent.id } },
          { type: 'call.recording_started', time: at(20_000), data: {} },
          { type: 'call.held', time: at(42_000), data: {} },
          { type: 'call.resumed', time: at(58_000), data: {} },
          ...(call.passed_on ? [{ type: 'call.transferred', time: at(60_000), data: { agent: call.agent.id, to: call.passed_on } }] : []),
        ]),
    { type: 'call.ended', time: at(81_000), data: { reason: 'caller-hung-up' } },
  ];
  return ok({ ...call, events });
}

/** What the store refuses of a customer's fields. */
function customerFaults(body) {
  const faults = [];
  if (body.name === '') faults.push({ pointer: '/name', code: 'required', detail: 'Bu alan gerekli.' });
  if (body.email && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(body.email)) faults.push({ pointer: '/email', code: 'invalid', detail: 'Geçersiz değer.' });
  (body.phones ?? []).forEach((phone, at) => {
    if (phone.replace(/\D/g, '').length < 7) faults.push({ pointer: `/phones/${at}`, code: 'invalid', detail: 'Geçersiz değer.' });
  });
  return faults.length > 0 ? problem(422, 'invalid', faults) : null;
}

/** Another customer has one of the numbers, and nobody said that both may. */
function duplicateNumber(w, id) {
  if (w.body.allow_duplicate) return null;
  const digits = (text) => text.replace(/\D/g, '').slice(-10);
  for (const [at, phone] of (w.body.phones ?? []).entries()) {
    const other = w.data.customers.find((one) => one.id !== id && one.phones.some(({ number }) => digits(number) === digits(phone)));
    if (!other) continue;
    const told = problem(409, 'duplicate-number', [{ pointer: `/phones/${at}`, code: 'in-use', detail: 'Bu numara başka bir müşteride kayıtlı.' }]);
    return { ...told, body: { ...told.body, number: phone, customer: { id: other.id, name: other.name } } };
  }
  return null;
}

function changeCustomer(w, id) {
  const fields = w.body.phones ? { ...w.body, phones: w.body.phones.map(asPhone) } : { ...w.body };
  delete fields.allow_duplicate;
  return customerFaults(w.body) ?? duplicateNumber(w, id) ?? patch(w, w.data.customers, id, 'customer', fields);
}

function newCustomer(w) {
  const wrong = customerFaults({ name: '', ...w.body }) ?? duplicateNumber(w, null);
  if (wrong) return wrong;
  const id = `cus_new_${w.data.customers.length}`;
  const customer = {
    id,
    company: null,
    role: null,
    email: null,
    birth_date: null,
    language: 'tr',
    segment: null,
    sms_consent: null,
    note: null,
    tags: [],
    last_contact_at: null,
    created_at: iso(Date.now()),
    rev: 1,
    ...w.body,
    phones: (w.body.phones ?? []).map(asPhone),
  };
  w.data.customers.push(customer);
  if (w.body.call) w.phone.link(w.body.call, id);
  return made(customer);
}

const asPhone = (text) => ({ number: `+9${text.replace(/\D/g, '')}`, display: text });

function note(w, id) {
  w.data.notes.unshift({ id: `note_${w.data.notes.length + 1}`, customer: id, text: w.body.text, at: iso(Date.now()), by: w.user.display_name });
  return made({});
}

function untag(w, id, tag) {
  const customer = byId(w.data.customers, id);
  customer.tags = customer.tags.filter((one) => one !== decodeURIComponent(tag));
  return empty;
}

function newTicket(w) {
  if (!w.body.subject) return problem(422, 'invalid', [{ pointer: '/subject', code: 'required', detail: '' }]);
  const now = iso(Date.now());
  const number = 1100 + w.data.tickets.length;
  const owner = { id: w.user.id, display_name: w.user.display_name };
  const base = { body: null, priority: 'normal', kind: 'request', call: null, due_at: null, comments: [], status: 'open' };
  const one = { ...base, ...w.body, id: `tkt_n${number}`, number, customer: customerOf(w), owner, created_at: now, updated_at: now, rev: 1 };
  return keep(w, w.data.tickets, one, 'ticket');
}

function patchTicket(w, id) {
  const { comment, ...fields } = w.body;
  const one = byId(w.data.tickets, id);
  if (comment && one) fields.comments = [...one.comments, { at: iso(Date.now()), by: w.user.display_name, text: comment }];
  return patch(w, w.data.tickets, id, 'ticket', fields);
}

function newOrder(w) {
  const lines = w.body.lines.map((asked) => line(byId(w.data.products, asked.product) ?? { ...asked, price: asked.unit_price }, asked.quantity, asked.unit_price));
  const now = iso(Date.now());
  const number = 20_300 + w.data.orders.length;
  const one = {
    id: `ord_n${number}`,
    number,
    status: 'open',
    customer: customerOf(w),
    call: w.body.call ?? null,
    lines,
    ...totals(lines),
    note: w.body.note ?? null,
    created_at: now,
    updated_at: now,
    rev: 1,
  };
  return keep(w, w.data.orders, one, 'order');
}

function callbacksOf(w) {
  const done = w.query.get('done') === 'true';
  const mine = w.query.get('whose') === 'mine';
  const q = fold(w.query.get('q'));
  return w.data.callbacks
    .filter((one) => (one.outcome !== null) === done && (!mine || one.owner?.id === w.user.id))
    .filter((one) => fold(`${one.customer?.name} ${one.display}`).includes(q))
    .toSorted((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at));
}

const person = (id) => {
  const user = users.find((one) => one.id === id);
  return user ? { id: user.id, display_name: user.display_name } : null;
};

/** One open entry per number: a promise to a number that is owed a call already changes that one. */
function newCallback(w) {
  const call = byId(w.data.calls, w.body.call) ?? w.phone.calls.get(w.body.call);
  const customer = customerOf(w) ?? call?.customer ?? null;
  const number = w.body.number ?? call?.from ?? byId(w.data.customers, customer?.id)?.phones[0]?.number;
  if (!number) return problem(422, 'invalid', [{ pointer: '/number', code: 'invalid', detail: 'Geçersiz değer.' }]);
  const display = w.body.number ?? call?.from_display ?? number;
  const now = iso(Date.now());
  const owner = person(w.body.owner ?? w.user.id);
  const fields = { reason: 'promised', owner, due_at: w.body.due_at ?? now, note: w.body.note ?? '', updated_at: now };
  const open = w.data.callbacks.find((one) => one.outcome === null && one.display.replace(/\D/g, '') === display.replace(/\D/g, ''));
  if (open) return made(Object.assign(open, fields, { rev: open.rev + 1 }));
  const one = {
    id: `cbk_n${w.data.callbacks.length}`, number, display, caller_name: null, customer, call: w.body.call ?? null, queue: null,
    misses: 0, outcome: null, done_by: null, done_at: null, created_at: now, rev: 1, ...fields,
  };
  return keep(w, w.data.callbacks, one, 'callback');
}

function changeCallback(w, id) {
  const { owner, outcome, ...fields } = w.body;
  if (owner !== undefined) fields.owner = person(owner);
  if (outcome !== undefined) {
    const done = outcome !== null;
    Object.assign(fields, { outcome, done_by: done ? person(w.user.id) : null, done_at: done ? iso(Date.now()) : null });
  }
  return patch(w, w.data.callbacks, id, 'callback', fields);
}

function newAppointment(w) {
  const starts = Date.parse(w.body.starts_at);
  const ends = starts + w.body.minutes * 60_000;
  const clash = w.data.appointments.some(
    (one) => one.with?.id === w.body.with && w.body.with && Date.parse(one.starts_at) < ends && Date.parse(one.ends_at) > starts,
  );
  if (clash) return problem(409, 'taken');
  const person = users.find((one) => one.id === w.body.with);
  const one = {
    id: `apt_n${w.data.appointments.length}`,
    customer: customerOf(w),
    call: w.body.call ?? null,
    title: w.body.title,
    starts_at: iso(starts),
    ends_at: iso(ends),
    with: person ? { id: person.id, display_name: person.display_name } : null,
    status: 'booked',
    note: w.body.note ?? null,
    created_at: iso(Date.now()),
    rev: 1,
  };
  return keep(w, w.data.appointments, one, 'appointment');
}

function timeline(w, id) {
  const own = (one) => one.customer?.id === id;
  // A call that is running has its row too.
  const running = [...w.phone.calls.values()].filter(({ caller }) => caller?.match.customer === id);
  return [
    ...running.map((one) => ({ kind: 'call', id: one.id, at: one.started_at, title: '', by: null, data: { disposition: null, talk_ms: 0 } })),
    ...w.data.calls.filter(own).map((one) => ({ kind: 'call', id: one.id, at: one.started_at, title: one.note ?? '', by: one.agent?.display_name ?? null, data: { disposition: one.disposition, talk_ms: one.talk_ms } })),
    ...w.data.tickets.filter(own).map((one) => ({ kind: 'ticket', id: one.id, at: one.created_at, title: one.subject, by: one.owner?.display_name, data: { number: one.number, status: one.status, kind: one.kind } })),
    ...w.data.orders.filter(own).map((one) => ({ kind: 'order', id: one.id, at: one.created_at, title: one.note ?? '', by: null, data: { number: one.number, status: one.status, total: one.total } })),
    ...w.data.appointments.filter(own).map((one) => ({ kind: 'appointment', id: one.id, at: one.starts_at, title: one.title, by: null, data: { status: one.status } })),
    ...w.data.notes.filter((one) => one.customer === id).map((one) => ({ kind: 'note', id: one.id, at: one.at, title: one.text, by: one.by, data: {} })),
  ].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function second(w, id) {
  const own = (one) => one.customer?.id === id;
  switch (w.query.get('tab')) {
    case 'orders':
      return w.data.orders.filter((one) => own(one) && ['open', 'draft', 'shipped'].includes(one.status));
    case 'contacts':
      return timeline(w, id);
    case 'complaints':
      return w.data.tickets.filter((one) => own(one) && one.kind === 'complaint');
    case 'products':
      return w.data.products.slice(0, 3);
    default:
      return w.data.appointments.filter(own);
  }
}
