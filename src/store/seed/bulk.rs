//! A database as large as one likes: customers and calls by the million, for benches and for trying out.
//!
//! Who customer number n is follows from n, so nothing is remembered between batches. The big tables' indexes and triggers
//! are put aside while they are filled and made again at the end, which is several times faster; what was put aside is
//! kept in the database itself, so that a run that was cut off is mended by the next. Calls have rows and no events.

use crm::text::{fold, sort_key};
use sqlx::AssertSqlSafe;

use super::names::Words;
use super::random::Random;
use super::{DAY, HOUR, Language, MINUTE};
use crate::db::{Kind, Tx, Value, values};
use crate::error::{Result, StoreError};
use crate::fields::search_text;
use crate::search::spaced;
use crate::{Role, Store, journal, tickets};

/// How large.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Customers in all.
    pub customers: u64,
    /// Calls in all.
    pub calls: u64,
}

/// What is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Customers with their numbers and tags.
    Customers,
    /// Calls with what was made from them.
    Calls,
    /// Indexes.
    Indexes,
}

/// Rows of one transaction.
const BATCH: u64 = 10_000;
/// The customers before are those of the sample business.
const FIRST: u64 = super::CUSTOMERS as u64;
/// Over so many days the calls are spread.
const DAYS: i64 = 730;
/// Agents beside the two of the sample business.
const AGENTS: usize = 18;
/// What tells a seeded database from one in which people work.
const MARK: &str = "seeded";
/// The tables that are filled.
const TABLES: &str = "('customers', 'customer_phones', 'customer_tags', 'calls', 'call_agents', 'tickets')";

/// Fills an empty database, or one that was seeded before, up to this size. `told` hears how far a part is.
///
/// # Errors
/// [`StoreError::Conflict`] `in-use` when the database holds anything else; database errors.
pub async fn fill(
    store: &Store,
    size: Size,
    now: i64,
    language: Language,
    mut told: impl FnMut(Part, u64, u64),
) -> Result<()> {
    let agents = begin(store, now, language).await?;
    put_aside(store).await?;
    let known = count(store, "customers").await?;
    for first in (known..size.customers).step_by(BATCH as usize) {
        let end = (first + BATCH).min(size.customers);
        let mut tx = store.db.begin().await?;
        customers(&mut tx, store, language.words(), first..end, now).await?;
        tx.commit().await?;
        told(Part::Customers, end, size.customers);
    }
    let (known, people) = (count(store, "calls").await?, size.customers.max(known));
    let mut ticket = number(store, "ticket").await?;
    for first in (known..size.calls).step_by(BATCH as usize) {
        let scene = Scene { words: language.words(), agents: &agents, people, size, now };
        let end = (first + BATCH).min(size.calls);
        let mut tx = store.db.begin().await?;
        calls(&mut tx, &scene, first..end, &mut ticket).await?;
        tx.run("UPDATE counters SET value = $1 WHERE name = 'ticket'", values![ticket]).await?;
        tx.commit().await?;
        told(Part::Calls, end, size.calls);
    }
    finish(store, told).await
}

/// Makes the sample business where there is none; refuses a database that is not ours. Gives the agents' ids.
async fn begin(store: &Store, now: i64, language: Language) -> Result<Vec<String>> {
    let marked = store.db.row("SELECT value FROM counters WHERE name = $1", values![MARK]).await?.is_some();
    let used = "SELECT id FROM users UNION ALL SELECT id FROM customers UNION ALL SELECT id FROM calls LIMIT 1";
    if !marked && store.db.row(used, Vec::new()).await?.is_some() {
        return Err(StoreError::Conflict("in-use"));
    }
    let mark = "INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO NOTHING";
    store.db.run(mark, values![MARK]).await?;
    if count(store, "users").await? == 0 {
        super::demo(store, 1, now, language).await?;
    }
    hire(store, language, now).await?;
    let rows = store.db.rows("SELECT id FROM users WHERE extension IS NOT NULL ORDER BY extension", Vec::new()).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Makes up the number of agents.
async fn hire(store: &Store, language: Language, now: i64) -> Result<()> {
    let mut random = Random::new(7);
    let words = language.words();
    for n in 0..AGENTS {
        let new = crate::NewUser {
            name: format!("agent{:02}", n + 3),
            display_name: format!("{} {}", random.pick(words.women), random.pick(words.surnames)),
            role: Role::Agent,
            extension: Some((103 + n).to_string()),
            password_hash: None,
            language: language.code().to_owned(),
        };
        if store.user_by_name(&new.name).await?.is_none() {
            store.user_insert(&new, now).await?;
        }
    }
    Ok(())
}

async fn count(store: &Store, table: &'static str) -> Result<u64> {
    let row = store.db.row(AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM {table}")), Vec::new()).await?;
    let rows: i64 = row.map_or(Ok(0), |row| row.get("n"))?;
    Ok(u64::try_from(rows).unwrap_or_default())
}

async fn number(store: &Store, counter: &'static str) -> Result<i64> {
    let row = store.db.row("SELECT value FROM counters WHERE name = $1", values![counter]).await?;
    row.map_or(Ok(0), |row| row.get("value"))
}

/// Drops indexes and triggers of the tables that are filled, having written down how they are made.
async fn put_aside(store: &Store) -> Result<()> {
    let mut tx = store.db.begin().await?;
    tx.run("CREATE TABLE IF NOT EXISTS seed_aside (name TEXT PRIMARY KEY, made_by TEXT NOT NULL)", Vec::new()).await?;
    let listed = match store.db.kind() {
        Kind::Sqlite => format!(
            "SELECT type || ' ' || name AS name, sql AS made_by FROM sqlite_master \
             WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN {TABLES}"
        ),
        Kind::Postgres => format!(
            "SELECT 'index ' || i.indexname AS name, i.indexdef AS made_by FROM pg_indexes i \
             WHERE i.schemaname = current_schema() AND i.tablename IN {TABLES} \
             AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
        ),
    };
    for row in tx.rows(AssertSqlSafe(listed), Vec::new()).await? {
        let (name, made_by): (String, String) = (row.get("name")?, row.get("made_by")?);
        let sql = "INSERT INTO seed_aside (name, made_by) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        tx.run(sql, values![&name, made_by]).await?;
        tx.run(AssertSqlSafe(format!("DROP {name}")), Vec::new()).await?;
    }
    if store.db.kind() == Kind::Postgres {
        for table in TABLES.split('\'').filter(|table| table.chars().any(char::is_alphabetic)) {
            tx.run(AssertSqlSafe(format!("ALTER TABLE {table} DISABLE TRIGGER USER")), Vec::new()).await?;
        }
    }
    tx.commit().await?;
    if store.db.kind() == Kind::Sqlite {
        // Sorting five million rows in memory is what the daemon's own setting would do.
        store.db.run("PRAGMA temp_store = file", Vec::new()).await?;
    }
    Ok(())
}

/// Makes the indexes of words, the indexes and the triggers again.
async fn finish(store: &Store, mut told: impl FnMut(Part, u64, u64)) -> Result<()> {
    let rows = store.db.rows("SELECT name, made_by FROM seed_aside ORDER BY name", Vec::new()).await?;
    let steps = rows.len() as u64 + 4;
    for (done, row) in (1..).zip(&rows) {
        // `index …` comes before `trigger …`; the words are filled in between by the last steps.
        let (name, made_by): (String, String) = (row.get("name")?, row.get("made_by")?);
        if name.starts_with("index") {
            store.db.run_long(AssertSqlSafe(made_by)).await?;
            told(Part::Indexes, done, steps);
        }
    }
    match store.db.kind() {
        Kind::Sqlite => words_on_sqlite(store).await?,
        Kind::Postgres => {
            for table in TABLES.split('\'').filter(|table| table.chars().any(char::is_alphabetic)) {
                let sql = format!("ALTER TABLE {table} ENABLE TRIGGER USER");
                store.db.run_long(AssertSqlSafe(sql)).await?;
                store.db.run_long(AssertSqlSafe(format!("ANALYZE {table}"))).await?;
            }
        }
    }
    for row in &rows {
        let (name, made_by): (String, String) = (row.get("name")?, row.get("made_by")?);
        if name.starts_with("trigger") {
            store.db.run_long(AssertSqlSafe(made_by)).await?;
        }
    }
    store.db.run_long("DROP TABLE seed_aside").await?;
    if store.db.kind() == Kind::Sqlite {
        store.db.run_long("PRAGMA temp_store = memory").await?;
    }
    told(Part::Indexes, steps, steps);
    Ok(())
}

async fn words_on_sqlite(store: &Store) -> Result<()> {
    for (table, filled) in [
        ("customer_search", "SELECT place, found_by FROM customers ORDER BY place"),
        (
            "call_search",
            "SELECT started_at, group_concat(found_by, '') FROM calls GROUP BY started_at ORDER BY started_at",
        ),
        ("ticket_search", "SELECT number, found_by FROM tickets ORDER BY number"),
    ] {
        for sql in [
            format!("INSERT INTO {table} ({table}) VALUES ('delete-all')"),
            format!("INSERT INTO {table} (rowid, words) {filled}"),
            format!("INSERT INTO {table} ({table}) VALUES ('optimize')"),
        ] {
            store.db.run_long(AssertSqlSafe(sql)).await?;
        }
    }
    Ok(())
}

/// Who customer number n is.
struct Person {
    id: String,
    name: String,
    company: Option<String>,
    email: Option<String>,
    number: String,
    created_at: i64,
}

impl Person {
    fn of(words: &Words, n: u64, now: i64) -> Self {
        let mut random = Random::new(n.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x5eed);
        let woman = random.chance(50);
        let first = *random.pick(if woman { words.women } else { words.men });
        let name = format!("{first} {}", random.pick(words.surnames));
        let company = random.chance(45).then(|| {
            format!("{} {} {}", random.pick(words.surnames), random.pick(words.trades), random.pick(words.forms))
        });
        let email = random.chance(60).then(|| format!("{}@{}", fold(&name).replace(' ', "."), words.mail_host));
        // Seven digits that no other n has, spread over all of them.
        let areas = Language::Turkish.words().mobiles;
        let area = areas[usize::try_from(n / 8_000_000).unwrap_or_default() % areas.len()];
        let number = format!("{area}{:07}", 2_000_000 + (n % 8_000_000) * 5_234_567 % 8_000_000);
        let created_at = now - DAYS * DAY - i64::try_from(n % 3000).unwrap_or_default() * DAY;
        let mut of = Random::new(n ^ 0xc057);
        Self { id: of.id("cus", created_at), name, company, email, number, created_at }
    }

    fn search(&self) -> String {
        search_text(&self.name, self.company.as_deref(), self.email.as_deref())
    }
}

async fn customers(tx: &mut Tx, store: &Store, words: &Words, numbers: std::ops::Range<u64>, now: i64) -> Result<()> {
    let (mut rows, mut phones, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    for n in numbers {
        let person = Person::of(words, n, now);
        let search = person.search();
        let mut found_by = spaced(&search);
        if n % 10 == 0 {
            let tag = words.tags[usize::try_from(n / 10).unwrap_or_default() % words.tags.len()];
            found_by += &spaced(&fold(tag));
            tags.push(values![&person.id, tag, fold(tag), person.created_at]);
        }
        found_by += &spaced(person.number.trim_start_matches('+'));
        let display = store.display_number(&person.number);
        phones.push(values![&person.id, &person.number, &display, &display, 0_i64]);
        rows.push(values![
            &person.id,
            &person.name,
            &person.company,
            &person.email,
            search,
            sort_key(&person.name),
            found_by,
            person.created_at,
            person.created_at
        ]);
    }
    tx.insert("customers (id, name, company, email, search, sort, found_by, created_at, updated_at)", rows, "").await?;
    if store.db.kind() == Kind::Sqlite {
        let places = "UPDATE customers SET place = rowid WHERE place IS NULL AND rowid > \
                      (SELECT MAX(rowid) - $1 FROM customers)";
        tx.run(places, values![BATCH]).await?;
    }
    tx.insert("customer_phones (customer_id, number, display, original, place)", phones, "").await?;
    tx.insert("customer_tags (customer_id, tag, tag_key, added_at)", tags, "").await?;
    Ok(())
}

/// What calls are made of.
struct Scene<'a> {
    words: &'a Words,
    agents: &'a [String],
    people: u64,
    size: Size,
    now: i64,
}

const QUEUES: [&str; 3] = ["destek", "satis", "kurumsal"];
const INTO_CALLS: &str = "calls (id, direction, from_number, from_key, to_number, trunk, customer_id, queue, agent_id, language, \
                          started_at, answered_at, ended_at, wait_ms, talk_ms, end_class, end_reason, end_by, missed, rec_state, \
                          rec_started_at, rec_millis, disposition, search, found_by)";

async fn calls(tx: &mut Tx, scene: &Scene<'_>, numbers: std::ops::Range<u64>, ticket: &mut i64) -> Result<()> {
    let (mut rows, mut agents, mut tickets) = (Vec::new(), Vec::new(), Vec::new());
    for n in numbers {
        let mut random = Random::new(n ^ 0xca11_0000_0000);
        let at = scene.moment(n, &mut random);
        let id = random.call_id(at);
        let known = random.chance(78).then(|| {
            // A tenth of them makes half of the calls.
            let busy = random.chance(50);
            let among = if busy { (scene.people / 10).max(1) } else { scene.people };
            Person::of(scene.words, FIRST + random.next() % among.saturating_sub(FIRST).max(1), scene.now)
        });
        let known = known.filter(|_| scene.people > FIRST);
        let number = match &known {
            Some(person) => person.number.clone(),
            None => random.number(scene.words.landlines),
        };
        let (rare, sales) = (random.chance(1), random.chance(38));
        let queue = QUEUES[if rare { 2 } else { usize::from(sales) }];
        let agent = random.pick(scene.agents);
        let (answered, rang) = (random.chance(86), random.chance(30));
        let (wait, talk) = (random.between(2, 60) * 1000, random.between(25, 400) * 1000);
        let answered_at = answered.then_some(at + wait * 1000);
        let ended_at = at + (wait + if answered { talk } else { 0 }) * 1000;
        let named = known.as_ref().map(Person::search).unwrap_or_default();
        let found_by = spaced(&named) + &spaced(number.trim_start_matches('+'));
        let (class, reason, by) =
            if answered { ("completed", "normal", "caller") } else { ("abandoned", "caller-hung-up", "caller") };
        let customer = known.as_ref().map(|person| person.id.clone());
        rows.push(values![
            &id,
            "in",
            &number,
            &number,
            "08501234567",
            None::<String>,
            &customer,
            queue,
            answered.then(|| agent.clone()),
            scene.words.language.code(),
            at,
            answered_at,
            ended_at,
            wait,
            if answered { talk } else { 0 },
            class,
            reason,
            by,
            !answered,
            answered.then_some("ready"),
            answered_at,
            if answered { talk } else { 0 },
            answered.then_some("resolved"),
            "",
            found_by
        ]);
        if answered || rang {
            agents.push(values![&id, agent, answered, !answered, true, at]);
        }
        if answered && random.chance(5) {
            *ticket += 1;
            tickets.push(scene.ticket(&mut random, *ticket, &id, customer.as_deref(), &named, agent, at));
        }
    }
    tx.insert(INTO_CALLS, rows, "").await?;
    tx.insert(journal::INTO_AGENTS, agents, "").await?;
    tx.insert(INTO_TICKETS, tickets, "").await?;
    Ok(())
}

const INTO_TICKETS: &str = "tickets (id, number, subject, body, status, priority, kind, customer_id, call_id, owner_id, due_at, \
                            search, created_by, created_at, updated_at, found_by)";

impl Scene<'_> {
    /// When call number n comes: the calls are spread evenly, at the hours of a working day.
    fn moment(&self, n: u64, random: &mut Random) -> i64 {
        let begin = self.now - DAYS * DAY;
        let span = u64::try_from((DAYS - 91) * DAY).unwrap_or_default() / self.size.calls.max(1);
        let at = begin + i64::try_from(span * n).unwrap_or_default() + random.between(0, span.cast_signed());
        let (day, hour) = (at / DAY, at % DAY);
        day * DAY + 6 * HOUR + hour * 10 / 24
    }

    #[allow(clippy::too_many_arguments, reason = "one row")]
    fn ticket(
        &self,
        random: &mut Random,
        number: i64,
        call: &str,
        customer: Option<&str>,
        named: &str,
        agent: &str,
        at: i64,
    ) -> Vec<Value> {
        let made_at = at + 4 * MINUTE;
        let subject = random.pick(self.words.subjects);
        let search = tickets::search_text(number, subject.title, subject.body);
        let found_by = spaced(&search) + &spaced(named);
        let status = if random.chance(2) { "open" } else { "closed" };
        values![
            random.id("tkt", made_at),
            number,
            subject.title,
            subject.body,
            status,
            "normal",
            subject.kind,
            customer,
            call,
            agent,
            None::<i64>,
            search,
            agent,
            made_at,
            made_at,
            found_by
        ]
    }
}
