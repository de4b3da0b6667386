//! Whoever repeats a keyed request until it is acknowledged has made one thing: clients that hang up at any moment, and a
//! daemon that is killed in the middle of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::chance::{Chance, is_long, seeds};
use crate::database;
use crate::world::business::Business;
use crate::world::desk::Desk;
use crate::world::wait_for;

/// Who saves at once, and how much each.
const LANES: usize = 4;
const EACH: usize = 50;

pub fn ticket(n: usize) -> Value {
    json!({ "subject": format!("ticket {n:05}") })
}

/// A POST under a key, by somebody who waits no longer than `patience`; the status, if one came.
pub fn keyed(desk: &Desk, path: &str, key: &str, body: &Value, patience: Duration) -> Option<u16> {
    let request = desk.to(path).header("Idempotency-Key", key).config().timeout_global(Some(patience)).build();
    Some(request.send(body.to_string()).ok()?.status().as_u16())
}

/// As many tickets as were acknowledged, each of them once.
pub fn saved_once(boss: &Desk, count: usize) {
    let mut subjects: BTreeMap<String, usize> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = boss.get(&format!("/tickets?limit=100{cursor}"));
        for item in page["items"].as_array().unwrap() {
            *subjects.entry(item["subject"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let doubled: Vec<_> = subjects.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
    assert_eq!(subjects.len(), count, "acknowledged and kept");
}

#[test]
fn clients_that_hang_up_double_nothing_on_sqlite() {
    hung_up(Business::with_agents(1));
}

#[test]
fn clients_that_hang_up_double_nothing_on_postgres() {
    let Some(business) = on_postgres() else { return };
    hung_up(business);
}

#[test]
fn a_kill_amid_keyed_requests_loses_and_doubles_nothing_on_sqlite() {
    killed(Business::with_agents(1));
}

#[test]
fn a_kill_amid_keyed_requests_loses_and_doubles_nothing_on_postgres() {
    let Some(business) = on_postgres() else { return };
    killed(business);
}

fn on_postgres() -> Option<Business> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(database::postgres())?;
    Some(Business::with_agents_on(1, &url))
}

/// Every request is first sent by somebody who is gone within twelve milliseconds, then again until it is acknowledged.
fn hung_up(mut business: Business) {
    business.start();
    let (desk, seed) = (business.desk("agent0"), seeds(1)[0]);
    eprintln!("SANTRAL_SEED={seed}");
    let (chance, gone) = (Chance::new(seed), AtomicUsize::new(0));
    lanes(|n| {
        let patience = Duration::from_micros(200 + chance.below(12_000));
        if keyed(&desk, "/tickets", &key(n), &ticket(n), patience).is_none() {
            gone.fetch_add(1, Ordering::SeqCst);
        }
        until_kept(&desk, n);
    });
    assert!(gone.into_inner() > LANES * EACH / 10, "seed {seed}: hardly anybody hung up");
    saved_once(&business.desk("boss"), LANES * EACH);
    assert_eq!(business.terminate(), Some(0));
}

/// The daemon is killed and started again while everybody repeats what was not acknowledged.
fn killed(mut business: Business) {
    business.start();
    let desk = business.desk("agent0");
    let kept = AtomicUsize::new(0);
    let kills = if is_long() { 20 } else { 3 };
    std::thread::scope(|scope| {
        let killing = scope.spawn(|| {
            for kill in 1..=kills {
                let so_many = LANES * EACH * kill / (kills + 1);
                wait_for("some tickets to be kept", Duration::from_secs(60), || {
                    (kept.load(Ordering::SeqCst) >= so_many).then_some(())
                });
                business.kill();
                business.start();
            }
            business
        });
        lanes(|n| {
            until_kept(&desk, n);
            kept.fetch_add(1, Ordering::SeqCst);
        });
        let mut business = killing.join().unwrap();
        saved_once(&business.desk("boss"), LANES * EACH);
        assert_eq!(business.terminate(), Some(0));
    });
}

fn key(n: usize) -> String {
    format!("key {n}")
}

fn until_kept(desk: &Desk, n: usize) {
    wait_for("a ticket to be kept", Duration::from_secs(90), || {
        (keyed(desk, "/tickets", &key(n), &ticket(n), Duration::from_secs(3))? == 201).then_some(())
    });
}

fn lanes(save: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let save = &save;
            scope.spawn(move || (0..EACH).for_each(|n| save(lane * EACH + n)));
        }
    });
}
