//! A database that fails: whatever goes wrong at whatever step, the next write works, and nothing is kept by halves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use store::{Fault, Faults, NewTicket, PageAsk, Point, Store, StoreError, TicketFilter, Trouble};

use crate::opened::{NOON, Opened, both};

fn ticket(subject: &str) -> NewTicket {
    NewTicket {
        subject: subject.to_owned(),
        body: String::new(),
        priority: None,
        kind: None,
        customer: None,
        call: None,
        owner: None,
    }
}

async fn subjects(store: &Store) -> Vec<String> {
    let page = store.tickets_list(&TicketFilter::default(), &PageAsk::first(100)).await.unwrap();
    page.items.into_iter().map(|ticket| ticket.subject).collect()
}

/// The nth writing step fails, in one of two ways, with one of these errors.
fn fails_at(nth: u32, after: bool, error: fn() -> StoreError) -> Faults {
    let step = AtomicU32::new(0);
    Faults::new(move |_: Point| {
        let here = step.fetch_add(1, Ordering::Relaxed) == nth;
        here.then(|| if after { Fault::After(error()) } else { Fault::Before(error()) })
    })
}

both! {
    /// Each step of making a ticket fails in turn: the ticket is there once or not at all, as the answer said, unless the
    /// failing step was the commit itself, whose outcome nobody knows. The next ticket is always made.
    async fn a_write_that_fails_at_any_step_leaves_the_writer_whole(opened: &Opened) {
        let errors: [fn() -> StoreError; 3] =
            [|| StoreError::Away(Trouble::Full), || StoreError::Away(Trouble::CannotOpen), || StoreError::Busy];
        let mut round = 0;
        for error in errors {
            for after in [false, true] {
                let mut nth = 0;
                loop {
                    round += 1;
                    let store = Store::open_with(&opened.url, fails_at(nth, after, error)).await.unwrap();
                    let (first, second) = (format!("first {round}"), format!("second {round}"));
                    let made = store.ticket_insert(&ticket(&first), "usr_1", NOON).await;
                    let Err(refused) = made else {
                        store.close().await;
                        break;
                    };
                    assert!(refused.is_passing(), "{refused}");
                    store.ticket_insert(&ticket(&second), "usr_1", NOON + 1).await.unwrap();
                    let kept = subjects(&store).await;
                    assert_eq!(kept.iter().filter(|subject| **subject == second).count(), 1);
                    let firsts = kept.iter().filter(|subject| **subject == first).count();
                    assert!(firsts <= 1);
                    for made in store.tickets_list(&TicketFilter::default(), &PageAsk::first(100)).await.unwrap().items {
                        store.ticket_undo(&made.id, "usr_1", NOON).await.unwrap();
                    }
                    store.close().await;
                    nth += 1;
                }
                assert!(nth >= 3, "begin, statements and commit were all hit");
            }
        }
    }

    /// A request is given up at any moment (a browser closes, a clock runs out): no half is kept, nobody waits for it.
    async fn a_write_given_up_half_way_leaves_the_writer_whole(opened: &Opened) {
        let store = opened.store.clone();
        for given_up_after in (0..60).map(|n| Duration::from_micros(n * 150)) {
            let work = async {
                let new = ticket("given up");
                store.ticket_insert(&new, "usr_1", NOON).await
            };
            let _ = tokio::time::timeout(given_up_after, work).await;
            let next = ticket("kept");
            let made = store.ticket_insert(&next, "usr_1", NOON);
            let made = tokio::time::timeout(Duration::from_secs(4), made).await.expect("the writer is free at once").unwrap();
            store.ticket_undo(&made.id, "usr_1", NOON).await.unwrap();
        }
        let numbers: Vec<i64> = {
            let page = store.tickets_list(&TicketFilter::default(), &PageAsk::first(100)).await.unwrap();
            page.items.iter().map(|ticket| ticket.number).collect()
        };
        let mut unique = numbers.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), numbers.len());
    }
}

/// Another process holds SQLite's lock: busy while it lasts, and well at once afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_somebody_else_is_busy_and_leaves_nothing_behind() {
    use sqlx::{Connection, SqliteConnection};
    let opened = Opened::sqlite().await;
    let mut other = SqliteConnection::connect(&opened.url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let made = opened.store.ticket_insert(&ticket("too early"), "usr_1", NOON).await;
    assert!(matches!(made, Err(StoreError::Busy)), "{made:?}");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    opened.store.ticket_insert(&ticket("in time"), "usr_1", NOON).await.unwrap();
    assert_eq!(subjects(&opened.store).await, ["in time"]);
    opened.gone().await;
}

/// A database that grew to its limit refuses with the right word; when there is room again it takes the next write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_says_so_and_goes_on_when_there_is_room() {
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
    let opened = Opened::sqlite().await;
    let full = Arc::new(AtomicU32::new(0));
    let seen = full.clone();
    let faults = Faults::new(move |point| {
        let full = point == Point::Commit && seen.load(Ordering::Relaxed) == 1;
        full.then(|| Fault::Before(StoreError::Away(Trouble::Full)))
    });
    let store = Store::open_with(&opened.url, faults).await.unwrap();
    full.store(1, Ordering::Relaxed);
    for _ in 0..5 {
        let refused = store.ticket_insert(&ticket("no room"), "usr_1", NOON).await;
        assert!(matches!(refused, Err(StoreError::Away(Trouble::Full))), "{refused:?}");
    }
    full.store(0, Ordering::Relaxed);
    store.ticket_insert(&ticket("room"), "usr_1", NOON).await.unwrap();
    // Nobody left a lock behind.
    let mut other = SqliteConnection::connect(&opened.url).await.unwrap();
    let begin = AssertSqlSafe("BEGIN IMMEDIATE".to_owned());
    sqlx::query(begin).execute(&mut other).await.unwrap();
    store.close().await;
    opened.gone().await;
}
