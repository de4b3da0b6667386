//! What the index of words finds is what reading every row finds, in the same order, under every filter.

use pbx::event::{Direction, Event, What};
use pbx::id::CallId;
use sqlx::{AssertSqlSafe, Connection};

use crate::callbacks::callbacks_select;
use crate::calls::calls_select;
use crate::customers::customers_select;
use crate::page::{Cursor, Select};
use crate::plans::{fresh_postgres, fresh_sqlite};
use crate::seed::{Language, Size, fill};
use crate::tickets::tickets_select;
use crate::{CallFilter, CallbackFilter, NewCallback, PageAsk, Store, TicketFilter};

/// 23 November 2026, 12:00 in Türkiye.
const NOON: i64 = 1_795_424_400_000_000;

/// Parts of names, common and rare, in Turkish spelling; parts of numbers; words that nobody has.
const QUESTIONS: [&str; 12] = [
    "yılmaz",
    "şa",
    "a",
    "AYŞE yıl",
    "kaya mehmet",
    "ilgın",
    "532",
    "0532 11",
    "7",
    "qqqqq",
    "zeynep qqqqq",
    "ticaret",
];

async fn ids(store: &Store, (sql, values): (String, Vec<crate::db::Value>)) -> Vec<String> {
    let rows = store.db.list(AssertSqlSafe(sql), values).await.unwrap();
    rows.iter().map(|row| row.get("page_id").unwrap()).collect()
}

/// Both answers are one, from the beginning and from the middle on; how many rows were found.
async fn compare(store: &Store, what: &str, select: impl Fn() -> Select) -> usize {
    let kind = store.db.kind();
    let [fast, plain] = select().both_ways(kind, None, 100_000).unwrap();
    let all = ids(store, plain).await;
    assert_eq!(ids(store, fast).await, all, "{what}");
    // The page that a person is shown, and the one behind it.
    let page = select().page(&store.db, &PageAsk::first(20)).await.unwrap();
    assert_eq!(page.ids, all[..all.len().min(20)], "{what}, first page");
    let Some(next) = page.next else { return all.len() };
    let cursor = Cursor::parse(&next).unwrap();
    let [fast, plain] = select().both_ways(kind, Some(&cursor), 7).unwrap();
    let behind = ids(store, plain).await;
    assert_eq!(behind, all[20..all.len().min(27)], "{what}, behind");
    assert_eq!(ids(store, fast).await, behind, "{what}, behind");
    all.len()
}

async fn agree(store: &Store) {
    fill(store, Size { customers: 600, calls: 5_000 }, NOON, Language::Turkish, |_, _, _| ()).await.unwrap();
    let customers = store.customers_list(None, &PageAsk::first(80)).await.unwrap().items;
    for (n, row) in customers.iter().enumerate() {
        let new = NewCallback { customer: Some(row.id.clone()), ..NewCallback::default() };
        let made = store.callback_insert(&new, "usr_nobody", NOON + n as i64).await.unwrap();
        if n % 2 == 0 {
            let patch =
                crate::CallbackPatch { outcome: Some(Some(crm::callback::Outcome::Reached)), ..Default::default() };
            store.callback_patch(&made.id, None, &patch, "usr_nobody", NOON + 1000 - n as i64).await.unwrap();
        }
    }
    let users = store.users_list().await.unwrap();
    let agent = users.iter().find(|user| user.name == "agent03").map(|user| user.id.clone());
    assert!(agent.is_some());
    let mut found = 0;
    for q in QUESTIONS {
        let q = || Some(q.to_owned());
        let none = || CallFilter { q: q(), ..CallFilter::default() };
        let (from, to) = (Some(NOON - 300 * 86_400_000_000), Some(NOON - 100 * 86_400_000_000));
        let filters = [
            ("calls", none()),
            ("calls of an agent", CallFilter { agent: agent.clone(), ..none() }),
            ("calls missed by an agent", CallFilter { agent: agent.clone(), missed: true, ..none() }),
            ("calls of an agent in a time", CallFilter { agent: agent.clone(), from, to, ..none() }),
            ("calls without a result", CallFilter { agent: agent.clone(), unfinished: true, ..none() }),
            ("calls of a queue", CallFilter { queue: Some("kurumsal".to_owned()), ..none() }),
            ("calls missed", CallFilter { missed: true, ..none() }),
            ("calls in a time", CallFilter { from, to, ..none() }),
            ("calls recorded", CallFilter { recorded: true, ..none() }),
        ];
        for (what, filter) in filters {
            found += compare(store, &format!("{what} {filter:?}"), || calls_select(&filter)).await;
        }
        found += compare(store, &format!("customers {q:?}", q = q()), || customers_select(q().as_deref())).await;
        let tickets = TicketFilter { q: q(), ..TicketFilter::default() };
        found += compare(store, &format!("tickets {tickets:?}"), || tickets_select(&tickets)).await;
        for done in [false, true] {
            let callbacks = CallbackFilter { q: q(), done, ..CallbackFilter::default() };
            found += compare(store, &format!("{callbacks:?}"), || callbacks_select(&callbacks)).await;
        }
    }
    assert!(found > 5_000, "only {found} rows were compared");
    of_one_moment(store).await;
    renamed(store, &customers[0].id).await;
}

/// Calls of one moment are all found, each once, in the order of the list, whatever the size of the page.
async fn of_one_moment(store: &Store) {
    let events: Vec<Event> = (0..130)
        .map(|n| {
            let what = What::CallStarted {
                call: CallId::new(format!("c_tie_{:03}", (n * 37) % 130)),
                direction: Direction::In,
                from: Some("+902129876543".to_owned()),
                display: Some("Tıknefes".to_owned()),
                to: "500".to_owned(),
                trunk: None,
            };
            Event { id: format!("evt_tie_{n}"), at: NOON + 5, rev: 1, what }
        })
        .collect();
    store.journal_write(&events).await.unwrap();
    let all: Vec<String> = (0..130).rev().map(|n| format!("c_tie_{n:03}")).collect();
    for limit in [7, 50, 100] {
        let filter = CallFilter { q: Some("0212 987 65 43".to_owned()), ..CallFilter::default() };
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let ask = PageAsk { cursor, limit: Some(limit) };
            let page = calls_select(&filter).page(&store.db, &ask).await.unwrap();
            found.extend(page.ids);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, all, "pages of {limit}");
    }
}

/// An entry is found by the name its customer has now.
async fn renamed(store: &Store, customer: &str) {
    let patch = crate::CustomerPatch { name: Some("Öksüz Ğüğüm".to_owned()), ..Default::default() };
    store.customer_patch(customer, None, &patch, NOON).await.unwrap();
    for (q, count) in [("öksüz", 1), ("guğ", 1), ("ksuz", 1)] {
        let filter = CallbackFilter { q: Some(q.to_owned()), done: true, ..CallbackFilter::default() };
        let page = store.callbacks_list(&filter, &PageAsk::first(5)).await.unwrap();
        assert_eq!(page.items.len(), count, "{q}");
        let [fast, _] = callbacks_select(&filter).both_ways(store.db.kind(), None, 5).unwrap();
        assert_eq!(ids(store, fast).await, [page.items[0].id.clone()], "{q}");
    }
}

#[tokio::test]
async fn the_index_of_words_finds_what_reading_every_row_finds_on_sqlite() {
    let (store, folder) = fresh_sqlite().await;
    agree(&store).await;
    store.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn the_index_of_words_finds_what_reading_every_row_finds_on_postgres() {
    let Some((store, mut connection, drop)) = fresh_postgres(&[]).await else { return };
    agree(&store).await;
    store.close().await;
    sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
