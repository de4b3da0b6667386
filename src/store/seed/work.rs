//! Sample products, tickets, orders with invoices, appointments and notes.

use std::collections::HashSet;

use crm::calendar::{Hours, day_of, turkish_time};
use crm::order::{Line, totals};
use crm::ticket::Priority;

use super::calls::SampleCall;
use super::customers::Sample;
use super::names::{Product, Subject, Words};
use super::random::Random;
use super::{
    AYSE_INVOICE, AYSE_OVERDUE_DAYS, AYSE_OWES, AYSE_REVENUE, DAY, HOUR, INTO_TICKETS, MINUTE, MURAT, Staff, ZEYNEP,
    at_work, first_number,
};
use crate::appointments::INTO_APPOINTMENTS;
use crate::db::{Tx, Value, values};
use crate::error::Result;
use crate::orders::{INTO_LINES, INTO_ORDERS, line_values, search_text};
use crate::products::values_of;
use crate::{NewProduct, Store};

/// A sample product.
pub(super) struct SampleProduct {
    id: String,
    product: &'static Product,
    pub(super) row: Vec<Value>,
}

/// What the work is made of.
pub(super) struct Scene<'a> {
    pub(super) words: &'static Words,
    pub(super) staff: &'a [Staff],
    pub(super) customers: &'a [Sample],
    pub(super) calls: &'a [SampleCall],
    pub(super) products: &'a [SampleProduct],
    pub(super) now: i64,
}

impl Scene<'_> {
    fn user(&self, name: &str) -> &str {
        self.staff.iter().find(|person| person.name == name).map_or("", |person| person.id.as_str())
    }

    fn customer(&self, at: Option<usize>) -> Option<&Sample> {
        at.and_then(|at| self.customers.get(at))
    }
}

/// Rows, table by table.
#[derive(Default)]
pub(super) struct Work {
    pub(super) tickets: Vec<Vec<Value>>,
    comments: Vec<Vec<Value>>,
    pub(super) orders: Vec<Vec<Value>>,
    lines: Vec<Vec<Value>>,
    invoices: Vec<Vec<Value>>,
    pub(super) appointments: Vec<Vec<Value>>,
    notes: Vec<Vec<Value>>,
}

pub(super) fn products(words: &'static Words, random: &mut Random, began: i64) -> Vec<SampleProduct> {
    let one = |product: &'static Product| {
        let id = random.id("prd", began);
        let Product { name, sku, price, vat_rate, unit } = *product;
        let new = NewProduct { name: name.to_owned(), sku: sku.to_owned(), price, vat_rate, unit: unit.to_owned() };
        SampleProduct { row: values_of(&id, &new), id, product }
    };
    words.products.iter().map(one).collect()
}

pub(super) fn all(store: &Store, random: &mut Random, scene: &Scene<'_>) -> Work {
    let mut work = Work::default();
    for call in scene.calls.iter().filter(|call| call.customer != Some(0)) {
        if call.agent.is_none() || call.customer.is_none() {
            continue;
        }
        if call.queue == "satis" && random.chance(48) {
            order(&mut work, random, scene, call);
        } else if random.chance(22) {
            ticket(&mut work, store, random, scene, call);
        }
        if random.chance(5) {
            note(&mut work, random, scene, call);
        }
    }
    ayse(&mut work, store, random, scene);
    appointments(&mut work, random, scene);
    work
}

fn ticket(work: &mut Work, store: &Store, random: &mut Random, scene: &Scene<'_>, call: &SampleCall) {
    let &Subject { title: subject, kind, body } = random.pick(scene.words.subjects);
    let priority = *random.pick(&[
        Priority::Low,
        Priority::Normal,
        Priority::Normal,
        Priority::Normal,
        Priority::High,
        Priority::Urgent,
    ]);
    let age = scene.now - call.at;
    let status = match random.between(0, 100) {
        _ if age > 40 * DAY => "closed",
        0..70 if age > 5 * DAY => "solved",
        0..25 => "solved",
        25..80 => "open",
        _ => "waiting",
    };
    let made_at = call.at + 4 * MINUTE;
    let told = Told { subject, kind, body, priority, status, made_at, owner: call.agent.unwrap_or(ZEYNEP) };
    let id = write_ticket(work, store, random, scene, call, &told);
    if status != "open" || random.chance(30) {
        let at = (made_at + random.between(1, 30) * HOUR).min(scene.now - MINUTE);
        let by = scene.user(if random.chance(60) { ZEYNEP } else { MURAT });
        work.comments.push(values![random.id("com", at), id, at, by, *random.pick(scene.words.comments)]);
    }
}

struct Told<'a> {
    subject: &'a str,
    kind: &'a str,
    body: &'a str,
    priority: Priority,
    status: &'a str,
    made_at: i64,
    owner: &'a str,
}

fn write_ticket(
    work: &mut Work,
    store: &Store,
    random: &mut Random,
    scene: &Scene<'_>,
    call: &SampleCall,
    told: &Told<'_>,
) -> String {
    let id = random.id("tkt", told.made_at);
    let number = first_number("ticket") + work.tickets.len() as i64;
    let hours: &Hours = &store.rules.hours;
    let due = store.rules.promise.due(told.priority, told.made_at, hours);
    let customer = scene.customer(call.customer).map(|customer| customer.id.clone());
    let owner = scene.user(told.owner);
    let search = crm::text::fold(&format!("{number} {} {}", told.subject, told.body));
    let maker = scene.user(call.agent.unwrap_or(ZEYNEP));
    work.tickets.push(values![
        &id,
        number,
        told.subject,
        told.body,
        told.status,
        told.priority.as_str(),
        told.kind,
        customer,
        &call.id,
        owner,
        due,
        search,
        maker,
        told.made_at,
        told.made_at
    ]);
    id
}

fn order(work: &mut Work, random: &mut Random, scene: &Scene<'_>, call: &SampleCall) {
    let made_at = call.at + 3 * MINUTE;
    let mut lines = Vec::new();
    for _ in 0..random.between(1, 4) {
        let product = random.pick(scene.products);
        if lines.iter().any(|line: &Line| line.product.as_deref() == Some(product.id.as_str())) {
            continue;
        }
        let most = if product.product.price > 500_000 { 2 } else { 8 };
        lines.extend(line(product, random.between(1, most + 1), made_at));
    }
    let age = scene.now - made_at;
    let status = match random.between(0, 100) {
        0..6 => "cancelled",
        _ if age > 8 * DAY => "delivered",
        _ if age > 3 * DAY => "shipped",
        _ => "open",
    };
    let id = write_order(work, random, scene, call, &lines, status);
    let Some(sum) = totals(&lines).filter(|_| status == "delivered") else { return };
    let due_at = made_at + 30 * DAY;
    let on_time = random.chance(95);
    let paid_at = (on_time && age > 12 * DAY).then(|| made_at + random.between(1, 12) * DAY);
    invoice(work, random, scene.customer(call.customer), Some(&id), sum.total, due_at, paid_at);
}

fn line(product: &SampleProduct, quantity: i64, at: i64) -> Option<Line> {
    let Product { name, price, vat_rate, .. } = *product.product;
    Line::priced(Some(product.id.clone()), name, quantity, price, vat_rate, day_of(at, &turkish_time())?).ok()
}

fn write_order(
    work: &mut Work,
    random: &mut Random,
    scene: &Scene<'_>,
    call: &SampleCall,
    lines: &[Line],
    status: &str,
) -> String {
    let made_at = call.at + 3 * MINUTE;
    let id = random.id("ord", made_at);
    let number = first_number("order") + work.orders.len() as i64;
    let sum = totals(lines).unwrap_or_default();
    let customer = scene.customer(call.customer).map(|customer| customer.id.clone());
    let maker = scene.user(call.agent.unwrap_or(ZEYNEP));
    work.orders.push(values![
        &id,
        number,
        status,
        customer,
        &call.id,
        sum.net,
        sum.vat,
        sum.total,
        "",
        search_text(number, lines, ""),
        maker,
        made_at,
        made_at
    ]);
    work.lines.extend(lines.iter().enumerate().map(|(place, line)| line_values(&id, place, line)));
    id
}

fn invoice(
    work: &mut Work,
    random: &mut Random,
    customer: Option<&Sample>,
    order: Option<&str>,
    amount: i64,
    due_at: i64,
    paid_at: Option<i64>,
) {
    let Some(customer) = customer else { return };
    let number = format!("F-{}", 3001 + work.invoices.len());
    work.invoices.push(values![random.id("inv", due_at), number, &customer.id, order, amount, due_at, paid_at]);
}

fn note(work: &mut Work, random: &mut Random, scene: &Scene<'_>, call: &SampleCall) {
    let Some(customer) = scene.customer(call.customer) else { return };
    let (at, by) = (call.at + 5 * MINUTE, scene.user(call.agent.unwrap_or(ZEYNEP)));
    work.notes.push(values![random.id("not", at), &customer.id, &call.id, *random.pick(scene.words.notes), by, at]);
}

/// Ayşe's fourteen orders (one still open), her payments, the overdue invoice and the open complaint.
fn ayse(work: &mut Work, store: &Store, random: &mut Random, scene: &Scene<'_>) {
    let Some(ayse) = scene.customers.first() else { return };
    let calls: Vec<&SampleCall> = scene.calls.iter().filter(|call| call.customer == Some(0)).collect();
    let Some(last) = calls.last() else { return };
    ayse_orders(work, random, scene, ayse, &calls, last);
    // And what lies too far back to count.
    let long_ago = scene.now - 500 * DAY;
    invoice(work, random, Some(ayse), None, 725_000, long_ago, Some(long_ago));
    let due_at = scene.now - AYSE_OVERDUE_DAYS * DAY - HOUR;
    work.invoices.push(values![
        random.id("inv", due_at),
        AYSE_INVOICE,
        &ayse.id,
        None::<String>,
        AYSE_OWES,
        due_at,
        None::<i64>
    ]);
    let complaint = Told {
        subject: scene.words.hero.complaint,
        kind: "complaint",
        body: scene.words.hero.complaint_body,
        priority: Priority::High,
        status: "open",
        made_at: at_work(scene.now - 3 * DAY - HOUR),
        owner: MURAT,
    };
    let written = SampleCall {
        id: String::new(),
        events: Vec::new(),
        at: complaint.made_at,
        customer: Some(0),
        queue: "destek",
        agent: Some(ZEYNEP),
        conversation: None,
    };
    let id = write_ticket(work, store, random, scene, &written, &complaint);
    // Written after the call from another room, so it belongs to no call.
    if let Some(row) = work.tickets.last_mut() {
        row[8] = Value::Text(None);
    }
    let at = scene.now - 2 * DAY;
    work.comments.push(values![random.id("com", at), id, at, scene.user(MURAT), scene.words.comments[2]]);
}

/// Her orders, and payments that sum up to what her card shows.
fn ayse_orders(
    work: &mut Work,
    random: &mut Random,
    scene: &Scene<'_>,
    ayse: &Sample,
    calls: &[&SampleCall],
    last: &SampleCall,
) {
    let mut paid = 0;
    for nth in 0..14_i64 {
        let call = calls.get(usize::try_from(nth).unwrap_or_default() % calls.len()).unwrap_or(&last);
        let product = &scene.products[usize::try_from(nth * 5).unwrap_or_default() % scene.products.len()];
        let quantity = if nth == 12 { 1 } else { 1 + nth % 2 };
        let lines: Vec<Line> = line(product, quantity, call.at).into_iter().collect();
        let open = nth == 13;
        let call = if open { last } else { call };
        let id = write_order(work, random, scene, call, &lines, if open { "shipped" } else { "delivered" });
        let amount = totals(&lines).unwrap_or_default().total;
        if !open && paid + amount < AYSE_REVENUE {
            paid += amount;
            invoice(work, random, Some(ayse), Some(&id), amount, call.at + 30 * DAY, Some(call.at + 4 * DAY));
        }
    }
    // What she paid before the history that is shown here.
    let earlier = scene.now - 200 * DAY;
    invoice(work, random, Some(ayse), None, AYSE_REVENUE - paid, earlier, Some(earlier));
}

/// Two months back and two weeks ahead, at most four a day and agent, never two at once.
fn appointments(work: &mut Work, random: &mut Random, scene: &Scene<'_>) {
    let mut taken: HashSet<(i64, bool, i64)> = HashSet::new();
    let today = (scene.now + 3 * HOUR) / DAY * DAY - 3 * HOUR;
    for day in -60..14_i64 {
        for _ in 0..random.between(0, if day >= 0 { 4 } else { 2 }) {
            let (zeynep, slot) = (random.chance(50), random.between(0, 4));
            let midnight = today + day * DAY;
            let weekend =
                day_of(midnight, &turkish_time()).is_none_or(|date| date.weekday().to_monday_zero_offset() > 4);
            if weekend || !taken.insert((day, zeynep, slot)) {
                continue;
            }
            let starts_at =
                midnight + [10 * HOUR, 11 * HOUR + 30 * MINUTE, 14 * HOUR, 15 * HOUR + 30 * MINUTE][slot as usize];
            let ends_at = starts_at + *random.pick(&[30, 45, 60, 90]) * MINUTE;
            let status = match random.between(0, 10) {
                _ if ends_at > scene.now => "booked",
                0 => "no_show",
                1 => "cancelled",
                _ => "done",
            };
            let customer = random.between(1, scene.customers.len() as i64) as usize;
            let with = scene.user(if zeynep { ZEYNEP } else { MURAT });
            let made_at = (starts_at - 5 * DAY).min(scene.now - HOUR);
            let customer = scene.customer(Some(customer)).map(|customer| customer.id.clone());
            work.appointments.push(values![
                random.id("apt", made_at),
                customer,
                None::<String>,
                *random.pick(scene.words.appointments),
                starts_at,
                ends_at,
                with,
                status,
                "",
                scene.user(ZEYNEP),
                made_at,
                made_at
            ]);
        }
    }
}

impl Work {
    /// Writes all rows.
    pub(super) async fn write(self, tx: &mut Tx) -> Result<()> {
        tx.insert(INTO_TICKETS, self.tickets, "").await?;
        tx.insert("ticket_comments (id, ticket_id, at, by_id, text)", self.comments, "").await?;
        tx.insert(INTO_ORDERS, self.orders, "").await?;
        tx.insert(INTO_LINES, self.lines, "").await?;
        let into = "invoices (id, number, customer_id, order_id, amount, due_at, paid_at)";
        tx.insert(into, self.invoices, "").await?;
        tx.insert(INTO_APPOINTMENTS, self.appointments, "").await?;
        tx.insert("notes (id, customer_id, call_id, text, by_id, at)", self.notes, "").await?;
        Ok(())
    }
}
