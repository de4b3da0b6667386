//! Random faults at random statements while the journal writes and desks save work: each event is there once, and so is
//! each ticket whose keeping was acknowledged, under whatever number of repetitions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daemon::journal::{CAPACITY, Journal};
use daemon::media::MediaFigures;
use daemon::vitals::Vitals;
use pbx::event::{Direction, EndClass, EndedBy, Ending, Event, What};
use pbx::id::{CallId, UserId};
use store::{Answer, CallFilter, Fault, Faults, NewTicket, PageAsk, Point, Store, StoreError, TicketFilter, Trouble};
use tokio::sync::mpsc::{Sender, channel};

use crate::chance::{Chance, seeds};
use crate::database::{self, AGAIN, Door};
use crate::world::santral::folder;

/// Calls, and tickets, of one round.
const CALLS: u64 = 120;
const TICKETS: u64 = 60;

#[test]
fn random_faults_on_sqlite_lose_and_double_nothing() {
    for seed in seeds(4) {
        let data = folder("books");
        round(seed, &database::sqlite(&data), None, &data);
        std::fs::remove_dir_all(&data).unwrap();
    }
}

#[test]
fn random_faults_on_postgres_lose_and_double_nothing() {
    for seed in seeds(4) {
        let Some(url) = runtime().block_on(database::postgres()) else { return };
        let data = folder("books");
        let door = Door::before(&url);
        round(seed, &door.url(&url), Some(&door), &data);
        std::fs::remove_dir_all(&data).unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn round(seed: u64, url: &str, door: Option<&Door>, data: &Path) {
    eprintln!("SANTRAL_SEED={seed}");
    let lost = runtime().block_on(under_faults(seed, url, door, data));
    // The next run takes in what the first one could not write, and finds everything once.
    runtime().block_on(async {
        let store = Store::open(url).await.unwrap();
        let mut journal = Journal::open(store.clone(), data, vitals()).unwrap();
        journal.take_in().await.unwrap();
        let interrupted = store.calls_close_interrupted(1, None).await.unwrap();
        assert!(interrupted.is_empty(), "seed {seed}: {interrupted:?}");
        balance(&store, seed).await;
        store.close().await;
    });
    assert_eq!(lost, 0, "seed {seed}: events that neither database nor file took");
}

fn vitals() -> Arc<Vitals> {
    Arc::new(Vitals::new(Arc::new(MediaFigures::default())))
}

/// One run: calls begin and end, tickets are saved, and the database fails now and then. Returns how many events were left
/// in memory at the end.
async fn under_faults(seed: u64, url: &str, door: Option<&Door>, data: &Path) -> usize {
    let chance = Arc::new(Chance::new(seed));
    let on = Arc::new(AtomicBool::new(false));
    let store = Store::open_with(url, faults(chance.clone(), on.clone())).await.unwrap();
    let vitals = vitals();
    let mut journal = Journal::open(store.clone(), data, vitals.clone()).unwrap();
    journal.take_in().await.unwrap();
    let (events, inbox) = channel(CAPACITY);
    let (callbacks, _nobody) = channel(1);
    on.store(true, Ordering::SeqCst);
    let writing = journal.run(inbox, callbacks);
    let calling = calls(events, &chance, door);
    let saving = tickets(&store, &chance);
    tokio::join!(writing, calling, saving);
    let left = vitals.last_backlog();
    on.store(false, Ordering::SeqCst);
    store.close().await;
    left.memory
}

/// One writing step in twelve fails: before or after it took effect, for one of the passing reasons.
fn faults(chance: Arc<Chance>, on: Arc<AtomicBool>) -> Faults {
    Faults::new(move |_: Point| {
        if !on.load(Ordering::SeqCst) || !chance.happens(80) {
            return None;
        }
        let error = match chance.below(4) {
            0 => StoreError::Busy,
            1 => StoreError::Away(Trouble::Full),
            2 => StoreError::Away(Trouble::CannotOpen),
            _ => StoreError::Away(Trouble::Unreachable),
        };
        Some(if chance.happens(500) { Fault::Before(error) } else { Fault::After(error) })
    })
}

async fn calls(events: Sender<Event>, chance: &Chance, door: Option<&Door>) {
    for n in 0..CALLS {
        for event in call(n) {
            events.send(event).await.unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(chance.below(12))).await;
        if let Some(door) = door
            && chance.happens(40)
        {
            door.cut();
        }
    }
}

fn call(n: u64) -> [Event; 4] {
    let call = CallId::new(format!("c_{n:04}"));
    let at = i64::try_from(n).unwrap() * 1_000_000;
    let started = What::CallStarted {
        call: call.clone(),
        direction: Direction::In,
        from: Some(format!("0532111{n:04}")),
        display: None,
        to: "500".to_owned(),
        trunk: None,
    };
    let ivr = What::CallIvr { call: call.clone(), menu: "ana".to_owned(), key: None, language: "tr".to_owned() };
    let completed = What::CallCompleted {
        call: call.clone(),
        agent: UserId::new("zeynep"),
        disposition: "solved".to_owned(),
        note: String::new(),
    };
    let ending = Ending { class: EndClass::Completed, reason: "caller".to_owned(), by: EndedBy::Caller };
    let all = [started, ivr, What::CallEnded { call, ending }, completed];
    let mut rev = 0;
    all.map(|what| {
        rev += 1;
        Event { id: format!("evt_{n}_{rev}"), at: at + i64::try_from(rev).unwrap(), rev, what }
    })
}

/// Each ticket is saved under a key of its own and asked for again until somebody says that it is kept.
async fn tickets(store: &Store, chance: &Chance) {
    for n in 0..TICKETS {
        let key = format!("key {n}");
        loop {
            let answer = store.answer_of("usr_1", &key, 1).await;
            if matches!(answer, Ok(Some(_))) {
                break;
            }
            if matches!(answer, Ok(None)) && save(store, &key, n).await.is_ok() && chance.happens(500) {
                break;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn save(store: &Store, key: &str, n: u64) -> Result<(), StoreError> {
    let new = NewTicket {
        subject: format!("ticket {n}"),
        body: String::new(),
        priority: None,
        kind: None,
        customer: None,
        call: None,
        owner: None,
    };
    let unit = store.unit();
    let made = unit.store().ticket_insert(&new, "usr_1", 1).await?;
    let answer = Answer { body_hash: String::new(), status: 201, text: made.id };
    unit.store().answer_keep("usr_1", key, &answer, 1).await?;
    unit.commit().await
}

async fn balance(store: &Store, seed: u64) {
    let mut rows = 0;
    let mut cursor = None;
    loop {
        let ask = PageAsk { cursor, limit: Some(100) };
        let page = store.calls_list(&CallFilter::default(), &ask).await.unwrap();
        for call in &page.items {
            let ending = call.ending.as_ref().unwrap_or_else(|| panic!("seed {seed}: {} has no end", call.id));
            assert_eq!(ending.class, EndClass::Completed, "seed {seed}: {}", call.id);
            assert_eq!(call.disposition.as_deref(), Some("solved"), "seed {seed}: {}", call.id);
            assert_eq!(store.call_events(&call.id).await.unwrap().len(), 4, "seed {seed}: {}", call.id);
        }
        rows += page.items.len();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(rows, usize::try_from(CALLS).unwrap(), "seed {seed}: calls made and rows");
    let page = store.tickets_list(&TicketFilter::default(), &PageAsk::first(100)).await.unwrap();
    let mut subjects: BTreeMap<String, usize> = BTreeMap::new();
    for ticket in page.items {
        *subjects.entry(ticket.subject).or_default() += 1;
    }
    let doubled: Vec<_> = subjects.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "seed {seed}: {doubled:?}");
    assert_eq!(subjects.len(), usize::try_from(TICKETS).unwrap(), "seed {seed}: tickets acknowledged and kept");
}
