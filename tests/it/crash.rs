//! `kill -9` while calls are being recorded: files play, rows are closed, no ticket is lost.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::world::business::{self, Business, SECRET};
use crate::world::desk::Desk;
use crate::world::{free_even_port, left_out, sipp, wait_for};

const AGENTS: u32 = 20;
const ROUNDS: u64 = 10;
const CALLER_MEDIA: u16 = 24_000;
const AGENT_MEDIA: u16 = 25_000;

#[test]
fn a_killed_daemon_loses_at_most_a_second_of_each_recording_and_no_row_and_no_ticket() {
    if left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let mut business = Business::with_agents(AGENTS);
    business.start();
    let desks: Vec<Desk> = (0..AGENTS).map(|n| business.desk(&format!("agent{n}"))).collect();
    let boss = business.desk("boss");
    let mut tickets = Vec::new();
    let mut seen = 0;
    for round in 0..ROUNDS {
        let killed_at = a_round(&mut business, &desks, &mut tickets, round);
        business.start();
        let calls = new_calls(&boss, seen);
        seen += calls.len();
        let files = files(&business);
        assert_eq!(files.len(), seen, "as many files as calls, round {round}");
        for call in &calls {
            is_closed_and_plays(call, killed_at, &files, round);
        }
        for ticket in &tickets {
            boss.get(&format!("/tickets/{ticket}"));
        }
    }
    assert!(tickets.len() > usize::try_from(ROUNDS).unwrap() * 3, "tickets were written all the while");
    assert_eq!(business.terminate(), Some(0));
}

/// Twenty calls talk and record while tickets are written; then the process is killed. Returns that moment, ms UTC.
fn a_round(business: &mut Business, desks: &[Desk], tickets: &mut Vec<String>, round: u64) -> i64 {
    let port = free_even_port();
    let phones = sipp::phones(port, AGENT_MEDIA, 1_000.0);
    sipp::register_many(&business.sip_address(), 200, AGENTS, SECRET, port);
    for desk in desks {
        desk.start_shift();
    }
    let hold = Duration::from_secs(60);
    let callers = sipp::callers(&business.sip_address(), "600", AGENTS, hold, CALLER_MEDIA, 440.0);
    wait_for("twenty recordings to grow", Duration::from_secs(30), || {
        let files = business::recordings(&business.data());
        let growing = files.iter().filter(|file| file.metadata().is_ok_and(|meta| meta.len() > 60_000)).count();
        (growing >= usize::try_from((round + 1) * u64::from(AGENTS)).unwrap()).then_some(())
    });
    let stop = AtomicBool::new(false);
    let killed_at = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_tickets(&desks[0], &stop));
        // Not at a round moment: each round lands elsewhere between two flushes.
        std::thread::park_timeout(Duration::from_millis(400 + round * 137));
        let killed_at = millis();
        business.kill();
        stop.store(true, Ordering::Relaxed);
        tickets.extend(writer.join().unwrap());
        killed_at
    });
    callers.abandon();
    phones.abandon();
    killed_at
}

/// Writes tickets one after the other; returns those whose 201 came.
fn write_tickets(desk: &Desk, stop: &AtomicBool) -> Vec<String> {
    let mut kept = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        match desk.try_post("/tickets", &json!({"subject": "Kargo nerede?"})) {
            Some((201, ticket)) => kept.push(ticket["id"].as_str().unwrap().to_owned()),
            Some((status, body)) => panic!("{status} {body}"),
            None => break,
        }
    }
    kept
}

fn new_calls(boss: &Desk, seen: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = boss.get(&format!("/calls?limit=100{cursor}"));
        all.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    // Newest first: what was there before this round stands at the end.
    all.truncate(all.len() - seen);
    assert_eq!(all.len(), usize::try_from(AGENTS).unwrap(), "every call has its row");
    all
}

fn files(business: &Business) -> BTreeMap<String, PathBuf> {
    let all = business::recordings(&business.data());
    all.into_iter().map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

fn is_closed_and_plays(call: &Value, killed_at: i64, files: &BTreeMap<String, PathBuf>, round: u64) {
    let id = call["id"].as_str().unwrap();
    assert_eq!(call["ending"]["class"], "failed", "round {round}: {call}");
    assert_eq!(call["ending"]["reason"], "interrupted", "round {round}: {call}");
    let ended = time(&call["ended_at"]);
    assert!((killed_at - ended).abs() <= 1_200, "round {round}: ended {} ms from the kill", killed_at - ended);
    let talked = killed_at - time(&call["answered_at"]);
    let reader = hound::WavReader::open(&files[id]).unwrap();
    let length = i64::from(reader.duration()) * 1_000 / 8_000;
    assert!(length >= talked - 1_000, "round {round}: {length} ms kept of {talked} ms talked");
    assert!(length <= talked + 200, "round {round}: {length} ms kept of {talked} ms talked");
    assert_eq!(call["recording"]["millis"].as_i64().unwrap(), length, "round {round}: row and file agree");
}

fn time(value: &Value) -> i64 {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn millis() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
