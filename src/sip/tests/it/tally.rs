//! What went over the wire, counted.

use std::time::Duration;

use sip::tally::OneWay;

use crate::peer::{Peer, WITH_SDP, request};

fn rows(way: &OneWay) -> Vec<(String, u64)> {
    let requests = way.requests().map(|(name, count)| row(name, count));
    let responses = way.responses().map(|(name, count)| row(name, count));
    requests.chain(responses).filter(|(_, count)| *count > 0).collect()
}

fn row(name: &str, count: u64) -> (String, u64) {
    (name.to_owned(), count)
}

#[test]
fn requests_and_answers_are_counted_by_method_and_class() {
    let mut peer = Peer::new();
    peer.say(&request("OPTIONS", "1", 1, "", ""));
    peer.say(&request("OPTIONS", "2", 2, "", ""));
    peer.say(&request("BYE", "3", 3, "gone", ""));
    for n in 0..50 {
        peer.say(&request(&format!("DANCE{n}"), &format!("x{n}"), 4 + n, "", ""));
    }
    let tally = peer.agent.tally();
    assert_eq!(rows(&tally.received), [row("BYE", 1), row("OPTIONS", 2), row("other", 50)]);
    assert_eq!(rows(&tally.sent), [row("2xx", 2), row("4xx", 1), row("5xx", 50)]);
    assert_eq!((tally.malformed, tally.received.repeated, tally.sent.repeated), (0, 0, 0));
}

#[test]
fn repetitions_are_counted_both_ways() {
    let mut peer = Peer::new();
    let invite = request("INVITE", "1", 1, "", WITH_SDP);
    peer.say(&invite);
    peer.say(&invite);
    let tally = peer.agent.tally();
    assert_eq!((tally.received.repeated, tally.sent.repeated), (1, 1), "the 100 again");
    assert_eq!(rows(&tally.received), [row("INVITE", 2)], "a repetition is a message too");
    assert_eq!(rows(&tally.sent), [row("1xx", 2)]);
}

#[test]
fn what_nobody_can_read_is_counted_and_a_keep_alive_is_not() {
    let mut peer = Peer::new();
    peer.say_bytes(b"\r\n\r\n");
    assert_eq!(peer.agent.tally().malformed, 0);
    peer.say_bytes(b"no message at all");
    peer.say_bytes(b"SIP/2.0 200 OK\r\n\r\n");
    peer.say(&request("OPTIONS", "1", 1, "", "").replace("CSeq: 1 OPTIONS\n", ""));
    peer.pass(Duration::from_secs(1));
    assert_eq!(peer.agent.tally().malformed, 3);
}
