//! The real daemon while its database is away: calls go on, a stop and a kill lose nothing, the exit code says what waits,
//! and what is back is used without a restart.

use std::time::Duration;

use serde_json::Value;

use crate::caller::calls;
use crate::database::{self, Door, Lock};
use crate::world::business::Business;
use crate::world::wait_for;

const CALLS: usize = 60;

/// A database that a test can take away and give back.
enum Away {
    Sqlite(Option<Lock>),
    Postgres(Door),
}

impl Away {
    fn leave(&mut self, business: &Business) {
        match self {
            Self::Sqlite(lock) => *lock = Some(Lock::on(&business.data().join("santral.db"))),
            Self::Postgres(door) => door.shut(),
        }
    }

    fn come_back(&mut self) {
        match self {
            Self::Sqlite(lock) => drop(lock.take()),
            Self::Postgres(door) => door.open(),
        }
    }
}

fn on_sqlite() -> (Business, Away) {
    (Business::with_agents(1), Away::Sqlite(None))
}

fn on_postgres() -> Option<(Business, Away)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(database::postgres())?;
    let door = Door::before(&url);
    let business = Business::with_agents_on(1, &door.url(&url));
    Some((business, Away::Postgres(door)))
}

#[test]
fn a_stop_while_sqlite_is_locked_loses_nothing() {
    let (business, away) = on_sqlite();
    stopped_while_away(business, away);
}

#[test]
fn a_stop_while_postgres_is_down_loses_nothing() {
    let Some((business, away)) = on_postgres() else { return };
    stopped_while_away(business, away);
}

#[test]
fn a_kill_while_sqlite_is_locked_loses_nothing() {
    let (business, away) = on_sqlite();
    killed_while_away(business, away);
}

#[test]
fn a_kill_while_postgres_is_down_loses_nothing() {
    let Some((business, away)) = on_postgres() else { return };
    killed_while_away(business, away);
}

#[test]
fn what_comes_back_is_used_without_a_restart_on_sqlite() {
    let (business, away) = on_sqlite();
    comes_back(business, away);
}

#[test]
fn what_comes_back_is_used_without_a_restart_on_postgres() {
    let Some((business, away)) = on_postgres() else { return };
    comes_back(business, away);
}

fn stopped_while_away(mut business: Business, mut away: Away) {
    business.start();
    away.leave(&business);
    assert_eq!(calls(&business.sip_address(), "500", CALLS), CALLS, "calls go on without a database");
    assert_eq!(business.terminate(), Some(3), "events wait in the file");
    assert!(business.log().contains("events wait in a file"), "the last line says so");
    away.come_back();
    business.start();
    balance(&business);
    assert_eq!(business.terminate(), Some(0));
}

fn killed_while_away(mut business: Business, mut away: Away) {
    business.start();
    away.leave(&business);
    assert_eq!(calls(&business.sip_address(), "500", CALLS), CALLS);
    let waiting = business.data().join("journal.waiting");
    wait_for("the last call's end to be in the file", Duration::from_secs(5), || {
        let text = std::fs::read(&waiting).unwrap_or_default();
        let ends = String::from_utf8_lossy(&text).matches("\"call.ended\"").count();
        (ends == CALLS).then_some(())
    });
    business.kill();
    away.come_back();
    business.start();
    balance(&business);
    assert_eq!(business.terminate(), Some(0));
}

fn comes_back(mut business: Business, mut away: Away) {
    business.start();
    away.leave(&business);
    assert_eq!(calls(&business.sip_address(), "500", CALLS), CALLS);
    wait_for("/health to name both", Duration::from_secs(15), || {
        let health = business.health().unwrap();
        let checks = &health["checks"];
        let both = checks["journal"] != "ok" && checks["database"] != "ok";
        (both && health["status"] == "degraded").then_some(())
    });
    away.come_back();
    wait_for("/health to be well again", Duration::from_secs(30), || {
        (business.health().unwrap()["status"] == "ok").then_some(())
    });
    balance(&business);
    assert_eq!(business.terminate(), Some(0));
}

/// As many rows as calls, each ended by its caller.
fn balance(business: &Business) {
    let boss = business.desk("boss");
    let page = boss.get("/calls?limit=100");
    let rows = page["items"].as_array().unwrap();
    let ended_by = |row: &Value| row["ending"]["by"].as_str().unwrap_or("nobody").to_owned();
    let wrong: Vec<_> = rows.iter().filter(|row| ended_by(row) != "caller").collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(rows.len(), CALLS);
}
