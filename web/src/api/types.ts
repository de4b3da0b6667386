/** The values of docs/API.md, as the page reads them. Times are RFC 3339, money is kuruş. */

export type Role = 'agent' | 'supervisor' | 'admin';
export type Theme = 'system' | 'light' | 'dark';
export type Language = 'tr' | 'en';

export interface Me {
  id: string;
  name: string;
  display_name: string;
  role: Role;
  extension: string | null;
  language: Language;
  theme: Theme;
}

export interface Session {
  me: Me;
  csrf: string;
  business: { name: string; timezone: string; demo: boolean };
  queues: { id: string; name: string }[];
  menus: { id: string; name: string }[];
  extensions: { number: string; name: string }[];
  dispositions: string[];
}

export interface Page<T> {
  items: T[];
  next: string | null;
  /** How many there are in all, when asked for; 1000 means so many or more. */
  total?: number;
}

export interface Named {
  id: string;
  name: string;
}

export interface Person {
  id: string;
  display_name: string;
}

export interface StatusValue {
  status: 'off' | 'available' | 'break' | 'unreachable';
  reason?: string | null;
}

export type AgentState = 'idle' | 'ringing' | 'talking' | 'holding' | 'wrap_up';

export interface AgentRow {
  user: string;
  name: string;
  display_name: string;
  extension: string | null;
  status: StatusValue;
  state: AgentState;
  call: string | null;
  since: string | null;
  registered: boolean;
  phone: PhoneTrouble | null;
}

/** An agent's telephone that takes no calls at present: what it said last, how often in a row, until when it rests. */
export interface PhoneTrouble {
  status: number;
  reason: string | null;
  times: number;
  until: string | null;
}

export interface QueueRow {
  id: string;
  name: string;
  waiting: number;
  longest_ms: number;
  /** Since when the one who waits longest waits. */
  waiting_since: string | null;
  free: number;
  available: number;
}

/** The same on the stream, which has no names. */
export type QueueFigures = Omit<QueueRow, 'id' | 'name'> & { queue: string };

export interface Candidate {
  customer: string;
  name: string;
  company: string | null;
}

export type Match =
  | { kind: 'one'; customer: string; name: string }
  | { kind: 'many'; candidates: Candidate[] }
  | { kind: 'none'; previous_calls: number }
  | { kind: 'withheld' }
  | { kind: 'internal'; name: string };

export type WarningLevel = 'danger' | 'caution' | 'info';

export interface Warning {
  level: WarningLevel;
  code: string;
  values: string[];
}

export interface Card {
  customer: string;
  who: {
    name: string;
    company: string | null;
    role: string | null;
    tags: string[];
    segment: string | null;
    since: number | null;
    language: string | null;
    address_as: string | null;
  };
  treat: string[];
  warnings: Warning[];
  ask: { field: string }[];
  summary: {
    revenue_12m: number;
    orders: number;
    open_orders: number;
    open_tickets: number;
    last_contact_at: string | null;
    last_contact_by: string | null;
    last_contact_about: string | null;
  };
  offer: { id: string; title: string; why: string } | null;
}

export interface Caller {
  match: Match;
  number: string | null;
  display_number: string | null;
  language: string | null;
  segment: string | null;
  card: Card | null;
}

export type Phase = 'menu' | 'queued' | 'ringing' | 'talking' | 'held' | 'wrap_up';

export interface LiveCall {
  id: string;
  direction: 'in' | 'internal';
  from: string | null;
  from_display: string | null;
  to: string;
  caller: Caller | null;
  caller_name?: string | null;
  queue: string | null;
  ivr: { menu: string; key: string | null }[];
  language: string;
  started_at: string;
  queued_at: string | null;
  answered_at: string | null;
  /** Since when the agent of now talks, hold included. */
  talking_since: string | null;
  held_since: string | null;
  phase: Phase;
  agent: string | null;
  expires_at: string | null;
  remote_answer: boolean;
  recording: boolean;
  waited_ms: number;
  rev: number;
}

export interface AgentSelf {
  status: StatusValue;
  state: AgentState;
  call: string | null;
  until: string | null;
  misses: number;
  registered: boolean;
  phone: PhoneTrouble | null;
}

export interface Snapshot {
  agent: AgentSelf | null;
  calls: LiveCall[];
  queues: QueueFigures[];
  agents: AgentRow[];
  trouble: SystemTrouble[];
}

/** Something wrong with the system itself: `{"part":"database","state":"full","count":0}`. */
export interface SystemTrouble {
  part: string;
  state: string;
  /** Of the journal: how many events. */
  count: number;
}

export interface StreamEvent {
  seq: number;
  id: string;
  type: string;
  time: string;
  subject: string;
  rev: number;
  ack: boolean;
  data: Record<string, unknown>;
}

export interface Ending {
  class: 'completed' | 'abandoned' | 'rejected' | 'failed';
  reason: string;
  by: 'caller' | 'agent' | 'system';
}

export interface Call {
  id: string;
  direction: 'in' | 'internal';
  from: string | null;
  from_display: string | null;
  caller_name: string | null;
  to: string;
  customer: Named | null;
  queue: string | null;
  agent: { id: string; name: string; display_name: string } | null;
  language: string;
  ivr: { menu: string; key: string | null }[];
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  wait_ms: number;
  talk_ms: number;
  ending: Ending | null;
  recording: { millis: number; lost_frames: number; state: 'recording' | 'ready' | 'missing' | 'repaired' } | null;
  disposition: string | null;
  note: string | null;
  tickets: { id: string; number: number; subject: string }[];
  orders: { id: string; number: number | string }[];
  appointments: { id: string; starts_at: string }[];
}

export interface CallEvent {
  type: string;
  time: string;
  data: Record<string, unknown>;
}

export type CallDetail = Call & { events: CallEvent[] };

export interface Peaks {
  millis: number;
  left: number[];
  right: number[];
}

export interface CustomerRow {
  id: string;
  name: string;
  company: string | null;
  phones: { number: string; display: string }[];
  tags: string[];
  last_contact_at: string | null;
}

export interface Customer extends CustomerRow {
  role: string | null;
  email: string | null;
  birth_date: string | null;
  language: string | null;
  segment: string | null;
  sms_consent: boolean | null;
  note: string | null;
  created_at: string;
  rev: number;
}

export interface TimelineItem {
  kind: 'call' | 'ticket' | 'order' | 'appointment' | 'note';
  id: string;
  at: string;
  title: string;
  by: string | null;
  data: Record<string, unknown>;
}

export type TicketStatus = 'open' | 'waiting' | 'solved' | 'closed';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type TicketKind = 'request' | 'complaint' | 'question';

export interface Ticket {
  id: string;
  number: number;
  subject: string;
  body: string | null;
  status: TicketStatus;
  priority: Priority;
  kind: TicketKind;
  customer: Named | null;
  call: string | null;
  owner: Person | null;
  due_at: string | null;
  created_at: string;
  updated_at: string;
  rev: number;
  comments: { at: string; by: string | null; text: string }[];
}

export interface Product {
  id: string;
  name: string;
  sku: string;
  price: number;
  vat_rate: number;
  unit: string;
}

export type OrderStatus = 'draft' | 'open' | 'shipped' | 'delivered' | 'cancelled';

export interface OrderLine {
  product: string | null;
  name: string;
  quantity: number;
  unit_price: number;
  vat_rate: number;
  net: number;
  vat: number;
  total: number;
}

export interface Order {
  id: string;
  number: number | string;
  status: OrderStatus;
  customer: Named | null;
  call: string | null;
  lines: OrderLine[];
  net: number;
  vat: number;
  total: number;
  note: string | null;
  created_at: string;
  updated_at: string;
  rev: number;
}

export type Outcome = 'reached' | 'unreachable' | 'not_needed';

export interface Callback {
  id: string;
  number: string;
  display: string;
  caller_name: string | null;
  customer: Named | null;
  call: string | null;
  queue: string | null;
  reason: 'missed' | 'promised';
  misses: number;
  owner: Person | null;
  due_at: string;
  note: string;
  outcome: Outcome | null;
  done_by: Person | null;
  done_at: string | null;
  created_at: string;
  updated_at: string;
  rev: number;
}

export type AppointmentStatus = 'booked' | 'done' | 'no_show' | 'cancelled';

export interface Appointment {
  id: string;
  customer: Named | null;
  call: string | null;
  title: string;
  starts_at: string;
  ends_at: string;
  with: Person | null;
  status: AppointmentStatus;
  note: string | null;
  created_at: string;
  rev: number;
}
