//! Every list runs along an index and every search asks one: the plans of the databases say so.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::appointments::appointments_select;
use crate::audit::audit_select;
use crate::callbacks::callbacks_select;
use crate::calls::calls_select;
use crate::customers::customers_select;
use crate::db::{Kind, Value};
use crate::orders::orders_select;
use crate::page::{Cursor, Select};
use crate::products::products_select;
use crate::tickets::tickets_select;
use crate::{AppointmentFilter, CallFilter, CallbackFilter, OrderFilter, Store, TicketFilter, timeline};

/// 23 November 2026, 12:00 in Türkiye.
const NOON: i64 = 1_795_424_400_000_000;

/// A list with one of its filters, and the index that drives it.
struct Asked {
    name: String,
    select: Box<dyn Fn(Option<String>) -> Select>,
    index: &'static str,
    alphabet: bool,
    searched: bool,
}

fn asked(name: &str, index: &'static str, select: impl Fn(Option<String>) -> Select + 'static) -> Asked {
    let alphabet = name.starts_with("customers") || name.starts_with("products");
    let searched =
        ["callbacks", "calls", "tickets", "orders", "customers", "products"].iter().any(|list| name.starts_with(list));
    Asked { name: name.to_owned(), select: Box::new(select), index, alphabet, searched }
}

/// The calls with what `set` asks for.
fn calls(name: &str, index: &'static str, set: impl Fn(&mut CallFilter) + 'static) -> Asked {
    asked(&format!("calls {name}"), index, move |q| {
        let mut filter = CallFilter { q, ..CallFilter::default() };
        set(&mut filter);
        calls_select(&filter)
    })
}

fn tickets(name: &str, index: &'static str, set: impl Fn(&mut TicketFilter) + 'static) -> Asked {
    asked(&format!("tickets {name}"), index, move |q| {
        let mut filter = TicketFilter { q, ..TicketFilter::default() };
        set(&mut filter);
        tickets_select(&filter)
    })
}

fn orders(name: &str, index: &'static str, set: impl Fn(&mut OrderFilter) + 'static) -> Asked {
    asked(&format!("orders {name}"), index, move |q| {
        let mut filter = OrderFilter { q, ..OrderFilter::default() };
        set(&mut filter);
        orders_select(&filter)
    })
}

fn appointments(name: &str, index: &'static str, set: impl Fn(&mut AppointmentFilter) + 'static) -> Asked {
    asked(&format!("appointments {name}"), index, move |_| {
        let mut filter = AppointmentFilter::default();
        set(&mut filter);
        appointments_select(&filter)
    })
}

fn callbacks(name: &str, index: &'static str, set: impl Fn(&mut CallbackFilter) + 'static) -> Asked {
    asked(&format!("callbacks {name}"), index, move |q| {
        let mut filter = CallbackFilter { q, ..CallbackFilter::default() };
        set(&mut filter);
        callbacks_select(&filter)
    })
}

fn some(word: &str) -> Option<String> {
    Some(word.to_owned())
}

fn lists() -> Vec<Asked> {
    let (solved, complaint) = (Some(crm::ticket::Status::Solved), Some(crm::ticket::Kind::Complaint));
    vec![
        calls("all", "calls_by_start", |_| ()),
        calls("of a customer", "calls_by_customer", |calls| calls.customer = some("cus_1")),
        calls("of an agent", "call_agents_by_part", |calls| calls.agent = some("usr_1")),
        calls("missed by an agent", "call_agents_by_miss", |calls| {
            (calls.agent, calls.missed) = (some("usr_1"), true);
        }),
        calls("of an agent since", "call_agents_by_part", |calls| {
            (calls.agent, calls.from) = (some("usr_1"), Some(NOON));
        }),
        calls("of a queue", "calls_by_queue", |calls| calls.queue = some("satis")),
        calls("missed", "calls_missed", |calls| calls.missed = true),
        calls("missed in a queue", "calls_missed_by_queue", |calls| {
            (calls.queue, calls.missed) = (some("satis"), true);
        }),
        calls("recorded", "calls_recorded", |calls| calls.recorded = true),
        calls("of a time", "calls_by_start", |calls| (calls.from, calls.to) = (Some(NOON - 1), Some(NOON))),
        calls("without a result", "calls_without_result", |calls| calls.unfinished = true),
        calls("without a result of an agent", "calls_without_result_by_agent", |calls| {
            (calls.agent, calls.unfinished) = (some("usr_1"), true);
        }),
        calls("of a queue and a time", "calls_by_queue", |calls| {
            (calls.queue, calls.from, calls.to) = (some("satis"), Some(NOON - 1), Some(NOON));
        }),
        tickets("all", "tickets_by_creation", |_| ()),
        tickets("by status", "tickets_by_status", move |tickets| tickets.status = solved),
        tickets("by kind", "tickets_by_kind", move |tickets| tickets.kind = complaint),
        tickets("by owner", "tickets_by_owner", |tickets| tickets.owner = some("usr_1")),
        tickets("by owner and status", "tickets_by_owner_and_status", move |tickets| {
            (tickets.owner, tickets.status) = (some("usr_1"), solved);
        }),
        tickets("of a customer", "tickets_by_customer", |tickets| tickets.customer = some("cus_1")),
        tickets("of a customer by status", "tickets_by_customer_and_status", move |tickets| {
            (tickets.customer, tickets.status) = (some("cus_1"), solved);
        }),
        orders("all", "orders_by_creation", |_| ()),
        orders("by status", "orders_by_status", |orders| orders.status = Some(crm::order::Status::Delivered)),
        orders("of a customer", "orders_by_customer", |orders| orders.customer = some("cus_1")),
        orders("unfinished", "orders_unfinished", |orders| orders.unfinished = true),
        appointments("all", "appointments_by_start", |_| ()),
        appointments("of a time", "appointments_by_start", |asked| {
            (asked.from, asked.to) = (Some(NOON), Some(NOON + 1));
        }),
        appointments("of a customer", "appointments_by_customer", |asked| asked.customer = some("cus_1")),
        appointments("with somebody", "appointments_by_person", |asked| {
            (asked.with, asked.from) = (some("usr_1"), Some(NOON));
        }),
        asked("customers", "customers_by_sort", |q| customers_select(q.as_deref())),
        asked("products", "products_by_sort", |q| products_select(q.as_deref())),
        callbacks("open", "callbacks_open_by_due", |_| ()),
        callbacks("of somebody", "callbacks_open_by_owner", |asked| asked.owner = some("usr_1")),
        callbacks("of a customer", "callbacks_open_by_customer", |asked| asked.customer = some("cus_1")),
        callbacks("ended", "callbacks_by_end", |asked| asked.done = true),
        callbacks("ended of somebody", "callbacks_ended_by_owner", |asked| {
            (asked.done, asked.owner) = (true, some("usr_1"));
        }),
        callbacks("ended of a customer", "callbacks_ended_by_customer", |asked| {
            (asked.done, asked.customer) = (true, some("cus_1"));
        }),
        asked("audit", "audit_by_time", |_| audit_select()),
    ]
}

async fn plan(store: &Store, statement: &str, values: Vec<Value>) -> Vec<String> {
    let (explain, column) = match store.db.kind() {
        Kind::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        Kind::Postgres => ("EXPLAIN", "QUERY PLAN"),
    };
    let rows = store.db.list(AssertSqlSafe(format!("{explain} {statement}")), values).await.unwrap();
    rows.iter().map(|row| row.get(column).unwrap()).collect()
}

/// A scan that reads a table whole, or a sort of more than the rows of one moment.
fn is_whole(line: &str) -> bool {
    // `n` are the rows near by, cut off by the list's own statement.
    let scan = line.contains("SCAN") && !line.contains("INDEX") && !line.contains("SCAN n");
    let scans = scan || line.contains("Seq Scan");
    let sorts = line.contains("TEMP B-TREE FOR ORDER BY") || line.contains("Sort");
    scans || sorts
}

async fn judge(store: &Store) {
    let kind = store.db.kind();
    for list in lists() {
        for (q, cursor) in [(None, false), (None, true), (some("yılmaz 532"), false), (some("ay"), true)] {
            if q.is_some() && !list.searched {
                continue;
            }
            let place = if list.alphabet { format!("5040\n{}", "cus_1") } else { format!("{NOON}\nc_1") };
            let hex: String = place.bytes().map(|byte| format!("{byte:02x}")).collect();
            let cursor = Cursor::parse(&hex).ok().filter(|_| cursor);
            for (step, (sql, values)) in (list.select)(q).statements(kind, cursor.as_ref()).unwrap() {
                let lines = plan(store, &sql, values).await;
                let told = format!("{} {step}: {sql}\n{lines:#?}", list.name);
                let by_words = ["by words", "horizon", "in turn"].contains(&step);
                // What the index of words finds is few and may be put in order; all else is in order already.
                let is_sorted = step == "by words";
                let fine = |line: &String| {
                    let is_read_whole = line.contains("Seq Scan") || line.contains("SCAN c");
                    !is_whole(line) || by_words && !is_read_whole && (is_sorted || !line.contains("B-TREE"))
                };
                assert!(lines.iter().all(fine), "{told}");
                let index = match (by_words, kind) {
                    (false, _) => list.index,
                    (true, Kind::Sqlite) => "VIRTUAL TABLE INDEX",
                    // With a filter the planner weighs the two indexes.
                    (true, Kind::Postgres) if list.name.contains(' ') || cursor.is_some() => "Index",
                    (true, Kind::Postgres) => "_by_words",
                };
                assert!(lines.iter().any(|line| line.contains(index)), "not driven by {index}: {told}");
            }
        }
    }
    for after in [None, Some((NOON, "c_1"))] {
        let (sql, values) = timeline::statement("cus_1", after, 51);
        let lines = plan(store, &sql, values).await;
        // `i` are the rows of the five parts, of each no more than stand on a page.
        let scan = |line: &String| line.contains("SCAN") && !line.contains("INDEX") && !line.contains("SCAN i");
        let is_part = |line: &String| {
            ["SCAN calls", "SCAN tickets", "SCAN orders", "SCAN appointments", "SCAN notes"].contains(&line.as_str())
        };
        assert!(!lines.iter().any(|line| line.contains("Seq Scan") || scan(line) && !is_part(line)), "{lines:#?}");
        for index in [
            "calls_by_customer",
            "tickets_by_customer",
            "orders_by_customer",
            "appointments_by_customer",
            "notes_by_customer",
        ] {
            assert!(lines.iter().any(|line| line.contains(index)), "{index}: {lines:#?}");
        }
    }
}

/// A database file of its own, and its folder.
pub(crate) async fn fresh_sqlite() -> (Store, std::path::PathBuf) {
    let folder = std::env::temp_dir().join(crate::new_id("santral-store", NOON));
    std::fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.join("santral.db").display())).await.unwrap();
    (store, folder)
}

/// A database of its own on the server of the tests with these settings, and what drops it; `None` without a server.
pub(crate) async fn fresh_postgres(settings: &[&str]) -> Option<(Store, PgConnection, String)> {
    let server = std::env::var("SANTRAL_TEST_POSTGRES_URL").ok()?;
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let name = crate::new_id("t", NOON);
    let made = [format!("CREATE DATABASE {name}")];
    let set = settings.iter().map(|setting| format!("ALTER DATABASE {name} SET {setting}"));
    for sql in made.into_iter().chain(set) {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    let (base, _) = server.rsplit_once('/').unwrap();
    let store = Store::open(&format!("{base}/{name}")).await.unwrap();
    Some((store, connection, format!("DROP DATABASE {name} WITH (FORCE)")))
}

#[tokio::test]
async fn every_list_and_search_is_driven_by_an_index_on_sqlite() {
    let (store, folder) = fresh_sqlite().await;
    judge(&store).await;
    store.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn every_list_and_search_is_driven_by_an_index_on_postgres() {
    // Small tables are read whole and sorted whatever the indexes; with that forbidden, the plans show what big ones get.
    let opened = fresh_postgres(&["enable_seqscan = off", "enable_sort = off"]).await;
    let Some((store, mut connection, drop)) = opened else { return };
    judge(&store).await;
    store.close().await;
    sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
}
