// Sample data of the mock server: small, fixed, Turkish. Times are counted back from the moment the mock starts.

const minute = 60_000;
const day = 24 * 60 * minute;
const istanbul = 3 * 60 * minute;

export function iso(millis) {
  return `${new Date(millis + istanbul).toISOString().slice(0, 19)}+03:00`;
}

export const users = [
  { id: 'usr_zeynep', name: 'zeynep', display_name: 'Zeynep Kaya', role: 'agent', extension: '101', language: 'tr', theme: 'system' },
  { id: 'usr_murat', name: 'murat', display_name: 'Murat Demir', role: 'supervisor', extension: '102', language: 'tr', theme: 'system' },
  { id: 'usr_selin', name: 'selin', display_name: 'Selin Aydın', role: 'admin', extension: null, language: 'tr', theme: 'system' },
  { id: 'usr_isil', name: 'isil', display_name: 'Işıl Çetin', role: 'agent', extension: '103', language: 'tr', theme: 'system' },
];

/** What queues and menus are called, by the reader's language. */
export const names = {
  tr: { destek: 'Destek', satis: 'Satış', 'ana-menu': 'Ana menü' },
  en: { destek: 'Support', satis: 'Sales', 'ana-menu': 'Main menu' },
};

export const queues = [
  { id: 'destek', name: 'Destek', waiting: 2, longest_ms: 72_000, waiting_since: iso(Date.now() - 72_000), free: 1, available: 3 },
  { id: 'satis', name: 'Satış', waiting: 0, longest_ms: 0, waiting_since: null, free: 2, available: 2 },
];

export const dispositions = ['resolved', 'callback', 'no_answer', 'wrong_number', 'complaint', 'sale', 'other'];

const people = [
  ['Ayşe Yılmaz', 'Yılmaz Ltd.', '+905321112233', ['VIP', 'RFM 5-4-5']],
  ['İbrahim Çağlar', 'Çağlar Gıda', '+905334445566', ['toptan']],
  ['Şükrü Öztürk', null, '+905301234567', []],
  ['Ülkü Işık', 'Işık Aydınlatma', '+905425556677', ['bayi']],
  ['Çiğdem Ilgaz', 'Ilgaz Turizm', '+905051112299', []],
  ['Ömer Faruk Güneş', 'Güneş Enerji', '+902123205062', ['kurumsal', 'VIP']],
  ['Gülşen Ağaoğlu', null, '+905557778899', []],
  ['Kemal Ünsal', 'Ünsal Makine', '+904441444', ['bayi']],
  ['Nazlı Ertürk', 'Ertürk Mimarlık', '+905369990011', []],
  ['Barış Kılıç', null, '+905384443322', ['yeni']],
  ['Dilara Şen', 'Şen Tekstil', '+905452223344', []],
  ['Hakan İnce', 'İnce Lojistik', '+905317776655', ['toptan']],
];

const display = (number) => number.replace(/^\+90(\d{3})(\d{3})(\d{2})(\d{2})$/, '0$1 $2 $3 $4').replace(/^\+90(444)(\d)(\d{3})$/, '$1 $2 $3');

export function sample(now = Date.now()) {
  const customers = people.map(([name, company, number, tags], index) => ({
    id: `cus_${index + 1}`,
    name,
    company,
    phones: [{ number, display: display(number) }],
    tags: [...tags],
    last_contact_at: iso(now - (index + 1) * 6 * 60 * minute),
    role: index === 0 ? 'satın alma' : null,
    email: index % 2 === 0 ? `bilgi@ornek${index + 1}.com.tr` : null,
    birth_date: index % 3 === 1 ? '1984-03-05' : null,
    language: 'tr',
    segment: index === 0 ? 'vip' : null,
    sms_consent: index % 3 === 0 ? null : index % 3 === 1,
    note: index === 0 ? 'Faturaları her ayın 5’inde ister.' : null,
    created_at: iso(now - (1800 - index * 40) * day),
    rev: 1,
  }));
  const products = [
    ['Klima Split 12.000 BTU', 'KLM-12', 2_499_900, 20],
    ['Klima bakım paketi', 'BKM-01', 129_900, 20],
    ['Hava filtresi', 'FLT-09', 34_950, 20],
    ['Uzaktan kumanda', 'KMD-02', 27_900, 20],
    ['Montaj seti', 'MNT-05', 89_000, 10],
    ['Kullanım kılavuzu (basılı)', 'KLV-01', 4_500, 1],
  ].map(([name, sku, price, vat_rate], index) => ({ id: `prd_${index + 1}`, name, sku, price, vat_rate, unit: 'adet' }));
  const named = (index) => ({ id: customers[index].id, name: customers[index].name });
  const agent = (index) => ({ id: users[index].id, name: users[index].name, display_name: users[index].display_name });
  const owner = (index) => ({ id: users[index].id, display_name: users[index].display_name });

  const subjects = [
    ['Kargo üç gündür gelmedi', 'complaint', 'high', 'open'],
    ['Fatura adresi değişikliği', 'request', 'normal', 'open'],
    ['Garanti süresi ne kadar?', 'question', 'low', 'waiting'],
    ['Montaj ekibi randevuya gelmedi', 'complaint', 'urgent', 'open'],
    ['İade süreci', 'request', 'normal', 'solved'],
    ['Yedek parça fiyatı', 'question', 'normal', 'closed'],
    ['Toplu alım teklifi', 'request', 'high', 'open'],
    ['Kumanda çalışmıyor', 'complaint', 'normal', 'waiting'],
  ];
  const tickets = subjects.map(([subject, kind, priority, status], index) => ({
    id: `tkt_${index + 1}`,
    number: 1042 + index,
    subject,
    body: 'Müşteri telefonda anlattı; ayrıntılar aşağıda.',
    status,
    priority,
    kind,
    customer: named(index),
    call: index % 2 === 0 ? `c_${index + 1}` : null,
    owner: owner(index % 2),
    due_at: iso(now + (index + 1) * 8 * 60 * minute),
    created_at: iso(now - (index + 1) * 9 * 60 * minute),
    updated_at: iso(now - (index + 1) * 40 * minute),
    rev: 1,
    comments: index === 0 ? [{ at: iso(now - 30 * minute), by: 'Murat Demir', text: 'Kargo firmasıyla konuştum, yarın teslim.' }] : [],
  }));
  const orders = [0, 0, 1, 3, 5, 7, 8, 11].map((who, index) => {
    const chosen = [products[index % 6], products[(index + 2) % 6]];
    const lines = chosen.map((product, at) => line(product, at + 1 + (index % 2)));
    return {
      id: `ord_${index + 1}`,
      number: 20_260 + index,
      status: ['open', 'delivered', 'shipped', 'open', 'delivered', 'cancelled', 'draft', 'shipped'][index],
      customer: named(who),
      call: null,
      lines,
      ...totals(lines),
      note: index === 0 ? 'Öğleden sonra teslim' : null,
      created_at: iso(now - index * 26 * 60 * minute - 20 * minute),
      updated_at: iso(now - index * 60 * minute),
      rev: 1,
    };
  });
  const appointments = [
    [0, 'Yıllık bakım', 60, 0],
    [3, 'Keşif: mağaza aydınlatma', 180, 1],
    [5, 'Teklif görüşmesi', 300, 0],
    [8, 'Montaj', day / minute + 60, 1],
    [1, 'Arıza', day / minute + 240, 0],
    [10, 'Numune teslimi', (2 * day) / minute + 30, null],
  ].map(([who, title, after, person], index) => ({
    id: `apt_${index + 1}`,
    customer: named(who),
    call: null,
    title,
    starts_at: iso(hour(now) + after * minute),
    ends_at: iso(hour(now) + (after + 45) * minute),
    with: person === null ? null : owner(person),
    status: 'booked',
    note: null,
    created_at: iso(now - 2 * day),
    rev: 1,
  }));
  const calls = Array.from({ length: 14 }, (_, index) => {
    const started = now - (index + 1) * 47 * minute;
    const lost = index % 5 === 3;
    const stranger = index % 6 === 4;
    const who = index % 12;
    return {
      id: `c_${index + 1}`,
      direction: 'in',
      from: stranger ? '+905019998877' : people[who][2],
      from_display: stranger ? '0501 999 88 77' : display(people[who][2]),
      caller_name: stranger ? 'SATICI' : null,
      to: '500',
      customer: stranger ? null : named(who),
      queue: index % 3 === 0 ? 'satis' : 'destek',
      agent: lost ? null : agent(index % 2),
      language: 'tr',
      ivr: [{ menu: 'ana-menu', key: index % 3 === 0 ? '1' : '2' }],
      started_at: iso(started),
      answered_at: lost ? null : iso(started + 20_000),
      ended_at: iso(started + 200_000),
      wait_ms: 20_000,
      talk_ms: lost ? 0 : 180_000 - index * 4000,
      ending: lost
        ? { class: 'abandoned', reason: 'caller-hung-up', by: 'caller' }
        : { class: 'completed', reason: 'caller-hung-up', by: 'caller' },
      recording: lost ? null : { millis: 61_000, lost_frames: 0, state: 'ready' },
      /** Where its agent sent the caller; only the mock's story of the call tells it. */
      passed_on: index === 0 ? 'ext:102' : null,
      disposition: lost ? null : dispositions[index % dispositions.length],
      note: lost ? null : 'Kargo durumunu sordu, bilgi verildi.',
      tickets: index === 0 ? [{ id: 'tkt_1', number: 1042, subject: 'Kargo üç gündür gelmedi' }] : [],
      orders: [],
      appointments: [],
    };
  });
  const callbacks = [
    [1, 'missed', 2, null, -40],
    [4, 'missed', 1, null, 25],
    [2, 'promised', 0, 0, 130],
  ].map(([who, reason, misses, person, due], index) => ({
    id: `cbk_${index + 1}`,
    number: people[who][2],
    display: display(people[who][2]),
    caller_name: null,
    customer: named(who),
    call: `c_${index + 1}`,
    queue: reason === 'missed' ? 'destek' : null,
    reason,
    misses,
    owner: person === null ? null : owner(person),
    due_at: iso(now + due * minute),
    note: reason === 'promised' ? 'Teklifi soracak' : '',
    outcome: null,
    done_by: null,
    done_at: null,
    created_at: iso(now - 70 * minute),
    updated_at: iso(now - 70 * minute),
    rev: 1,
  }));
  return { customers, products, tickets, orders, appointments, callbacks, calls, notes: [] };
}

const hour = (now) => Math.floor(now / (60 * minute)) * 60 * minute;

export function line(product, quantity, price = product.price) {
  const total = quantity * price;
  const net = Math.round((total * 100) / (100 + product.vat_rate));
  return { product: product.id ?? null, name: product.name, quantity, unit_price: price, vat_rate: product.vat_rate, net, vat: total - net, total };
}

export function totals(lines) {
  const add = (name) => lines.reduce((sum, one) => sum + one[name], 0);
  return { net: add('net'), vat: add('vat'), total: add('total') };
}

/** The six zones for a customer of the sample. */
export function cardOf(data, id, now = Date.now()) {
  const customer = data.customers.find((one) => one.id === id);
  if (!customer) return null;
  const first = id === 'cus_1';
  const days = (since) => String(Math.floor((now - Date.parse(since)) / day));
  // As the daemon does: the oldest one that is not solved.
  const complaint = data.tickets
    .filter((one) => one.customer?.id === id && one.kind === 'complaint' && ['open', 'waiting'].includes(one.status))
    .toSorted((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))[0];
  return {
    customer: id,
    who: {
      name: customer.name,
      company: customer.company,
      role: customer.role,
      tags: customer.tags,
      segment: first ? 'loyal' : null,
      since: 2019,
      language: customer.language,
      address_as: first ? 'Ayşe Hanım' : null,
    },
    treat: [...(complaint ? ['open_complaint'] : []), ...(first ? ['vip'] : [])],
    warnings: [
      ...(first ? [{ level: 'danger', code: 'overdue', values: ['23', '₺12.450,00', 'F-2031'] }] : []),
      ...(complaint ? [{ level: 'danger', code: 'open_complaint', values: [complaint.subject, days(complaint.created_at), complaint.owner?.display_name ?? ''] }] : []),
    ],
    ask: first ? [{ field: 'birth_date' }, { field: 'sms_consent' }] : [],
    summary: {
      revenue_12m: first ? 18_430_000 : 1_250_000,
      orders: first ? 14 : 2,
      open_orders: data.orders.filter((one) => one.customer.id === id && one.status === 'open').length,
      open_tickets: data.tickets.filter((one) => one.customer?.id === id && one.status === 'open').length,
      last_contact_at: iso(now - 6 * day),
      last_contact_by: 'Zeynep',
      last_contact_about: 'kargo sorusu',
    },
    offer: first ? { id: 'off_1', title: 'Yıllık bakım sözleşmesi', why: 'cihazının garantisi 40 gün sonra bitiyor.' } : null,
  };
}

/** Sixteen-bit stereo speech-like noise, one second long pieces, so that the player has something to seek in. */
export function wav(seconds = 61, rate = 8000) {
  const frames = seconds * rate;
  const bytes = Buffer.alloc(44 + frames * 4);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + frames * 4, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 4, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(frames * 4, 40);
  for (let at = 0; at < frames; at += 1) {
    const left = Math.floor(at / rate / 4) % 2 === 0;
    const sound = Math.round(Math.sin(at / 6) * 6000 * Math.abs(Math.sin(at / 1100)));
    bytes.writeInt16LE(left ? sound : 0, 44 + at * 4);
    bytes.writeInt16LE(left ? 0 : sound, 46 + at * 4);
  }
  return bytes;
}

export function peaks(buckets, millis = 61_000) {
  const one = (own) =>
    Array.from({ length: buckets }, (_, at) => {
      const second = ((at / buckets) * millis) / 1000;
      const speaks = (Math.floor(second / 4) % 2 === 0) === own;
      return speaks ? Math.round(20 + 70 * Math.abs(Math.sin(at / 3.1) * Math.sin(at / 17))) : Math.round(2 * Math.abs(Math.sin(at)));
    });
  return { millis, left: one(true), right: one(false) };
}
