//! IPv6 in every place an address may stand: the points of RFC 5118 in our own messages, and its 12 messages when they
//! lie beside the repository.

use std::path::PathBuf;

use sip::{Host, Request, Via};

use crate::judge::{Expect, Row, check};
use crate::torture_own::{plain, written};

const ROWS: [Row; 12] = [
    Row("ipv6-good", Expect::Request(good), "§4.1 an IPv6 reference in brackets"),
    Row("ipv6-bad", Expect::Answer(400), "§4.2 without brackets"),
    Row("port-ambiguous", Expect::Request(ambiguous), "§4.3 inside the brackets it is no port"),
    Row("port-unambiguous", Expect::Request(unambiguous), "§4.4 behind the brackets it is"),
    Row("via-received-param-with-delim", Expect::Request(received), "§4.5 received in brackets"),
    Row("via-received-param-no-delim", Expect::Request(received), "§4.5 received without brackets"),
    Row("ipv6-in-sdp", Expect::Request(in_sdp), "§4.6 in a session description"),
    Row("mult-ip-in-header", Expect::Request(mixed_vias), "§4.7 both families among the Vias"),
    Row("mult-ip-in-sdp", Expect::Request(mixed_sdp), "§4.8 both families among the streams"),
    Row("ipv4-mapped-ipv6", Expect::Request(mapped), "§4.9 mapped IPv4"),
    Row("ipv6-bug-abnf-3-colons", Expect::Request(three_colons), "§4.10 a colon too many"),
    Row("ipv6-correct-abnf-2-colons", Expect::Request(three_colons), "§4.10 as it should be"),
];

#[test]
fn every_message_of_rfc5118_gets_what_the_rfc_says() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rfc5118");
    if !root.is_dir() {
        return;
    }
    let wrong: Vec<_> =
        ROWS.iter().filter_map(|row| check(row, &std::fs::read(root.join(row.0)).unwrap()).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn host(text: &str) -> Option<Host<'_>> {
    Host::parse(text)
}

fn good(r: &Request) {
    assert_eq!(r.uri.host(), host("[2001:db8::10]"));
    assert_eq!(r.headers.via().unwrap().sent_host(), host("[2001:db8::9:1]").unwrap());
}

fn ambiguous(r: &Request) {
    assert_eq!((r.uri.host(), r.uri.port()), (host("[2001:db8::10:5070]"), None));
}

fn unambiguous(r: &Request) {
    assert_eq!((r.uri.host(), r.uri.port()), (host("[2001:db8::10]"), Some(5070)));
}

fn received(r: &Request) {
    assert_eq!(r.headers.via().unwrap().received(), "2001:db8::9:255".parse().ok());
}

fn in_sdp(r: &Request) {
    assert_eq!(sip::sdp::read(&r.body).unwrap().audio().unwrap().address.to_string(), "[2001:db8::20]:6000");
}

fn mixed_vias(r: &Request) {
    let vias = r.headers.vias().unwrap();
    assert_eq!(vias.iter().map(|v| v.sent_host().ip().unwrap().is_ipv6()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!((vias[0].port, vias[2].received()), (Some(6050), "192.0.2.200".parse().ok()));
}

fn mixed_sdp(r: &Request) {
    assert_eq!(sip::sdp::read(&r.body).unwrap().audio().unwrap().address.to_string(), "192.0.2.1:22334");
}

fn mapped(r: &Request) {
    assert_eq!(r.headers.via().unwrap().host, "[::ffff:192.0.2.10]");
    assert_eq!(r.headers.contacts().unwrap()[0].uri.host_text(), "[::ffff:192.0.2.2]");
    assert!(sip::sdp::read(&r.body).unwrap().audio().unwrap().address.is_ipv6());
}

fn three_colons(r: &Request) {
    assert_eq!(r.uri.host(), host("[2001:db8::192.0.2.1]"));
}

#[test]
fn our_own_messages_for_the_same_points() {
    let options = |uri: &str, via: &str| {
        let head = plain("OPTIONS", "Content-Length: 0\n").replace("sip:depo@example.com SIP", &format!("{uri} SIP"));
        written(&head.replace("198.51.100.9:5070", via), b"")
    };
    let good = [
        options("sip:depo@[2001:db8:a::1]", "[2001:db8:b::2]:5070"),
        options("sip:[2001:db8:a::1:5062]", "[::ffff:198.51.100.7]"),
        options("sip:depo@[2001:db8:::198.51.100.7]:5062", "[2001:db8::1];received=2001:db8::f"),
    ];
    for bytes in &good {
        assert!(
            check(&Row("own", Expect::Request(|r| assert!(matches!(r.uri.host(), Some(Host::V6(_))))), ""), bytes)
                .is_ok()
        );
    }
    let bad = [
        options("sip:depo@2001:db8:a::1", "[::1]"),
        options("sip:depo@[2001:db8:a::1", "[::1]"),
        options("sip:depo@[2001:zz::1]", "[::1]"),
        options("sip:depo@[::1]5060", "[::1]"),
        options("sip:depo@[::1]", "2001:db8:b::2"),
    ];
    for bytes in &bad {
        assert_eq!(check(&Row("own", Expect::Answer(400), ""), bytes), Ok(()));
    }
}

#[test]
fn addresses_of_both_families_are_printed_so_that_they_read_back() {
    for address in ["198.51.100.7:5060", "[2001:db8::7]:5062"] {
        let address: std::net::SocketAddr = address.parse().unwrap();
        let uri = sip::Uri::at("santral", address);
        assert_eq!((uri.host().unwrap().ip(), uri.port()), (Some(address.ip()), Some(address.port())));
        assert_eq!(sip::Uri::parse(uri.as_str()), Some(uri));
        let via = Via::new("TCP", address, "z9hG4bKx");
        assert_eq!((via.sent_host().ip(), via.port), (Some(address.ip()), Some(address.port())));
        assert_eq!(Via::parse(via.to_string().as_bytes()), Some(via));
    }
}
