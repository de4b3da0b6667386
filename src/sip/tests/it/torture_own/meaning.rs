//! Well-formed, and to be judged by what they mean: RFC 4475 §3.2 to §3.4.

use sip::Request;

use super::{plain, sdp, written};
use crate::judge::{Expect, Row};

const WHY: &str = "RFC 4475 §3.3";

pub fn rows() -> Vec<(Row, Vec<u8>)> {
    let invite = |lines: &str| written(&plain("INVITE", &format!("Contact: <sip:kasa@198.51.100.9>\n{lines}")), &sdp());
    let register = |lines: &str| written(&plain("REGISTER", &format!("{lines}Content-Length: 0\n")), b"");
    let options = |old: &str, new: &str| written(&plain("OPTIONS", "l: 0\n").replacen(old, new, 1), b"");
    let typed = "Content-Type: application/sdp\nContent-Length: LENGTH\n";
    vec![
        (Row("§3.2.1 the cookie alone", Expect::Request(cookie_alone), WHY), options("bKizmir35", "bK")),
        (Row("§3.3.1 without From, To, Call-ID", Expect::Answer(400), WHY), insufficient()),
        (
            Row("§3.3.2 unknown scheme", Expect::Answer(416), WHY),
            options("sip:depo@example.com SIP", "kargo:paket-12 SIP"),
        ),
        (
            Row("§3.3.3 atypical scheme", Expect::Answer(416), WHY),
            options("sip:depo@example.com SIP", "https://example.com/a SIP"),
        ),
        (
            Row("§3.3.4 an address of record is a SIP URI", Expect::Answer(400), WHY),
            written(
                &plain("REGISTER", "Contact: <name:Ayse>\nl: 0\n")
                    .replace("To: <sip:depo@example.com>", "To: <urn:depo:3>"),
                b"",
            ),
        ),
        (
            Row("§3.3.5 extensions nobody has", Expect::AnswerWith(420, "Unsupported", "ucan-hali, isinlama"), WHY),
            options("l: 0", "Require: ucan-hali\nProxy-Require: vekil\nRequire: timer, isinlama\nl: 0"),
        ),
        (
            Row("§3.3.6 a body of unknown type", Expect::AnswerWith(415, "Accept", "application/sdp"), WHY),
            invite("Content-Type: application/resim\nContent-Length: LENGTH\n"),
        ),
        (
            Row("§3.3.7 unknown authorization", Expect::Request(not_ours), WHY),
            register("Authorization: Parola \"acil susam\"\n"),
        ),
        (
            Row("§3.3.8 two From, two To", Expect::Answer(400), WHY),
            options("l: 0", "From: <sip:b@example.org>;tag=2\nTo: <sip:c@example.org>\nl: 0"),
        ),
        (
            Row("§3.3.9 two lengths", Expect::Answer(400), WHY),
            invite("Content-Length: 4\nContent-Type: application/sdp\nl: 9\n"),
        ),
        (Row("§3.3.10 a response on its way to somebody else", Expect::Drop, WHY), astray()),
        (Row("§3.3.11 no hops left", Expect::Request(no_hops), WHY), options("Max-Forwards: 20", "Max-Forwards: 0")),
        (
            Row("§3.3.12 header parameter", Expect::Request(of_header), WHY),
            register("Contact: sip:kasa@198.51.100.9;raf\n"),
        ),
        (
            Row("§3.3.13 URI parameter", Expect::Request(of_uri), WHY),
            register("Contact: <sip:kasa@198.51.100.9;raf>\n"),
        ),
        (
            Row("§3.3.14 headers in a Contact", Expect::Request(headers_kept), WHY),
            register("m: <sip:kasa@198.51.100.9?Subject=iade>\n"),
        ),
        (
            Row("§3.3.15 nothing acceptable", Expect::Answer(406), WHY),
            invite(&format!("Accept: text/siir;q=1\n{typed}")),
        ),
        (Row("§3.4.1 RFC 2543", Expect::Request(old), WHY), of_old()),
    ]
}

fn cookie_alone(r: &Request) {
    assert!(!r.headers.via().unwrap().has_magic_branch());
}

fn insufficient() -> Vec<u8> {
    let all = plain("INVITE", "Content-Length: LENGTH\n");
    let gone = |line: &&str| !["From", "To", "Call-ID"].iter().any(|name| line.starts_with(name));
    let head: Vec<&str> = all.lines().filter(gone).collect();
    written(&(head.join("\n") + "\n"), &sdp())
}

fn not_ours(r: &Request) {
    let mut challenger = sip::digest::Challenger::new("santral", 2);
    let verdict = challenger
        .check(std::time::Instant::now(), std::net::IpAddr::from([10, 0, 0, 9]), r, |_| panic!("nobody is looked up"));
    assert_eq!(verdict, sip::digest::Verdict::Challenge { stale: false });
}

fn astray() -> Vec<u8> {
    let head = plain("INVITE", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKherkes\nContent-Length: 0\n");
    let (_, headers) = head.split_once('\n').unwrap();
    written(&format!("SIP/2.0 200 OK\n{headers}"), b"")
}

fn no_hops(r: &Request) {
    assert_eq!(r.headers.max_forwards(), Ok(Some(0)));
}

fn of_header(r: &Request) {
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!((contact.params.has("raf"), contact.uri.param("raf")), (true, None));
}

fn of_uri(r: &Request) {
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!((contact.params.has("raf"), contact.uri.param("raf")), (false, Some("")));
}

fn headers_kept(r: &Request) {
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!(contact.uri.headers().collect::<Vec<_>>(), [("Subject", Some("iade"))]);
}

fn of_old() -> Vec<u8> {
    let head = "INVITE sip:+905551112233@example.com;user=phone SIP/2.0\nVia: SIP/2.0/UDP eski.example.net\n\
        From: <sip:+902121112233@example.net;user=phone>\nTo: sip:+905551112233@example.com;user=phone\n\
        Call-ID: eski1\nCSeq: 1 INVITE\nContent-Type: application/sdp\n";
    written(head, &sdp())
}

fn old(r: &Request) {
    assert_eq!((r.headers.from().unwrap().tag(), r.headers.via().unwrap().branch()), (None, None));
    assert_eq!((r.uri.param("user"), r.headers.to().unwrap().uri.param("user")), (Some("phone"), None));
    assert_eq!(r.body, sdp());
}
