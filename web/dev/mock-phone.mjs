// The telephone half of the mock: agents' states, one live call at a time, and the events they make.
import { cardOf, iso, queues, users } from './mock-data.mjs';

export class Phone {
  constructor(data, send) {
    this.data = data;
    this.send = send;
    this.calls = new Map();
    this.agents = new Map(
      users.map((user) => [
        user.id,
        { status: { status: user.name === 'zeynep' ? 'off' : 'available' }, state: 'idle', call: null, until: null, since: iso(Date.now()), misses: 0, registered: true, phone: null },
      ]),
    );
    this.rev = 1;
    this.number = 100;
    this.refusal = null;
    this.trouble = [];
    this.transferRefusal = null;
    this.extended = 0;
  }

  snapshot(user) {
    const agent = this.agents.get(user.id);
    const all = [...this.calls.values()];
    return {
      agent: user.extension === null ? null : agent,
      calls: user.role === 'agent' ? all.filter((call) => call.agent === user.id) : all,
      queues: queues.map(({ id, name: _, ...figures }) => ({ queue: id, ...figures })),
      agents: this.rows(),
      trouble: this.trouble,
    };
  }

  rows() {
    return users.filter((user) => user.extension !== null).map((user) => {
      const agent = this.agents.get(user.id);
      return {
        user: user.id,
        name: user.name,
        display_name: user.display_name,
        extension: user.extension,
        status: agent.status,
        state: agent.state,
        call: agent.call,
        since: agent.since,
        registered: agent.registered,
        phone: agent.phone,
      };
    });
  }

  /** Rings an agent. `kind`: known, unknown, many, withheld, internal, hostile. */
  ring(kind = 'known', { agent = 'usr_zeynep', remote_answer = true } = {}) {
    this.number += 1;
    const id = `c_live_${this.number}`;
    const numbers = { known: '+905321112233', many: '+902123205062', internal: '103', withheld: null };
    const from = kind in numbers ? numbers[kind] : '+905019998877';
    const call = {
      id,
      direction: kind === 'internal' ? 'internal' : 'in',
      from,
      from_display: from === null ? null : from.replace(/^\+90(\d{3})(\d{3})(\d{2})(\d{2})$/, '0$1 $2 $3 $4'),
      caller_name: kind === 'hostile' ? '<img src=x onerror=alert(1)>' : kind === 'unknown' ? 'HASAN' : null,
      to: '500',
      caller: this.caller(kind, from),
      queue: kind === 'internal' ? null : 'destek',
      ivr: kind === 'internal' ? [] : [{ menu: 'ana-menu', key: '2' }],
      language: 'tr',
      started_at: iso(Date.now() - 80_000),
      queued_at: iso(Date.now() - 72_000),
      answered_at: null,
      talking_since: null,
      held_since: null,
      phase: 'ringing',
      agent,
      expires_at: iso(Date.now() + 20_000),
      remote_answer,
      recording: false,
      waited_ms: 72_000,
      rev: this.next(),
    };
    this.calls.set(id, call);
    this.setAgent(agent, { state: 'ringing', call: id });
    this.event('call.offered', `call/${id}`, call, call.rev, true);
    return id;
  }

  caller(kind, from) {
    const base = { number: from, display_number: from, language: 'tr', segment: null, card: null };
    if (kind === 'known') {
      return { ...base, segment: 'vip', match: { kind: 'one', customer: 'cus_1', name: 'Ayşe Yılmaz' }, card: cardOf(this.data, 'cus_1') };
    }
    if (kind === 'many') {
      const candidates = this.data.customers.slice(4, 7).map(({ id, name, company }) => ({ customer: id, name, company }));
      return { ...base, match: { kind: 'many', candidates } };
    }
    if (kind === 'withheld') return { ...base, match: { kind: 'withheld' } };
    if (kind === 'internal') return { ...base, match: { kind: 'internal', name: 'Işıl Çetin' } };
    return { ...base, match: { kind: 'none', previous_calls: 3 } };
  }

  command(user, id, verb) {
    const call = this.calls.get(id);
    if (!call) return 'no-such-call';
    if (call.agent !== user.id) return 'not-yours';
    if (verb === 'answer' && this.refusal) return this.refusal;
    if (verb === 'answer') return this.answer(id);
    if (verb === 'decline') return this.offerEnded(id, 'declined');
    if (verb === 'hold' && call.phase === 'talking') return this.phase(id, 'held', 'call.held', 'holding');
    if (verb === 'resume' && call.phase === 'held') return this.phase(id, 'talking', 'call.resumed', 'talking');
    if (verb === 'hangup') return this.end(id, 'agent');
    return 'wrong-state';
  }

  answer(id) {
    const now = iso(Date.now());
    const call = this.change(id, { phase: 'talking', answered_at: now, talking_since: now, recording: true });
    this.setAgent(call.agent, { state: 'talking', call: id });
    this.callEvent('call.answered', call, { agent: call.agent, extension: '101', waited_ms: call.waited_ms });
    return null;
  }

  offerEnded(id, reason) {
    const call = this.change(id, { phase: 'queued' });
    this.setAgent(call.agent, { state: 'idle', call: null });
    this.callEvent('call.offer_ended', call, { agent: call.agent, reason }, false);
    this.calls.delete(id);
    return null;
  }

  phase(id, phase, type, state) {
    const call = this.change(id, { phase, held_since: phase === 'held' ? iso(Date.now()) : null });
    this.setAgent(call.agent, { state, call: id });
    this.callEvent(type, call, { agent: call.agent });
    return null;
  }

  end(id, by = 'caller') {
    const call = this.change(id, { phase: 'wrap_up', recording: false });
    this.extended = 0;
    this.callEvent('call.ended', call, { ending: { class: 'completed', reason: `${by}-hung-up`, by } });
    this.setAgent(call.agent, { state: 'wrap_up', call: id, until: iso(Date.now() + 30_000) });
    return null;
  }

  /** The agent is let go into the result; the caller goes on. */
  transfer(id, to) {
    if (this.transferRefusal) return this.transferRefusal;
    const call = this.change(id, { phase: 'wrap_up', recording: false });
    this.extended = 0;
    this.callEvent('call.transferred', call, { agent: call.agent, to });
    this.setAgent(call.agent, { state: 'wrap_up', call: id, until: iso(Date.now() + 30_000) });
    return null;
  }

  /** A call that was given on is answered by a colleague; its first agent hears of it. */
  answeredBy(id, agent) {
    this.event('call.answered', `call/${id}`, { call: id, agent, extension: '103', waited_ms: 0, live: this.calls.get(id) }, this.next());
  }

  /** A call that was given on is not taken: it comes back to `to`. */
  returned(id, to) {
    const call = this.calls.get(id);
    this.event('call.returned', `call/${id}`, { call: id, agent: call.agent, reason: 'no-answer', to, live: call }, this.next());
  }

  /** A call that was given on ends without an answer. */
  lost(id) {
    this.event('call.ended', `call/${id}`, { call: id, ending: { class: 'abandoned', reason: 'no-answer', by: 'system' }, live: this.calls.get(id) }, this.next());
  }

  extend(user) {
    const agent = this.agents.get(user.id);
    if (agent.state !== 'wrap_up' || this.extended >= 2) return 'wrong-state';
    this.extended += 1;
    this.setAgent(user.id, { ...agent, until: iso(Date.parse(agent.until) + 30_000) });
    return null;
  }

  endWrapUp(user) {
    const agent = this.agents.get(user.id);
    if (agent.state !== 'wrap_up') return 'wrong-state';
    const call = this.calls.get(agent.call);
    if (call && !this.data.calls.some((one) => one.id === call.id)) this.store(call, { disposition: null, note: null });
    this.calls.delete(agent.call);
    this.setAgent(user.id, { state: 'idle', call: null });
    return null;
  }

  complete(user, id, body) {
    const call = this.calls.get(id);
    const stored = this.data.calls.find((one) => one.id === id);
    if (!call && stored) {
      Object.assign(stored, body);
      return null;
    }
    if (!call || call.phase !== 'wrap_up') return 'wrong-state';
    this.store(call, body);
    this.callEvent('call.completed', this.change(id, {}), { agent: user.id, ...body });
    return this.endWrapUp(user);
  }

  store(call, { disposition, note }) {
    const match = call.caller?.match;
    const customer = match?.kind === 'one' ? { id: match.customer, name: match.name } : null;
    const user = users.find((one) => one.id === call.agent);
    const made = (list, pick) => list.filter((one) => one.call === call.id).map(pick);
    this.data.calls.unshift({
      ...call,
      customer,
      agent: { id: user.id, name: user.name, display_name: user.display_name },
      ended_at: iso(Date.now()),
      wait_ms: call.waited_ms,
      talk_ms: 65_000,
      ending: { class: 'completed', reason: 'caller-hung-up', by: 'caller' },
      recording: { millis: 61_000, lost_frames: 0, state: 'ready' },
      disposition,
      note,
      tickets: made(this.data.tickets, ({ id, number, subject }) => ({ id, number, subject })),
      orders: made(this.data.orders, ({ id, number }) => ({ id, number })),
      appointments: made(this.data.appointments, ({ id, starts_at }) => ({ id, starts_at })),
    });
  }

  link(id, customer) {
    const call = this.calls.get(id);
    if (!call) return;
    const name = this.data.customers.find((one) => one.id === customer)?.name ?? '';
    const caller = { ...call.caller, match: { kind: 'one', customer, name }, card: cardOf(this.data, customer) };
    const changed = this.change(id, { caller });
    this.callEvent('match.resolved', changed, { caller });
  }

  setStatus(user, status, reason) {
    this.setAgent(user.id, { status: reason === undefined ? { status } : { status, reason }, state: 'idle', call: null });
  }

  setAgent(id, change) {
    const agent = { ...this.agents.get(id), until: null, since: iso(Date.now()), ...change };
    this.agents.set(id, agent);
    const { status, state, call, until, since, misses, phone } = agent;
    this.event('agent.state', `agent/${id}`, { agent: id, status, state, call, until, since, misses, phone }, this.next());
  }

  /** Something is wrong with the system itself, or nothing any more. */
  setTrouble(trouble) {
    this.trouble = trouble;
    this.event('system.trouble', 'system', { trouble }, 0);
  }

  /** The telephone of an agent: gone from the network, or saying something else than "yes". */
  setPhone(id, { registered = true, said = null } = {}) {
    const agent = { ...this.agents.get(id), registered, phone: said };
    this.agents.set(id, agent);
    const { extension } = users.find((user) => user.id === id);
    this.event('presence.changed', `extension/${extension}`, { extension, registered }, this.next());
    this.setAgent(id, { since: agent.since });
  }

  change(id, change) {
    const call = { ...this.calls.get(id), ...change, rev: this.next() };
    this.calls.set(id, call);
    return call;
  }

  callEvent(type, call, data, live = true) {
    this.event(type, `call/${call.id}`, live ? { call: call.id, ...data, live: call } : { call: call.id, ...data }, call.rev);
  }

  event(type, subject, data, rev, ack = false) {
    this.send({ type, subject, data, rev, ack });
  }

  next() {
    this.rev += 1;
    return this.rev;
  }
}
