//! Where requests within a call go: what the far end writes of itself, and where it is seen.

use bytes::Bytes;
use sip::Method;
use sip::user_agent::Event;

use crate::branches::{accept, call};
use crate::pair::{ANSWER, OFFER, header};
use crate::peer::{HERE, Peer, WITH_SDP, request};

#[test]
fn requests_of_a_call_of_ours_go_back_to_where_it_was_sent_when_the_contact_leads_nowhere() {
    for (contact, expected) in [
        ("192.168.44.5:5060", HERE),
        ("127.0.0.1:5060", HERE),
        ("169.254.1.1", HERE),
        ("10.0.0.9:5070", "10.0.0.9:5070"),
        ("203.0.113.7:5099", "203.0.113.7:5099"),
    ] {
        let mut peer = Peer::new();
        let (dialog, invite) = call(&mut peer, None);
        peer.say_bytes(accept(&invite, "one").replace(HERE, contact).replace('\n', "\r\n").as_bytes());
        let ack = peer.heard.pop().unwrap();
        assert!(ack.1.starts_with("ACK "), "{}", ack.1);
        peer.on(|agent, now| agent.reinvite(now, dialog, Bytes::from_static(OFFER)));
        let reinvite = peer.heard.pop().unwrap();
        peer.on(|agent, now| {
            agent.request_in_dialog(now, dialog, Method::Info, &[], Bytes::new());
            agent.request_in_dialog(now, dialog, Method::Notify, &[("Event", "talk".into())], Bytes::new());
            agent.request_in_dialog(now, dialog, Method::Update, &[], Bytes::new());
            agent.bye(now, dialog);
        });
        let sent: Vec<_> = [ack, reinvite].into_iter().chain(std::mem::take(&mut peer.heard)).collect();
        assert_eq!(sent.len(), 6);
        for (to, text) in sent {
            assert_eq!(to.remote, expected.parse().unwrap(), "Contact {contact}: {text}");
            assert!(text.lines().next().unwrap().contains(&format!(" sip:one@{contact} ")), "{text}");
        }
    }
}

#[test]
fn a_peer_that_moves_is_called_where_it_is_now() {
    let mut peer = Peer::new();
    peer.say(&request("INVITE", "inv", 1, "", WITH_SDP));
    let Some(Event::Invite { dialog, .. }) = peer.told().pop() else { panic!("no call") };
    peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
    let tag = header(&peer.texts()[0], "To").unwrap().split_once("tag=").unwrap().1.to_owned();
    peer.say(&request("ACK", "ack", 1, &tag, ""));
    peer.remote = "198.51.100.7:41000".parse().unwrap();
    peer.say(&request("INFO", "old", 1, &tag, ""));
    peer.say(&request("INFO", "stranger", 3, "0123456789abcdef", ""));
    let moved = peer.remote;
    peer.remote = HERE.parse().unwrap();
    peer.on(|agent, now| agent.request_in_dialog(now, dialog, Method::Info, &[], Bytes::new()));
    assert_eq!(peer.heard.pop().unwrap().0.remote, peer.remote, "neither a late request nor a guess moves a call");
    peer.remote = moved;
    peer.say(&request("INFO", "info", 2, &tag, ""));
    peer.on(|agent, now| agent.bye(now, dialog));
    let (to, bye) = peer.heard.pop().unwrap();
    assert!(bye.starts_with("BYE "), "{bye}");
    assert_eq!(to.remote, moved, "its Via and its Contact are private, so it is where it was seen last");
}

#[test]
fn a_phone_without_rport_is_called_at_the_port_it_writes_and_one_with_rport_where_it_is_seen() {
    for (rport, expected) in [("", HERE), (";rport", "10.0.0.9:41000")] {
        let mut peer = Peer::new();
        peer.remote = "10.0.0.9:41000".parse().unwrap();
        peer.say(&request("INVITE", "inv", 1, "", WITH_SDP).replace(";rport", rport));
        let Some(Event::Invite { dialog, .. }) = peer.told().pop() else { panic!("no call") };
        peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
        let tag = header(&peer.texts()[0], "To").unwrap().split_once("tag=").unwrap().1.to_owned();
        peer.say(&request("ACK", "ack", 1, &tag, "").replace(";rport", rport));
        peer.on(|agent, now| agent.bye(now, dialog));
        let (to, bye) = peer.heard.pop().unwrap();
        assert!(bye.starts_with("BYE "), "{bye}");
        assert_eq!(to.remote, expected.parse().unwrap(), "rport: {rport:?}");
    }
}
