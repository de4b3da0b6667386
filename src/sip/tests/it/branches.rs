//! Forked INVITEs and digest challenges: a far end written by hand answers the agent's requests.

use std::time::Duration;

use bytes::Bytes;
use sip::user_agent::{Counts, Credentials, Destination, DialogId, Event, Outgoing, OutgoingRequest, Transport};
use sip::{Address, Method, Uri};

use crate::pair::{ANSWER, OFFER, header};
use crate::peer::{HERE, Peer};

fn there() -> Destination {
    Destination { transport: Transport::Udp, remote: HERE.parse().unwrap(), stream: None }
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

/// A call of ours, and its INVITE.
pub fn call(peer: &mut Peer, credentials: Option<Credentials>) -> (DialogId, String) {
    let outgoing = Outgoing {
        destination: there(),
        route: Vec::new(),
        uri: uri("sip:905321234567@trunk.example"),
        from: Address::new(uri("sip:santral@trunk.example")),
        to: Address::new(uri("sip:905321234567@trunk.example")),
        extra: vec![("P-Asserted-Identity".into(), Bytes::from_static(b"<sip:02121234567@trunk.example>"))],
        sdp: Some(Bytes::from_static(OFFER)),
        credentials,
    };
    let id = peer.on(|agent, now| agent.invite(now, outgoing));
    let invite = peer.texts().remove(0);
    assert!(invite.contains("P-Asserted-Identity: <sip:02121234567@trunk.example>"));
    (id, invite)
}

fn account() -> Credentials {
    Credentials { user: "santral".into(), secret: "çok-gizli".into(), realm: None }
}

/// A response to the text of a request, with a To tag if it has none, and further lines.
fn response(request: &str, first: &str, tag: &str, lines: &str) -> String {
    let mut out = format!("SIP/2.0 {first}\n");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let value = header(request, name).unwrap();
        let untagged = name == "To" && !value.contains(";tag=") && !tag.is_empty();
        let tag = if untagged { format!(";tag={tag}") } else { String::new() };
        out.push_str(&format!("{name}: {value}{tag}\n"));
    }
    format!("{out}Contact: <sip:{tag}@{HERE}>\n{lines}\n").replace("<sip:@", "<sip:")
}

/// A 200 to it, with an answer and a Contact at [`HERE`].
pub fn accept(request: &str, tag: &str) -> String {
    response(request, "200 OK", tag, &format!("Content-Type: application/sdp\n\n{}", String::from_utf8_lossy(ANSWER)))
}

#[test]
fn of_a_forked_call_the_first_answer_wins_and_the_others_are_acknowledged_and_ended() {
    let mut peer = Peer::new();
    let (id, invite) = call(&mut peer, None);
    peer.say(&response(&invite, "180 Ringing", "one", ""));
    peer.say(&response(&invite, "180 Ringing", "two", ""));
    assert_eq!(peer.told().len(), 2, "both ring");
    let sent = peer.say(&accept(&invite, "two"));
    assert!(sent.len() == 1 && sent[0].starts_with("ACK sip:two@"), "{sent:?}");
    let told = peer.told();
    assert!(matches!(told[..], [Event::Answered { dialog, .. }] if dialog == id), "{told:?}");
    let unwanted = peer.say(&accept(&invite, "one"));
    let [ack, bye] = &unwanted[..] else { panic!("{unwanted:?}") };
    assert!(ack.starts_with("ACK sip:one@") && header(ack, "To").unwrap().contains("tag=one"), "{ack}");
    assert!(bye.starts_with("BYE sip:one@") && header(bye, "To").unwrap().contains("tag=one"), "{bye}");
    peer.say(&response(bye, "200 OK", "", ""));
    assert_eq!(peer.say(&accept(&invite, "one")), std::slice::from_ref(ack), "acknowledged again, ended once");
    let again = peer.say(&accept(&invite, "two"));
    assert!(again.len() == 1 && again[0] == sent[0], "the same ACK for the answer that won");
    assert!(peer.told().is_empty());
    peer.pass(Duration::from_secs(40));
    assert_eq!(peer.agent.counts(), Counts { transactions: 0, dialogs: 1 });
}

#[test]
fn endless_branches_are_not_all_answered() {
    let mut peer = Peer::new();
    let (_, invite) = call(&mut peer, None);
    let sent: usize = (0..100).map(|n| peer.say(&accept(&invite, &format!("t{n}"))).len()).sum();
    assert!(sent <= 32, "{sent} messages for 100 invented answers");
}

const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"trunk\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\n";

#[test]
fn a_challenge_is_answered_under_a_new_branch_and_the_next_cseq() {
    let mut peer = Peer::new();
    let (id, first) = call(&mut peer, Some(account()));
    let sent = peer.say(&response(&first, "401 Unauthorized", "t1", CHALLENGE));
    let [ack, second] = &sent[..] else { panic!("{sent:?}") };
    assert!(ack.starts_with("ACK ") && header(ack, "Via") == header(&first, "Via"));
    assert!(second.starts_with("INVITE sip:905321234567@trunk.example SIP/2.0"));
    assert_ne!(header(second, "Via"), header(&first, "Via"));
    assert_eq!(header(second, "Call-ID"), header(&first, "Call-ID"));
    assert_eq!(header(second, "From"), header(&first, "From"));
    let number = |text: &str| header(text, "CSeq").unwrap().split(' ').next().unwrap().parse::<u32>().unwrap();
    assert_eq!(number(second), number(&first) + 1);
    let authorization = header(second, "Authorization").unwrap();
    assert!(authorization.contains("username=\"santral\"") && authorization.contains("nc=00000001"), "{authorization}");
    assert!(!second.contains("çok-gizli"));
    let sent = peer.say(&accept(second, "t2"));
    assert_eq!(
        header(&sent[0], "Authorization"),
        Some(authorization),
        "the ACK shows the INVITE's credentials (§22.1)"
    );
    assert!(matches!(peer.told()[..], [Event::Answered { dialog, .. }] if dialog == id));
    // Later requests of the dialog carry the answer from the beginning, with the next count.
    peer.on(|agent, now| agent.bye(now, id));
    assert!(header(&peer.texts()[0], "Authorization").unwrap().contains("nc=00000002"));
}

#[test]
fn endless_challenges_end_after_three_attempts() {
    let mut peer = Peer::new();
    let (id, mut invite) = call(&mut peer, Some(account()));
    let mut attempts = 1;
    loop {
        let sent =
            peer.say(&response(&invite, "407 Proxy Authentication Required", "t", &CHALLENGE.replace("WWW", "Proxy")));
        let Some(next) = sent.iter().find(|text| text.starts_with("INVITE")) else { break };
        assert!(header(next, "Proxy-Authorization").is_some() && header(next, "Authorization").is_none());
        invite = next.clone();
        attempts += 1;
    }
    assert_eq!(attempts, 3);
    assert!(matches!(peer.told()[..], [Event::Failed { dialog, status: 407, .. }] if dialog == id));
    peer.pass(Duration::from_secs(40));
    assert_eq!(peer.agent.counts(), Counts::default());
}

#[test]
fn a_proxy_and_the_far_end_may_both_challenge() {
    let mut peer = Peer::new();
    let (_, first) = call(&mut peer, Some(account()));
    let proxy = CHALLENGE.replace("WWW", "Proxy").replace("trunk", "proxy");
    let second = peer.say(&response(&first, "407 Proxy Authentication Required", "t", &proxy)).remove(1);
    let third = peer.say(&response(&second, "401 Unauthorized", "t", CHALLENGE)).remove(1);
    assert!(header(&third, "Authorization").unwrap().contains("realm=\"trunk\""));
    let again = header(&third, "Proxy-Authorization").unwrap();
    assert!(again.contains("realm=\"proxy\"") && again.contains("nc=00000002"), "{again}");
}

#[test]
fn without_credentials_or_for_another_realm_no_challenge_is_answered() {
    let other_realm = Credentials { realm: Some("elsewhere".into()), ..account() };
    for credentials in [None, Some(other_realm)] {
        let mut peer = Peer::new();
        let (_, invite) = call(&mut peer, credentials);
        let sent = peer.say(&response(&invite, "401 Unauthorized", "t", CHALLENGE));
        assert!(sent.len() == 1 && sent[0].starts_with("ACK"), "{sent:?}");
        assert!(matches!(peer.told()[..], [Event::Failed { status: 401, .. }]));
    }
}

#[test]
fn credentials_are_not_shown_to_an_address_the_far_end_names_itself() {
    let mut peer = Peer::new();
    let (id, first) = call(&mut peer, Some(account()));
    let second = peer.say(&response(&first, "401 Unauthorized", "t1", CHALLENGE)).remove(1);
    // The answer says: from now on talk to somebody else.
    let elsewhere = accept(&second, "t2").replace(HERE, "203.0.113.66:5060");
    let ack = peer.say(&elsewhere).remove(0);
    assert!(ack.starts_with("ACK sip:t2@203.0.113.66:5060"));
    assert!(header(&ack, "Authorization").is_none());
    peer.on(|agent, now| agent.bye(now, id));
    let (to, bye) = peer.heard.remove(0);
    assert_eq!(to.remote, "203.0.113.66:5060".parse().unwrap());
    assert!(header(&bye, "Authorization").is_none());
    let sent = peer.say(&response(&bye, "401 Unauthorized", "", CHALLENGE));
    assert!(sent.is_empty(), "{sent:?}");
}

#[test]
fn a_challenge_to_our_bye_in_a_call_of_the_peer_is_not_answered() {
    let mut peer = Peer::new();
    peer.say(&crate::peer::request("INVITE", "i", 1, "", crate::peer::WITH_SDP));
    let Some(Event::Invite { dialog, .. }) = peer.told().pop() else { panic!("no call") };
    peer.on(|agent, now| agent.answer(now, dialog, Bytes::from_static(ANSWER)));
    let tag = header(&peer.texts()[0], "To").unwrap().split_once("tag=").unwrap().1.to_owned();
    peer.say(&crate::peer::request("ACK", "a", 1, &tag, ""));
    peer.on(|agent, now| agent.bye(now, dialog));
    let bye = peer.texts().remove(0);
    let proxy = CHALLENGE.replace("WWW", "Proxy");
    assert!(peer.say(&response(&bye, "407 Proxy Authentication Required", "", &proxy)).is_empty());
    assert_eq!(peer.agent.counts().dialogs, 0);
}

#[test]
fn a_registration_is_challenged_answered_and_told() {
    let mut peer = Peer::new();
    let out = OutgoingRequest {
        destination: there(),
        method: Method::Register,
        uri: uri("sip:trunk.example"),
        from: Address::new(uri("sip:santral@trunk.example")),
        to: Address::new(uri("sip:santral@trunk.example")),
        identity: Some(("reg-1".into(), 10)),
        extra: vec![("Expires".into(), Bytes::from_static(b"600"))],
        body: Bytes::new(),
        credentials: Some(account()),
    };
    let id = peer.on(|agent, now| agent.request(now, out));
    let first = peer.texts().remove(0);
    assert_eq!((header(&first, "Call-ID"), header(&first, "CSeq")), (Some("reg-1"), Some("10 REGISTER")));
    assert_eq!(header(&first, "Contact"), Some("<sip:santral@10.0.0.1:5060>"));
    let second = peer.say(&response(&first, "401 Unauthorized", "t", CHALLENGE)).remove(0);
    assert_eq!(header(&second, "CSeq"), Some("11 REGISTER"));
    assert!(header(&second, "Authorization").unwrap().contains("uri=\"sip:trunk.example\""));
    assert!(peer.told().is_empty());
    peer.say(&response(&second, "200 OK", "t", "Expires: 600\n"));
    let told = peer.told();
    assert!(
        matches!(&told[..], [Event::Response { id: i, response: Ok(r), .. }] if *i == id && r.status == 200),
        "{told:?}"
    );
    peer.pass(Duration::from_secs(40));
    assert_eq!(peer.agent.counts(), Counts::default());
}

#[test]
fn a_response_with_two_vias_or_another_call_id_is_dropped() {
    let mut peer = Peer::new();
    let (_, invite) = call(&mut peer, None);
    let two = accept(&invite, "t").replacen("From:", "Via: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKx\nFrom:", 1);
    assert!(peer.say(&two).is_empty());
    let call_id = header(&invite, "Call-ID").unwrap();
    assert!(peer.say(&accept(&invite, "t").replace(call_id, "other")).is_empty());
    assert!(peer.told().is_empty());
}

#[test]
fn the_route_set_of_our_call_is_the_answers_record_route_backwards() {
    let mut peer = Peer::new();
    let (id, invite) = call(&mut peer, None);
    let lines = "Record-Route: <sip:10.0.0.3;lr>\nRecord-Route: <sip:10.0.0.2;lr>\nContent-Length: 0\n";
    let ack = peer.say(&response(&invite, "200 OK", "t", lines)).remove(0);
    assert!(ack.starts_with("ACK sip:t@") && ack.contains("Route: <sip:10.0.0.2;lr>"), "{ack}");
    peer.on(|agent, now| agent.bye(now, id));
    let (to, bye) = peer.heard.remove(0);
    assert_eq!(to.remote, "10.0.0.2:5060".parse().unwrap(), "the nearest proxy first");
    let routes: Vec<&str> = bye.lines().filter_map(|line| line.strip_prefix("Route: ")).collect();
    assert_eq!(routes, ["<sip:10.0.0.2;lr>", "<sip:10.0.0.3;lr>"]);
    assert!(bye.starts_with("BYE sip:t@"), "{bye}");
}

#[test]
fn a_ringing_phone_can_be_told_to_answer_and_the_bye_of_a_crossed_cancel_counts_on() {
    let mut peer = Peer::new();
    let (id, invite) = call(&mut peer, None);
    peer.say(&response(&invite, "180 Ringing", "t", "Allow-Events: talk\n"));
    assert!(peer.agent.remote_allows_event(id, "talk"));
    let notify = |agent: &mut sip::user_agent::UserAgent, now| {
        let extra = [("Event", "talk".into()), ("Subscription-State", "active".into())];
        agent.request_in_dialog(now, id, Method::Notify, &extra, Bytes::new())
    };
    peer.on(notify);
    let text = peer.texts().remove(0);
    assert!(text.starts_with("NOTIFY sip:t@") && header(&text, "To").unwrap().ends_with(";tag=t"), "{text}");
    peer.on(|agent, now| agent.cancel(now, id));
    let sent = peer.say(&accept(&invite, "t"));
    let bye = sent.iter().find(|text| text.starts_with("BYE")).unwrap();
    let number = |text: &str| header(text, "CSeq").unwrap().split(' ').next().unwrap().parse::<u32>().unwrap();
    assert!(number(bye) > number(&text), "CSeq must rise within a dialog, or the far end refuses the BYE");
}
