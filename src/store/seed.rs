//! A sample business for the demo and for tests, in Turkish or English: its people, 300 customers and 90 days of work.
//!
//! The same seed, moment and language give the same rows. A call's row is folded from its events like a real one's.

mod bulk;
mod calls;
mod customers;
mod names;
mod random;
mod work;

pub use bulk::{Part, Size, fill};
pub use names::Language;

use crate::db::{Tx, values};
use crate::error::Result;
use crate::{Role, Store, journal, products, tickets};
use random::Random;

/// Sign-in name of the first agent, extension 101.
pub const ZEYNEP: &str = "zeynep";
/// Sign-in name of the second agent, extension 102.
pub const MURAT: &str = "murat";
/// Sign-in name of the supervisor.
pub const ELIF: &str = "elif";
/// Sign-in name of the administrator.
pub const KEMAL: &str = "kemal";
/// The customer every tour begins with: VIP, a payment overdue, a complaint open.
pub const AYSE_NAME: &str = "Ayşe Yılmaz";
/// Her number as a key.
pub const AYSE_NUMBER: &str = "+905321112233";
/// Her number as people write it.
pub const AYSE_DISPLAY: &str = "0532 111 22 33";
/// Her company.
pub const AYSE_COMPANY: &str = "Yılmaz Ltd.";
/// Her overdue invoice.
pub const AYSE_INVOICE: &str = "F-2031";
/// What she owes, kuruş.
pub const AYSE_OWES: i64 = 1_245_000;
/// For how many days.
pub const AYSE_OVERDUE_DAYS: i64 = 23;
/// What she paid in the last twelve months, kuruş.
pub const AYSE_REVENUE: i64 = 18_430_000;
/// Subject of her complaint.
pub const AYSE_COMPLAINT: &str = "Geç teslimat";
/// A number that two customers share.
pub const SHARED_NUMBER: &str = "+902163334455";

/// Lengths of the sample conversations, ms. A recorded call's talk is as long as one of them; whoever owns the recordings
/// writes the sound.
pub const CONVERSATIONS: [u64; 12] =
    [19_400, 26_300, 31_700, 36_200, 41_900, 47_600, 53_100, 58_800, 66_500, 74_200, 87_300, 103_600];
/// Of the last so many days every answered call is recorded.
const RECORDED_DAYS: i64 = 21;

/// Customers made.
pub const CUSTOMERS: usize = 300;
/// Days of history.
pub const DAYS: i64 = 90;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSummary {
    /// People who may sign in; none has a password yet.
    pub users: usize,
    /// Customers.
    pub customers: usize,
    /// Calls.
    pub calls: usize,
    /// Tickets.
    pub tickets: usize,
    /// Orders.
    pub orders: usize,
    /// Appointments.
    pub appointments: usize,
    /// The customer every tour begins with, `cus_…`.
    pub ayse: String,
    /// Recorded calls, oldest first.
    pub recorded: Vec<Recorded>,
}

/// A call whose recording is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// `c_…`
    pub call: String,
    /// Place in [`CONVERSATIONS`].
    pub conversation: usize,
}

/// A person of the business.
struct Staff {
    id: String,
    name: &'static str,
    display_name: &'static str,
    role: Role,
    extension: Option<&'static str>,
}

/// Fills an empty database. People who may sign in have no password: the caller sets them.
///
/// # Errors
/// [`crate::StoreError::Conflict`] when the people or products are there already; database errors. Nothing is kept
/// then.
pub async fn demo(store: &Store, seed: u64, now: i64, language: Language) -> Result<DemoSummary> {
    let words = language.words();
    let mut random = Random::new(seed);
    let began = now - DAYS * DAY;
    let staff = staff(words, &mut random, began);
    let products = work::products(words, &mut random, began);
    let customers = customers::all(store, words, &mut random, now);
    let calls = calls::all(store, words, &mut random, &customers, now);
    let work = work::all(
        store,
        &mut random,
        &work::Scene { words, staff: &staff, customers: &customers, calls: &calls, products: &products, now },
    );

    let mut tx = store.db.begin().await?;
    let rows = staff.iter().map(|person| {
        let role = person.role.as_str();
        values![&person.id, person.name, person.display_name, role, person.extension, language.code(), "system", began]
    });
    let into = "users (id, name, display_name, role, extension, language, theme, created_at)";
    tx.insert(into, rows.collect(), "").await?;
    tx.insert(products::INTO_PRODUCTS, products.iter().map(|product| product.row.clone()).collect(), "").await?;
    customers::write(&mut tx, &customers).await?;
    let events: Vec<&pbx::event::Event> = calls.iter().flat_map(|call| &call.events).collect();
    journal::append(&mut tx, &events).await?;
    let folded = calls.iter().map(|call| crate::fold::Folded::of(&call.id, &call.events)).collect();
    store.write_calls(&mut tx, folded).await?;
    settle_old_callbacks(&mut tx, &staff, now).await?;
    let summary = DemoSummary {
        users: staff.len(),
        customers: customers.len(),
        calls: calls.len(),
        tickets: work.tickets.len(),
        orders: work.orders.len(),
        appointments: work.appointments.len(),
        ayse: customers.first().map(|ayse| ayse.id.clone()).unwrap_or_default(),
        recorded: calls.iter().filter_map(recorded).collect(),
    };
    work.write(&mut tx).await?;
    tx.run("UPDATE counters SET value = value + $2 WHERE name = $1", values!["ticket", summary.tickets]).await?;
    tx.run("UPDATE counters SET value = value + $2 WHERE name = $1", values!["order", summary.orders]).await?;
    tx.commit().await?;
    Ok(summary)
}

/// Nobody is still owed a call of days ago: those were called, or given up.
async fn settle_old_callbacks(tx: &mut Tx, staff: &[Staff], now: i64) -> Result<()> {
    let by = staff.first().map(|person| person.id.as_str());
    let sql = "UPDATE callbacks SET outcome = CASE WHEN misses > 1 THEN 'unreachable' ELSE 'reached' END, done_by = $1, \
               done_at = due_at + $2, updated_at = due_at + $2, rev = rev + 1 WHERE done_at IS NULL AND due_at < $3";
    tx.run(sql, values![by, HOUR, now - 2 * DAY]).await.map(|_| ())
}

fn recorded(call: &calls::SampleCall) -> Option<Recorded> {
    Some(Recorded { call: call.id.clone(), conversation: call.conversation? })
}

fn staff(words: &names::Words, random: &mut Random, began: i64) -> Vec<Staff> {
    let [zeynep, murat, elif, kemal] = words.staff;
    let mut person = |name, display_name, role, extension| Staff {
        id: random.id("usr", began),
        name,
        display_name,
        role,
        extension,
    };
    vec![
        person(ZEYNEP, zeynep, Role::Agent, Some("101")),
        person(MURAT, murat, Role::Agent, Some("102")),
        person(ELIF, elif, Role::Supervisor, None),
        person(KEMAL, kemal, Role::Admin, None),
    ]
}

/// The moment itself when somebody is at work then, else the last one before it: a sample started at night has no customer
/// who calls at four in the morning.
fn at_work(at: i64) -> i64 {
    let zone = crm::calendar::turkish_time();
    let midnight = |at| {
        let day = crm::calendar::day_of(at, &zone)?;
        Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond())
    };
    let (opens, closes) = (9 * HOUR, 17 * HOUR + 40 * MINUTE);
    match midnight(at) {
        Some(today) if at < today + opens => midnight(at - DAY).map_or(at, |before| before + closes),
        Some(today) => at.min(today + closes),
        None => at,
    }
}

/// Number of the first ticket and order, above which the counters go on.
fn first_number(counter: &str) -> i64 {
    if counter == "ticket" { 1001 } else { 5001 }
}

/// Columns of tickets, shared with the real inserts.
const INTO_TICKETS: &str = tickets::INTO_TICKETS;
