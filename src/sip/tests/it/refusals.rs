//! What the agent answers by itself, without asking its owner (RFC 3261 §8.2), and the way its answers go.

use std::time::Duration;

use bytes::Bytes;
use sip::Method;
use sip::user_agent::{Counts, Event, Transport};

use crate::pair::{ANSWER, header};
use crate::peer::{Peer, WITH_SDP, request, status};

/// Says one thing and expects one answer, of which nothing is kept and the owner hears nothing.
fn refused(peer: &mut Peer, text: &str) -> String {
    let answers = peer.say(text);
    assert_eq!(answers.len(), 1, "{text} -> {answers:?}");
    assert!(peer.told().is_empty(), "{text}");
    assert_eq!(peer.agent.counts(), Counts::default(), "{text}");
    assert!(header(&answers[0], "To").unwrap().contains(";tag="), "{}", answers[0]);
    answers.into_iter().next().unwrap()
}

#[test]
fn options_is_answered_with_all_we_can_do() {
    let answer = refused(&mut Peer::new(), &request("OPTIONS", "1", 1, "", ""));
    assert_eq!(status(&answer), "200");
    assert!(header(&answer, "Allow").unwrap().contains("INVITE, ACK, CANCEL, BYE"));
    assert_eq!(header(&answer, "Accept"), Some("application/sdp"));
    assert_eq!(header(&answer, "Supported"), Some("100rel, path"));
    assert!(!answer.contains("Server:") && !answer.contains("User-Agent:"), "nothing is told of who we are");
}

#[test]
fn a_request_repeated_gets_the_same_answer_though_nothing_is_kept() {
    let mut peer = Peer::new();
    let text = request("OPTIONS", "1", 1, "", "");
    assert_eq!(refused(&mut peer, &text), refused(&mut peer, &text));
    let other = refused(&mut peer, &request("OPTIONS", "2", 2, "", ""));
    assert_ne!(header(&other, "To"), header(&refused(&mut peer, &text), "To"), "tags differ between requests");
}

#[test]
fn methods_not_taken_get_405_and_unknown_ones_501() {
    let mut peer = Peer::with(|settings| settings.allow.retain(|method| *method != Method::Refer));
    let answer = refused(&mut peer, &request("REFER", "1", 1, "", ""));
    assert_eq!(status(&answer), "405");
    assert!(header(&answer, "Allow").unwrap().contains("INVITE"));
    assert!(!header(&answer, "Allow").unwrap().contains("REFER"));
    let answer = refused(&mut peer, &request("DANCE", "2", 2, "", ""));
    assert_eq!(status(&answer), "501");
}

#[test]
fn a_body_that_is_no_session_gets_415_with_accept() {
    let lines = "Content-Type: text/plain\nContent-Length: 5\n\nhello";
    let answer = refused(&mut Peer::new(), &request("INVITE", "1", 1, "", lines));
    assert_eq!((status(&answer), header(&answer, "Accept")), ("415", Some("application/sdp")));
}

#[test]
fn extensions_we_do_not_know_get_420_with_their_names() {
    let answer = refused(&mut Peer::new(), &request("INVITE", "1", 1, "", "Require: 100rel, moon, tea\n"));
    assert_eq!((status(&answer), header(&answer, "Unsupported")), ("420", Some("moon, tea")));
}

#[test]
fn a_request_without_hops_left_has_arrived_all_the_same() {
    let last = |text: String| text.replace("Max-Forwards: 70", "Max-Forwards: 0");
    let mut peer = Peer::new();
    assert_eq!(status(&refused(&mut peer, &last(request("OPTIONS", "o", 1, "", "")))), "200");
    peer.say(&last(request("INVITE", "inv", 1, "", WITH_SDP)));
    let Some(Event::Invite { dialog, .. }) = peer.told().pop() else { panic!("only a forwarder counts hops") };
    peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
    let tag = header(&peer.texts()[0], "To").unwrap().split_once("tag=").unwrap().1.to_owned();
    peer.say(&request("ACK", "ack", 1, &tag, ""));
    assert_eq!(status(&peer.say(&last(request("BYE", "bye", 2, &tag, "")))[0]), "200");
    assert!(matches!(peer.told()[..], [Event::Confirmed { .. }, Event::Bye { .. }]));
}

#[test]
fn a_via_that_cannot_be_read_is_answered_where_the_request_came_from() {
    let written = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1;rport";
    for (via, expected) in [
        ("SIP/7.0/UDP 10.0.0.9:5060;branch=z9hG4bK1", "505"),
        ("SIP / 1.0 / UDP 10.0.0.9:5060;branch=z9hG4bK1", "505"),
        ("SIP/2.0/UDP 10.0.0.9:5060;;branch=z9hG4bK1", "400"),
        ("SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1;", "400"),
        ("SIP/2.0/UDP 10.0.0.9:70000;branch=z9hG4bK1", "400"),
        ("SIP/iki/UDP 10.0.0.9:5060;branch=z9hG4bK1", "400"),
        ("", "400"),
    ] {
        for method in ["OPTIONS", "INVITE", "CANCEL", "BYE"] {
            let mut peer = Peer::new();
            let answer = refused(&mut peer, &request(method, "1", 1, "", "").replace(written, via));
            assert_eq!((status(&answer), header(&answer, "Via")), (expected, Some(via)), "{method} {via}");
        }
        let mut peer = Peer::new();
        assert!(peer.say(&request("ACK", "1", 1, "", "").replace(written, via)).is_empty(), "an ACK has no answer");
    }
}

#[test]
fn a_part_that_must_be_understood_and_is_not_gets_415() {
    let part = |lines: &str, text: &str| format!("--q\n{lines}\n\n{text}\n");
    let sdp = part("Content-Type: application/sdp", "v=0");
    let map = |more: &str| part(&format!("Content-Type: application/x-harita{more}"), "xyz");
    let inner = "Content-Type: multipart/mixed;boundary=r\n\n--r\nContent-Type: application/sdp\n\nv=0\n--r";
    for (kind, parts, taken) in [
        ("mixed", [sdp.clone(), map("")].concat(), true),
        ("mixed", [map(""), sdp.clone()].concat(), true),
        ("MIXED", [part("Content-Type: application/pidf+xml\nContent-ID: <l@x>", "<p/>"), sdp.clone()].concat(), true),
        ("mixed", map(""), false),
        ("mixed", [map("\nContent-Disposition: render;handling=optional"), map("")].concat(), false),
        ("mixed", [map("\nContent-Disposition: render;handling=required"), sdp.clone()].concat(), false),
        ("mixed", [sdp.clone(), map("\nContent-Disposition: x; handling=\"Required\"")].concat(), false),
        ("mixed", [sdp.clone(), map("\nContent-Disposition: render")].concat(), true),
        ("mixed", [sdp.clone(), map("\nContent-Disposition: x-optional")].concat(), true),
        ("mixed", [sdp.clone(), map("\nContent-Disposition: render; Handling=OPTIONAL")].concat(), true),
        ("mixed", [sdp.clone(), part("", "metin")].concat(), true),
        ("mixed", sdp.clone(), true),
        ("related", [sdp.clone(), map("\nContent-Disposition: render;handling=required")].concat(), true),
        ("related", [map(""), sdp.clone()].concat(), false),
        ("related;start=\"<s@x>\"", [map(""), sdp.replacen('\n', "\nContent-ID: <s@x>\n", 1)].concat(), true),
        ("alternative", [map(""), sdp].concat(), true),
        ("alternative", map(""), false),
        ("mixed", format!("--q\n{inner}--\n\n"), true),
        ("mixed", format!("--q\n{inner}\nContent-Type: text/plain\n\nx\n--r--\n\n"), true),
        ("mixed", format!("--q\n{inner}\nContent-Disposition: x;handling=required\n\nx\n--r--\n\n"), false),
    ] {
        let body = format!("{parts}--q--\n").replace('\n', "\r\n");
        let lines =
            format!("Content-Type: multipart/{kind};boundary=q\nContent-Length: {}\n\n{parts}--q--", body.len());
        let mut peer = Peer::new();
        let answers = peer.say(&request("INVITE", "1", 1, "", &lines));
        match &peer.told()[..] {
            [Event::Invite { request, .. }] if taken => assert_eq!(request.sdp().unwrap(), "v=0", "{lines}"),
            [] if !taken => {
                assert_eq!(
                    (status(&answers[0]), header(&answers[0], "Accept")),
                    ("415", Some("application/sdp")),
                    "{lines}"
                );
            }
            told => panic!("{lines} -> {told:?}"),
        }
    }
}

#[test]
fn a_reinvite_or_update_without_contact_keeps_the_target() {
    for method in ["INVITE", "UPDATE"] {
        let mut peer = Peer::new();
        let (dialog, tag) = connected(&mut peer);
        let bare = request(method, "re", 2, &tag, WITH_SDP).replace("Contact: <sip:ayse@10.0.0.9:5060>\n", "");
        peer.say(&bare);
        assert!(matches!(peer.told()[..], [Event::Reinvite { .. }]), "{method}");
        peer.on(|agent, now| agent.accept_reinvite(now, dialog, Bytes::from_static(ANSWER)));
        let answers = peer.texts();
        assert_eq!(status(answers.last().unwrap()), "200");
        peer.say(&request("ACK", "re-ack", 2, &tag, ""));
        peer.on(|agent, now| agent.bye(now, dialog));
        assert!(peer.texts()[0].starts_with("BYE sip:ayse@10.0.0.9:5060 SIP/2.0"), "{method}");
    }
    let bare = request("INVITE", "1", 1, "", "").replace("Contact: <sip:ayse@10.0.0.9:5060>\n", "");
    assert_eq!(status(&refused(&mut Peer::new(), &bare)), "400", "a call needs one to begin");
}

#[test]
fn an_owner_that_gives_a_header_many_values_has_them_all_said() {
    let mut peer = Peer::new();
    peer.say(&request("REGISTER", "1", 1, "", ""));
    let Some(Event::Request { id, .. }) = peer.told().pop() else { panic!("not told") };
    let extra = [
        ("Contact", "<sip:a@10.0.0.8>;expires=60".to_owned()),
        ("m", "<sip:a@10.0.0.9>;expires=90".to_owned()),
        ("Path", "<sip:p1;lr>".to_owned()),
        ("Path", "<sip:p2;lr>".to_owned()),
        ("Via", "SIP/2.0/UDP 10.0.0.66".to_owned()),
    ];
    peer.on(|agent, now| agent.reply(now, id, 200, &extra, Bytes::new()));
    let answer = peer.texts().remove(0);
    let all = |name: &str| answer.lines().filter_map(|line| line.strip_prefix(name)).collect::<Vec<_>>();
    assert_eq!(all("Contact: "), ["<sip:a@10.0.0.8>;expires=60", "<sip:a@10.0.0.9>;expires=90"]);
    assert_eq!(all("Path: "), ["<sip:p1;lr>", "<sip:p2;lr>"]);
    assert_eq!(all("Via: ").len(), 1, "the way back is not the owner's");
}

#[test]
fn another_version_of_sip_gets_505_and_broken_requests_400_with_the_reason() {
    let mut peer = Peer::new();
    let text = request("INVITE", "1", 1, "", "").replace("SIP/2.0\nVia", "SIP/7.0\nVia");
    assert_eq!(status(&refused(&mut peer, &text)), "505");
    let text = request("INVITE", "2", 1, "", "").replace("CSeq: 1 INVITE", "CSeq: 1 OPTIONS");
    let answer = refused(&mut peer, &text);
    assert_eq!((status(&answer), answer.lines().next().unwrap()), ("400", "SIP/2.0 400 CSeq Method Mismatch"));
}

#[test]
fn strangers_within_dialogs_get_481() {
    let mut peer = Peer::new();
    for method in ["BYE", "INFO", "INVITE", "UPDATE", "NOTIFY", "REFER", "PRACK"] {
        let answer = refused(&mut peer, &request(method, method, 1, "0123456789abcdef", ""));
        assert_eq!(status(&answer), "481", "{method}");
    }
    for method in ["BYE", "UPDATE", "PRACK", "CANCEL"] {
        let answer = refused(&mut peer, &request(method, &format!("x{method}"), 1, "", ""));
        assert_eq!(status(&answer), "481", "{method} without tag");
    }
}

#[test]
fn acks_and_responses_of_strangers_are_dropped_in_silence() {
    let mut peer = Peer::new();
    assert!(peer.say(&request("ACK", "1", 1, "0123456789abcdef", "")).is_empty());
    assert!(peer.say(&request("ACK", "1", 1, "", "Require: moon\n")).is_empty());
    let response =
        request("INVITE", "1", 1, "tag", "").replacen("INVITE sip:100@10.0.0.1 SIP/2.0", "SIP/2.0 200 OK", 1);
    assert!(peer.say(&response).is_empty());
    assert!(peer.told().is_empty());
}

#[test]
fn the_same_invite_over_another_way_gets_482() {
    let mut peer = Peer::new();
    peer.say(&request("INVITE", "one", 1, "", WITH_SDP));
    let answers = peer.say(&request("INVITE", "two", 1, "", WITH_SDP));
    assert_eq!(answers.iter().map(|text| status(text)).collect::<Vec<_>>(), ["482"]);
    assert_eq!(peer.told().len(), 1, "one call");
}

fn invited(peer: &mut Peer, lines: &str) -> (sip::user_agent::DialogId, String) {
    let answers = peer.say(&request("INVITE", "inv", 1, "", lines));
    assert_eq!(answers.iter().map(|text| status(text)).collect::<Vec<_>>(), ["100"]);
    let Some(Event::Invite { dialog, .. }) = peer.told().pop() else { panic!("no call") };
    (dialog, header(&answers[0], "To").unwrap().split_once("tag=").unwrap().1.to_owned())
}

/// A call of the peer, answered and acknowledged; our tag with it.
fn connected(peer: &mut Peer) -> (sip::user_agent::DialogId, String) {
    let (dialog, tag) = invited(peer, WITH_SDP);
    peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
    assert_eq!(status(&peer.texts()[0]), "200");
    assert!(peer.say(&request("ACK", "ack", 1, &tag, "")).is_empty());
    assert!(matches!(peer.told()[..], [Event::Confirmed { .. }]));
    (dialog, tag)
}

#[test]
fn tags_have_64_bits_and_a_guess_with_the_right_call_id_gets_481() {
    let mut peer = Peer::new();
    let (_, tag) = connected(&mut peer);
    assert!(tag.len() >= 16 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let wrong_tag = request("BYE", "b1", 2, "0000000000000000", "");
    assert_eq!(status(&peer.say(&wrong_tag)[0]), "481");
    let wrong_from = request("BYE", "b2", 2, &tag, "").replace("tag=far", "tag=near");
    assert_eq!(status(&peer.say(&wrong_from)[0]), "481");
    let wrong_call = request("BYE", "b3", 2, &tag, "").replace("call-1@", "call-2@");
    assert_eq!(status(&peer.say(&wrong_call)[0]), "481");
    assert!(peer.told().is_empty());
    assert_eq!(status(&peer.say(&request("BYE", "b4", 2, &tag, ""))[0]), "200");
    assert!(matches!(peer.told()[..], [Event::Bye { .. }]));
}

#[test]
fn a_request_out_of_order_within_a_dialog_gets_500() {
    let mut peer = Peer::new();
    let (_, tag) = connected(&mut peer);
    let info = |branch: &str, cseq: u32| request("INFO", branch, cseq, &tag, "");
    assert!(peer.say(&info("i1", 5)).is_empty());
    assert_eq!(status(&peer.say(&info("i2", 4))[0]), "500");
    assert_eq!(status(&peer.say(&info("i3", 5))[0]), "500");
    assert_eq!(peer.told().len(), 1);
}

#[test]
fn an_update_without_body_and_options_within_a_call_are_answered_at_once() {
    let mut peer = Peer::new();
    let (dialog, tag) = connected(&mut peer);
    let update = request("UPDATE", "u", 2, &tag, "").replace("ayse@10.0.0.9:5060>", "ayse@10.0.0.9:5070>");
    let answer = peer.say(&update).remove(0);
    assert_eq!(status(&answer), "200");
    assert_eq!(header(&answer, "Contact"), Some("<sip:santral@10.0.0.1:5060>"));
    assert_eq!(status(&peer.say(&request("OPTIONS", "o", 3, &tag, ""))[0]), "200");
    assert!(peer.told().is_empty());
    peer.on(|agent, now| agent.bye(now, dialog));
    let (destination, bye) = peer.heard.remove(0);
    assert_eq!(destination.remote.port(), 5070, "the target is the new Contact");
    assert!(bye.starts_with("BYE sip:ayse@10.0.0.9:5070 SIP/2.0\r\n"), "{bye}");
}

#[test]
fn an_update_with_an_offer_is_decided_by_the_owner_and_needs_no_ack() {
    let mut peer = Peer::new();
    let (dialog, tag) = connected(&mut peer);
    assert!(peer.say(&request("UPDATE", "u", 2, &tag, WITH_SDP)).is_empty());
    assert!(matches!(&peer.told()[..], [Event::Reinvite { request, .. }] if request.method == Method::Update));
    let second = peer.say(&request("UPDATE", "u2", 3, &tag, WITH_SDP)).remove(0);
    assert_eq!(status(&second), "500");
    assert!(header(&second, "Retry-After").is_some());
    peer.on(|agent, now| agent.accept_reinvite(now, dialog, Bytes::from_static(ANSWER)));
    let answer = peer.texts().remove(0);
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("CSeq: 2 UPDATE") && answer.contains("m=audio"));
    peer.pass(Duration::from_secs(60));
    assert!(peer.texts().is_empty() && peer.told().is_empty());
    assert_eq!(peer.agent.counts(), Counts { transactions: 0, dialogs: 1 });
}

#[test]
fn a_second_reinvite_before_the_first_is_decided_gets_500_and_a_cancel_takes_the_first_back() {
    let mut peer = Peer::new();
    let (dialog, tag) = connected(&mut peer);
    assert_eq!(status(&peer.say(&request("INVITE", "r1", 2, &tag, WITH_SDP))[0]), "100");
    let second = peer.say(&request("INVITE", "r2", 3, &tag, WITH_SDP));
    assert_eq!(second.iter().map(|text| status(text)).collect::<Vec<_>>(), ["100", "500"]);
    peer.say(&request("ACK", "r2", 3, &tag, ""));
    let answers = peer.say(&request("CANCEL", "r1", 2, &tag, ""));
    assert_eq!(answers.iter().map(|text| status(text)).collect::<Vec<_>>(), ["200", "487"]);
    peer.told();
    peer.on(|agent, now| agent.accept_reinvite(now, dialog, Bytes::from_static(ANSWER)));
    assert!(peer.texts().is_empty(), "there is nothing left to accept");
    assert_eq!(peer.agent.counts().dialogs, 1);
}

#[test]
fn requests_for_the_owner_are_repeated_with_the_stored_answer() {
    let mut peer = Peer::new();
    let text = request("REGISTER", "reg", 1, "", "");
    assert!(peer.say(&text).is_empty() && peer.say(&text).is_empty());
    let told = peer.told();
    let [Event::Request { id, dialog: None, .. }] = &told[..] else { panic!("{told:?}") };
    let id = *id;
    let challenges = [
        ("WWW-Authenticate", "Digest realm=\"a\", nonce=\"1\"".to_owned()),
        ("WWW-Authenticate", "Digest realm=\"a\", nonce=\"2\"".to_owned()),
    ];
    peer.on(|agent, now| agent.reply(now, id, 401, &challenges, Bytes::new()));
    let first = peer.texts();
    assert_eq!((first.len(), status(&first[0]), first[0].matches("WWW-Authenticate").count()), (1, "401", 2));
    assert_eq!(peer.say(&text), first);
    peer.on(|agent, now| agent.reply(now, id, 200, &[], Bytes::new()));
    assert!(peer.texts().is_empty(), "one answer only");
    peer.pass(Duration::from_secs(40));
    assert_eq!(peer.agent.counts(), Counts::default());
}

#[test]
fn an_owner_that_never_answers_a_request_leaves_nothing() {
    let mut peer = Peer::new();
    peer.say(&request("MESSAGE", "m", 1, "", ""));
    let mut peer = Peer::with(|settings| settings.allow.push(Method::Message));
    peer.say(&request("MESSAGE", "m", 1, "", ""));
    assert_eq!(peer.agent.counts().transactions, 1);
    peer.pass(Duration::from_secs(33));
    assert_eq!(peer.agent.counts(), Counts::default());
}

#[test]
fn answers_go_where_the_request_came_from() {
    let mut peer = Peer::new();
    // Behind a NAT: the Via names a private address; rport brings the answer to the port it was seen from.
    peer.remote = "198.51.100.7:40123".parse().unwrap();
    let text = request("OPTIONS", "1", 1, "", "").replace("UDP 10.0.0.9:5060", "UDP 192.168.1.5:5062");
    peer.say_bytes(text.replace('\n', "\r\n").as_bytes());
    let (to, answer) = peer.heard.remove(0);
    assert_eq!(to.remote, peer.remote);
    let via = header(&answer, "Via").unwrap();
    assert!(via.contains("received=198.51.100.7") && via.contains("rport=40123"), "{via}");
    // Without rport the port of the Via counts, the address is still the one seen.
    peer.say_bytes(text.replace(";rport", "").replace('\n', "\r\n").as_bytes());
    let (to, answer) = peer.heard.remove(0);
    assert_eq!(to.remote, "198.51.100.7:5062".parse().unwrap());
    assert!(header(&answer, "Via").unwrap().contains("received=198.51.100.7"));
    // A maddr would send our answer to a third party.
    peer.say_bytes(text.replace(";rport", ";rport;maddr=203.0.113.1").replace('\n', "\r\n").as_bytes());
    assert_eq!(peer.heard.remove(0).0.remote, peer.remote);
    // On TCP the connection is the way, and a new one goes to the port of the Via.
    peer.transport = Transport::Tcp;
    let text = text.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    let text = text.replace("CSeq: 1 OPTIONS\n", "CSeq: 1 OPTIONS\nContent-Length: 0\n");
    peer.say_bytes(text.replace('\n', "\r\n").as_bytes());
    let (to, _) = peer.heard.remove(0);
    assert_eq!((to.stream.is_some(), to.remote), (true, "198.51.100.7:5062".parse().unwrap()));
}

#[test]
fn requests_of_a_call_go_to_the_contact_of_an_open_peer_and_back_the_way_of_a_hidden_one() {
    for (via, contact, expected) in [
        // An open peer: what it says of itself is true, so its Contact is believed though it is elsewhere.
        ("10.0.0.9:5060", "10.0.0.77:5099", "10.0.0.77:5099"),
        ("10.0.0.9:5060", "203.0.113.7:5099", "203.0.113.7:5099"),
        ("10.0.0.9:5060", "sbc.example.com", "10.0.0.9:5060"),
        // One that knows its way out, but writes an address of a network of its own.
        ("10.0.0.9:5060", "192.168.1.5:5060", "10.0.0.9:5060"),
        ("10.0.0.9:5060", "100.64.7.7:5060", "10.0.0.9:5060"),
        ("10.0.0.9:5060", "127.0.0.1:5060", "10.0.0.9:5060"),
        ("10.0.0.9:5060", "[fd00::7]:5060", "10.0.0.9:5060"),
        ("10.0.0.9:5060", "0.0.0.0:5060", "10.0.0.9:5060"),
        // A hidden one: its Contact means nothing here.
        ("192.168.1.5:5060", "192.168.1.5:5060", "10.0.0.9:5060"),
        ("10.0.0.9:5061", "10.0.0.9:5061", "10.0.0.9:5060"),
    ] {
        let mut peer = Peer::new();
        let text = request("INVITE", "inv", 1, "", WITH_SDP)
            .replace("UDP 10.0.0.9:5060", &format!("UDP {via}"))
            .replace("<sip:ayse@10.0.0.9:5060>", &format!("<sip:ayse@{contact}>"));
        peer.say(&text);
        let Some(Event::Invite { dialog, .. }) = peer.told().pop() else { panic!("no call") };
        peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
        let tag = header(&peer.texts()[0], "To").unwrap().split_once("tag=").unwrap().1.to_owned();
        peer.say(&request("ACK", "ack", 1, &tag, ""));
        peer.on(|agent, now| agent.bye(now, dialog));
        let (to, bye) = peer.heard.remove(0);
        assert_eq!(to.remote, expected.parse().unwrap(), "Via {via}, Contact {contact}");
        assert!(bye.starts_with(&format!("BYE sip:ayse@{contact} SIP/2.0")), "{bye}");
    }
}

#[test]
fn the_route_set_is_kept_in_order_and_a_strict_router_stands_in_front() {
    for (first, uri, routes) in [
        ("<sip:10.0.0.2;lr>", "sip:ayse@10.0.0.9:5060", "<sip:10.0.0.2;lr> <sip:10.0.0.3;lr>"),
        ("<sip:10.0.0.2>", "sip:10.0.0.2", "<sip:10.0.0.3;lr> <sip:ayse@10.0.0.9:5060>"),
    ] {
        let mut peer = Peer::new();
        let lines = format!("Record-Route: {first}, <sip:10.0.0.3;lr>\n{WITH_SDP}");
        let (dialog, tag) = invited(&mut peer, &lines);
        peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
        let answer = peer.texts().remove(0);
        assert_eq!(header(&answer, "Record-Route"), Some(format!("{first}, <sip:10.0.0.3;lr>").as_str()));
        peer.say(&request("ACK", "ack", 1, &tag, ""));
        peer.on(|agent, now| agent.bye(now, dialog));
        let (to, bye) = peer.heard.remove(0);
        assert_eq!(to.remote, "10.0.0.2:5060".parse().unwrap());
        assert!(bye.starts_with(&format!("BYE {uri} SIP/2.0\r\n")), "{bye}");
        let found: Vec<&str> = bye.lines().filter_map(|line| line.strip_prefix("Route: ")).collect();
        assert_eq!(found.join(" "), routes);
    }
}

#[test]
fn above_the_mark_new_calls_get_503_with_retry_after_and_live_ones_go_on() {
    let mut peer = Peer::with(|settings| settings.max_dialogs = 1);
    let (dialog, tag) = connected(&mut peer);
    let other = request("INVITE", "other", 1, "", WITH_SDP).replace("call-1@", "call-2@");
    let answer = peer.say(&other).remove(0);
    assert_eq!((status(&answer), header(&answer, "Retry-After")), ("503", Some("5")));
    assert!(peer.told().is_empty());
    assert!(peer.say(&request("INFO", "info", 2, &tag, "")).is_empty());
    assert!(matches!(peer.told()[..], [Event::Request { dialog: Some(d), .. }] if d == dialog));

    let mut peer = Peer::with(|settings| settings.max_transactions = 3);
    for n in 0..50 {
        let text = request("REGISTER", &format!("r{n}"), 1, "", "").replace("call-1@", &format!("call-{n}@"));
        let answers = peer.say(&text);
        assert_eq!(answers.first().map(|text| status(text)), (n >= 3).then_some("503"), "request {n}");
    }
    assert_eq!(peer.agent.counts().transactions, 3);
    assert_eq!(status(&peer.say(&request("OPTIONS", "o", 1, "", ""))[0]), "200");
}

#[test]
fn a_peer_of_the_old_rules_has_its_transactions_too() {
    let mut peer = Peer::new();
    let old = |method: &str, cseq: u32| {
        request(method, "", cseq, "", "")
            .replace(";branch=z9hG4bK", "")
            .replace("Contact: <sip:ayse@10.0.0.9:5060>\n", "")
    };
    assert_eq!(status(&peer.say(&old("INVITE", 1))[0]), "100");
    assert_eq!(status(&peer.say(&old("INVITE", 1))[0]), "100");
    assert_eq!(peer.told().len(), 1, "a repetition, not a second call");
    let answers = peer.say(&old("CANCEL", 1));
    assert_eq!(answers.iter().map(|text| status(text)).collect::<Vec<_>>(), ["200", "487"]);
}

#[test]
fn required_provisional_responses_are_repeated_until_their_prack() {
    let mut peer = Peer::new();
    let (dialog, tag) = invited(&mut peer, &format!("Require: 100rel\n{WITH_SDP}"));
    peer.on(|agent, now| {
        agent.provisional(now, dialog, 180, None);
        agent.provisional(now, dialog, 183, Some(Bytes::from_static(ANSWER)));
    });
    peer.pass(Duration::from_millis(1600));
    let heard = peer.texts();
    assert_eq!(heard.iter().map(|text| status(text)).collect::<Vec<_>>(), ["180", "180", "180"], "T1, then doubled");
    let rseq: u32 = header(&heard[0], "RSeq").unwrap().parse().unwrap();
    assert_eq!(header(&heard[0], "Require"), Some("100rel"));
    let prack =
        |branch: &str, cseq: u32, rseq: u32| request("PRACK", branch, cseq, &tag, &format!("RAck: {rseq} 1 INVITE\n"));
    assert_eq!(status(&peer.say(&prack("p0", 2, rseq + 7))[0]), "481");
    let answers = peer.say(&prack("p1", 3, rseq));
    assert_eq!(answers.iter().map(|text| status(text)).collect::<Vec<_>>(), ["200", "183"]);
    assert_eq!(header(&answers[1], "RSeq"), Some((rseq + 1).to_string().as_str()));
    assert_eq!(status(&peer.say(&prack("p2", 4, rseq + 1))[0]), "200");
    peer.pass(Duration::from_secs(40));
    assert!(peer.texts().is_empty());
    peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
    assert_eq!(status(&peer.texts()[0]), "200");
}

#[test]
fn a_required_provisional_response_without_prack_ends_the_call() {
    let mut peer = Peer::new();
    let (dialog, _) = invited(&mut peer, &format!("Require: 100rel\n{WITH_SDP}"));
    peer.on(|agent, now| agent.provisional(now, dialog, 180, None));
    peer.pass(Duration::from_secs(33));
    assert!(peer.texts().iter().any(|text| status(text) == "504"));
    assert!(matches!(peer.told()[..], [Event::Cancelled { dialog: d }] if d == dialog));
    peer.pass(Duration::from_secs(40));
    assert_eq!(peer.agent.counts(), Counts::default());
}
