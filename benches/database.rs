//! Lists, searches, look-ups and the start at a million customers and five million calls.
//!
//! `SANTRAL_BENCH_DATABASE` names the database (`sqlite:PATH` or `postgres://…`). An empty one is filled first, as
//! `santral seed` does, with `SANTRAL_BENCH_CUSTOMERS` and `SANTRAL_BENCH_CALLS`.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, missing_docs, reason = "a bench measures time")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pbx::event::{Direction, EndClass, EndedBy, Ending, Event, What};
use pbx::id::{CallId, QueueId};
use store::seed::{Language, Size, fill};
use store::{CallFilter, OrderFilter, PageAsk, Store, TicketFilter};

/// How often each question is asked.
const TIMES: usize = 40;

fn asked(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Times of one kind of question.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn tell(&mut self, what: &str, rows: usize) {
        self.0.sort_unstable();
        let at = |part: usize| self.0[(self.0.len() * part / 100).min(self.0.len() - 1)].as_secs_f64() * 1000.0;
        println!("{what:<44} {rows:>4} rows  p50 {:>7.2}  p99 {:>7.2} ms", at(50), at(99));
    }
}

/// Asks a question several times.
macro_rules! ask {
    ($all:ident, $what:expr, $question:expr) => {{
        let mut times = Times::default();
        let mut rows = 0;
        for _ in 0..TIMES {
            let begin = Instant::now();
            rows = $question.await.unwrap().items.len();
            times.0.push(begin.elapsed());
        }
        times.tell($what, rows);
        $all.0.extend(times.0);
    }};
}

#[tokio::main]
async fn main() {
    let url = std::env::var("SANTRAL_BENCH_DATABASE").unwrap_or_else(|_| "sqlite:santral-bench.db".to_owned());
    let size =
        Size { customers: asked("SANTRAL_BENCH_CUSTOMERS", 1_000_000), calls: asked("SANTRAL_BENCH_CALLS", 5_000_000) };
    let begin = Instant::now();
    let store = Store::open(&url).await.unwrap();
    println!("open: {:.0} ms", begin.elapsed().as_secs_f64() * 1000.0);
    if store.customers_list(None, &PageAsk::first(1)).await.unwrap().items.is_empty() {
        let begin = Instant::now();
        fill(&store, size, now(), Language::Turkish, |part, done, all| {
            if done % (all / 10).max(1) < 10_000 {
                eprintln!("{:>6.1} s {part:?} {done} / {all}", begin.elapsed().as_secs_f64());
            }
        })
        .await
        .unwrap();
        println!("seed: {:.0} s", begin.elapsed().as_secs_f64());
    }
    start(&store).await;
    questions(&store).await;
    look_ups(&store).await;
    journal(&store).await;
    store.close().await;
}

/// What a starting daemon asks.
async fn start(store: &Store) {
    let begin = Instant::now();
    store.recordings_unfinished().await.unwrap();
    store.calls_close_interrupted(now(), None).await.unwrap();
    store.statuses_since(now() - 16 * 3_600_000_000).await.unwrap();
    println!("what a start asks: {:.1} ms", begin.elapsed().as_secs_f64() * 1000.0);
}

async fn questions(store: &Store) {
    let mut all = Times::default();
    let first = PageAsk::first(50);
    let mut deep = first.clone();
    for _ in 0..40 {
        let next = store.calls_list(&CallFilter::default(), &PageAsk { limit: Some(100), ..deep }).await.unwrap().next;
        deep = PageAsk { cursor: next, limit: Some(50) };
    }
    let users = store.users_list().await.unwrap();
    let agent = users.iter().find(|user| user.name == "agent03").map(|user| user.id.clone());
    let customer = store.customers_list(Some("kaya"), &first).await.unwrap().items.pop().map(|row| row.id);
    let (from, to) = (Some(now() - 400 * 86_400_000_000), Some(now() - 399 * 86_400_000_000));
    let none = CallFilter::default;
    for (what, filter) in [
        ("calls", none()),
        ("calls of an agent", CallFilter { agent: agent.clone(), ..none() }),
        ("calls missed by an agent", CallFilter { agent: agent.clone(), missed: true, ..none() }),
        ("calls of a queue", CallFilter { queue: Some("kurumsal".to_owned()), ..none() }),
        ("calls missed", CallFilter { missed: true, ..none() }),
        ("calls missed in a queue", CallFilter { missed: true, queue: Some("kurumsal".to_owned()), ..none() }),
        ("calls of a day a year ago", CallFilter { from, to, ..none() }),
        ("calls recorded", CallFilter { recorded: true, ..none() }),
        ("calls of a customer", CallFilter { customer: customer.clone(), ..none() }),
    ] {
        ask!(all, what, store.calls_list(&filter, &first));
    }
    ask!(all, "calls, page 41", store.calls_list(&none(), &deep));
    for q in [
        "yılmaz",
        "zeynep",
        "ayşe yılmaz",
        "mehmet polat mobilya",
        "a",
        "şa",
        "zx",
        "qqqqq",
        "hiç kimse",
        "ilgaz ilgin",
        "0532 111 22 33",
        "2233",
        "5321",
        "7654321",
        "ticaret",
        "ornek",
    ] {
        let filter = CallFilter { q: Some(q.to_owned()), ..none() };
        ask!(all, &format!("calls “{q}”"), store.calls_list(&filter, &first));
        ask!(all, &format!("customers “{q}”"), store.customers_list(Some(q), &first));
    }
    for q in ["yılmaz", "qqqqq"] {
        let filter = CallFilter { q: Some(q.to_owned()), agent: agent.clone(), ..none() };
        ask!(all, &format!("calls of an agent “{q}”"), store.calls_list(&filter, &first));
        let filter = CallFilter { q: Some(q.to_owned()), from, to, ..none() };
        ask!(all, &format!("calls of a day “{q}”"), store.calls_list(&filter, &first));
    }
    for q in ["kargo", "talep 100100", "yok böyle", "kargo yılmaz"] {
        let filter = TicketFilter { q: Some(q.to_owned()), ..TicketFilter::default() };
        ask!(all, &format!("tickets “{q}”"), store.tickets_list(&filter, &first));
        let filter = OrderFilter { q: Some(q.to_owned()), ..OrderFilter::default() };
        ask!(all, &format!("orders “{q}”"), store.orders_list(&filter, &first));
    }
    let open = TicketFilter { status: Some(crm::ticket::Status::Open), ..TicketFilter::default() };
    ask!(all, "tickets open", store.tickets_list(&open, &first));
    let mine = TicketFilter { owner: agent, ..open };
    ask!(all, "tickets open of an agent", store.tickets_list(&mine, &first));
    ask!(all, "timeline", store.timeline(customer.as_deref().unwrap_or_default(), &first));
    all.tell("ALL LISTS AND SEARCHES", 0);
}

/// Cards of known and unknown callers, alone and while six searches go on without a pause.
async fn look_ups(store: &Store) {
    let known = store.customers_list(Some("mehmet"), &PageAsk::first(100)).await.unwrap().items;
    let numbers: Vec<String> = known.iter().filter_map(|row| Some(row.phones.first()?.number.clone())).collect();
    for crowd in [0, 6] {
        let searches: Vec<_> = (0..crowd)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move {
                    let words = ["hiç kimse", "yılmaz yok", "0532 999 99 99", "ilgaz ilgin", "zeynep x", "qqqq wwww"];
                    loop {
                        let filter = CallFilter { q: Some(words[n].to_owned()), ..CallFilter::default() };
                        let _ = store.calls_list(&filter, &PageAsk::first(50)).await;
                    }
                })
            })
            .collect();
        let mut times = Times::default();
        for number in numbers.iter().cycle().take(1000) {
            let begin = Instant::now();
            store.caller_for(Some(number), now()).await.unwrap();
            times.0.push(begin.elapsed());
        }
        times.tell(&format!("look-up with card, {crowd} searches beside it"), 1);
        for search in searches {
            search.abort();
        }
    }
}

/// Calls written by the journal, in batches of fifty.
async fn journal(store: &Store) {
    let begin = Instant::now();
    for batch in 0..20 {
        let events: Vec<Event> = (0..50).flat_map(|n| call(now() + batch * 1000 + n)).collect();
        store.journal_write(&events).await.unwrap();
    }
    println!("journal: {:.0} calls a second", 1000.0 / begin.elapsed().as_secs_f64());
}

fn call(at: i64) -> Vec<Event> {
    let call = CallId::new(store::new_id("c", at));
    let ending = Ending { class: EndClass::Abandoned, reason: "caller-hung-up".to_owned(), by: EndedBy::Caller };
    let (from, to) = (Some(format!("0532{:07}", at % 10_000_000)), "08501234567".to_owned());
    let display = Some("Ayşe Yılmaz".to_owned());
    let whats = [
        What::CallStarted { call: call.clone(), direction: Direction::In, from, display, to, trunk: None },
        What::CallQueued { call: call.clone(), queue: QueueId::new("destek"), position: 1 },
        What::CallEnded { call, ending },
    ];
    (1..).zip(whats).map(|(rev, what)| Event { id: store::new_id("evt", at), at, rev, what }).collect()
}
