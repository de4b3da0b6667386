//! The real daemon under calls and keyed tickets while its disk or its database fails for some seconds: calls go on, each
//! call has its row and each acknowledged ticket is there once, and everything is well again without a restart.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

use crate::caller::calls;
use crate::chance::is_long;
use crate::database::{self, Door, Lock};
use crate::keys::{keyed, saved_once, ticket};
use crate::world::business::Business;
use crate::world::desk::Desk;
use crate::world::wait_for;

/// Calls before, during and after the fault each.
const WAVE: usize = 20;
/// Desks that save.
const DESKS: usize = 3;

#[test]
fn a_disk_that_takes_nothing_costs_nothing() {
    let mut business = Business::with_agents(1);
    business.start();
    let limit = |bytes| {
        let pid = Pid::from_raw(i32::try_from(business.pid()).unwrap());
        prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    };
    // Neither the database nor the waiting file nor the log grows any more.
    under(&business, Duration::from_secs(5), || limit(Some(0)), || limit(None));
    assert_eq!(business.terminate(), Some(0));
}

#[test]
fn a_lock_held_for_longer_than_a_statement_waits_costs_nothing() {
    let mut business = Business::with_agents(1);
    business.start();
    let lock = std::sync::Mutex::new(None);
    let database = business.data().join("santral.db");
    let held = Duration::from_secs(if is_long() { 20 } else { 8 });
    under(&business, held, || *lock.lock().unwrap() = Some(Lock::on(&database)), || drop(lock.lock().unwrap().take()));
    assert_eq!(business.terminate(), Some(0));
}

#[test]
fn a_server_that_is_stopped_and_says_nothing_costs_nothing() {
    let Some((mut business, door)) = behind_a_door() else { return };
    business.start();
    let held = Duration::from_secs(if is_long() { 40 } else { 8 });
    under(&business, held, || door.hold(), || door.let_go());
    assert_eq!(business.terminate(), Some(0));
}

#[test]
fn a_server_that_is_killed_costs_nothing() {
    let Some((mut business, door)) = behind_a_door() else { return };
    business.start();
    under(&business, Duration::from_secs(4), || door.shut(), || door.open());
    assert_eq!(business.terminate(), Some(0));
}

#[test]
fn recordings_that_cannot_be_written_are_said_and_well_again_without_a_restart() {
    let mut business = Business::with_agents(1);
    business.start();
    let (folder, aside) = (business.data().join("recordings"), business.data().join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "no folder").unwrap();
    wait_for("/health to name the recordings", Duration::from_secs(30), || {
        let health = business.health()?;
        (health["status"] == "degraded" && health["checks"]["recordings"] != "ok").then_some(())
    });
    // A call that is to be recorded goes on without.
    assert_eq!(calls(&business.sip_address(), "600", 2), 2);
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    wait_for("/health to be well again", Duration::from_secs(30), || {
        (business.health()?["status"] == "ok").then_some(())
    });
    assert!(business.log().contains("well again"), "the log says it, too");
    assert_eq!(business.terminate(), Some(0));
}

/// `/health` writes a row of its own: nobody has to call before it is known.
#[test]
fn an_idle_daemon_says_that_its_database_cannot_be_written() {
    let mut business = Business::with_agents(1);
    business.start();
    let lock = Lock::on(&business.data().join("santral.db"));
    let of_database = |business: &Business, fits: &dyn Fn(&str) -> bool| {
        let health = business.health()?;
        fits(health["checks"]["database"].as_str()?).then_some(())
    };
    wait_for("/health to say so", Duration::from_secs(30), || of_database(&business, &|said| said != "ok"));
    drop(lock);
    wait_for("/health to be well again", Duration::from_secs(30), || of_database(&business, &|said| said == "ok"));
    assert_eq!(business.terminate(), Some(0));
}

/// Down is not busy: whoever reads it looks in another place.
#[test]
fn a_server_that_is_down_is_not_called_busy() {
    let Some((mut business, door)) = behind_a_door() else { return };
    business.start();
    let desk = business.desk("agent0");
    door.shut();
    wait_for("/health to say so", Duration::from_secs(30), || {
        let health = business.health()?;
        health["checks"]["database"].as_str()?.contains("cannot be reached").then_some(())
    });
    let (status, problem) = desk.post("/tickets", &ticket(1));
    assert_eq!((status, problem["code"].as_str()), (503, Some("database-away")), "{problem}");
    door.open();
    wait_for("/health to be well again", Duration::from_secs(30), || {
        (business.health()?["status"] == "ok").then_some(())
    });
    assert_eq!(business.terminate(), Some(0));
}

fn behind_a_door() -> Option<(Business, Door)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(database::postgres())?;
    let door = Door::before(&url);
    Some((Business::with_agents_on(1, &door.url(&url)), door))
}

/// Calls and tickets before, during and after a fault of so long, then the books.
fn under(business: &Business, lasts: Duration, fault: impl Fn(), mend: impl Fn()) {
    let (desk, boss) = (business.desk("agent0"), business.desk("boss"));
    let (is_over, tickets) = (AtomicBool::new(false), AtomicUsize::new(0));
    let wave = || assert_eq!(calls(&business.sip_address(), "500", WAVE), WAVE, "calls go on");
    std::thread::scope(|scope| {
        for _ in 0..DESKS {
            scope.spawn(|| save_until(&desk, &is_over, &tickets));
        }
        wave();
        fault();
        let begin = Instant::now();
        wave();
        wait_for("/health to say what is wrong", Duration::from_secs(30), || {
            (business.health()?["status"] == "degraded").then_some(())
        });
        std::thread::sleep(lasts.saturating_sub(begin.elapsed()));
        mend();
        wave();
        is_over.store(true, Ordering::SeqCst);
    });
    wait_for("/health to be well again", Duration::from_secs(60), || {
        (business.health()?["status"] == "ok").then_some(())
    });
    // The last calls may be on their way.
    let rows = wait_for("each call to have ended in its row", Duration::from_secs(20), || {
        let rows = boss.get("/calls?limit=100")["items"].as_array()?.clone();
        rows.iter().all(|row| row["ended_at"].is_string()).then_some(rows)
    });
    let wrong: Vec<_> = rows.iter().filter(|row| row["ending"]["by"] != "caller").collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(rows.len(), 3 * WAVE, "calls made and rows");
    saved_once(&boss, tickets.into_inner());
}

/// Saves one ticket after the other, each until somebody says that it is kept.
fn save_until(desk: &Desk, is_over: &AtomicBool, tickets: &AtomicUsize) {
    while !is_over.load(Ordering::SeqCst) {
        let n = tickets.fetch_add(1, Ordering::SeqCst);
        wait_for("a ticket to be kept", Duration::from_secs(120), || {
            let status = keyed(desk, "/tickets", &format!("key {n}"), &ticket(n), Duration::from_secs(4))?;
            assert!([201, 409, 503].contains(&status), "ticket {n}: {status}");
            (status == 201).then_some(())
        });
    }
    assert_eq!(keyed(desk, "/tickets", "no ticket", &json!({}), Duration::from_secs(4)), Some(422));
}
