//! Another parser reads the same bytes: where `rsip` can read a message, both must have read the same.

use rsip::message::{HasHeaders, HeadersExt};
use sip::{Headers, Message};

use crate::judge::parse;
use crate::torture_own::{plain, sdp, written};

/// What the two are compared by.
#[derive(Debug, PartialEq)]
struct Gist {
    start: String,
    call_id: Vec<u8>,
    cseq: (u32, String),
    from_tag: Option<String>,
    to_tag: Option<String>,
    body: Vec<u8>,
}

fn ours(bytes: &[u8]) -> Gist {
    let message = parse(bytes).unwrap();
    let start = match &message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => response.status.to_string(),
    };
    let h: &Headers = message.headers();
    let cseq = h.cseq().unwrap();
    Gist {
        start,
        call_id: h.call_id().unwrap().to_vec(),
        cseq: (cseq.number, cseq.method.to_string()),
        from_tag: h.from().unwrap().tag().map(str::to_owned),
        to_tag: h.to().unwrap().tag().map(str::to_owned),
        body: message.body().to_vec(),
    }
}

/// `None` when rsip cannot read the message or one of the headers compared.
fn theirs(bytes: &[u8]) -> Option<Gist> {
    // It panics on some input; that is no verdict on ours.
    std::panic::catch_unwind(|| {
        let message = rsip::SipMessage::try_from(bytes).ok()?;
        let start = match &message {
            rsip::SipMessage::Request(request) => request.method.to_string(),
            rsip::SipMessage::Response(response) => response.status_code.code().to_string(),
        };
        let tag = |tag: Option<rsip::param::Tag>| tag.map(|t| t.value().to_owned());
        assert!(message.headers().iter().count() > 0);
        Some(Gist {
            start,
            call_id: rsip::headers::UntypedHeader::value(message.call_id_header().ok()?).as_bytes().to_vec(),
            cseq: (message.cseq_header().ok()?.seq().ok()?, message.cseq_header().ok()?.method().ok()?.to_string()),
            from_tag: tag(message.from_header().ok()?.tag().ok()?),
            to_tag: tag(message.to_header().ok()?.tag().ok()?),
            body: message.body().clone(),
        })
    })
    .ok()?
}

/// Messages as phones and gateways write them, in every mix of these habits.
fn corpus() -> Vec<Vec<u8>> {
    let methods = [
        "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY",
        "MESSAGE",
    ];
    let froms = [
        "<sip:kasa@example.org>;tag=k1",
        "\"Kasa 3\" <sip:kasa@example.org:5070;transport=udp>;tag=9f-2",
        "sip:kasa@example.org;tag=a.b",
        "Kasa <sip:kasa@192.0.2.4>;tag=xyz;p=1",
    ];
    let tos = ["<sip:depo@example.com>", "<sip:depo@example.com>;tag=t-77", "\"Depo\" <sips:depo@example.com>;tag=5"];
    let bodies: [&[u8]; 2] = [b"", &sdp()];
    let mut all = Vec::new();
    for (number, method) in methods.iter().enumerate() {
        for from in froms {
            for to in tos {
                for body in bodies {
                    let lines = "Contact: <sip:kasa@198.51.100.9:5070>\nUser-Agent: Masa Telefonu 2.1\nContent-Type: application/sdp\nContent-Length: LENGTH\n";
                    let head = plain(method, lines)
                        .replace("From: <sip:kasa@example.org>;tag=k1", &format!("From: {from}"))
                        .replace("To: <sip:depo@example.com>", &format!("To: {to}"))
                        .replace("CSeq: 4", &format!("CSeq: {}", number * 1000 + 1));
                    let headers = head.split_once('\n').unwrap().1.to_owned();
                    all.push(written(&head, body));
                    all.push(written(&format!("SIP/2.0 {} Tamam\n{headers}", 180 + number * 20), body));
                }
            }
        }
    }
    all
}

#[test]
fn both_parsers_read_the_same_in_usual_messages() {
    let corpus = corpus();
    let mut compared = 0;
    for bytes in &corpus {
        let Some(theirs) = theirs(bytes) else { continue };
        assert_eq!(ours(bytes), theirs, "{}", String::from_utf8_lossy(bytes));
        compared += 1;
    }
    assert!(compared * 10 > corpus.len() * 9, "rsip read only {compared} of {}", corpus.len());
}

#[test]
fn what_we_print_is_read_the_same_by_both() {
    let mut compared = 0;
    for bytes in corpus().iter().step_by(7) {
        let printed = parse(bytes).unwrap().to_bytes();
        let Some(theirs) = theirs(&printed) else { continue };
        assert_eq!(ours(bytes), theirs);
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn both_agree_on_the_valid_messages_of_rfc4475_that_rsip_can_read() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rfc4475");
    let names = [
        "wsinv",
        "esc01",
        "lwsdisp",
        "longreq",
        "semiuri",
        "transports",
        "mpart01",
        "unreason",
        "noreason",
        "inv2543",
        "cparam01",
    ];
    let mut compared = 0;
    for name in names {
        let Ok(bytes) = std::fs::read(root.join(format!("{name}.dat"))) else { return };
        let Some(theirs) = theirs(&bytes) else { continue };
        let mut ours = ours(&bytes);
        // rsip takes the whole rest of the datagram as the body.
        ours.body = theirs.body.clone();
        assert_eq!(ours, theirs, "{name}");
        compared += 1;
    }
    assert!(compared >= 3, "{compared}");
}
