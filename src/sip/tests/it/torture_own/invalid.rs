//! Broken: RFC 4475 §3.1.2.

use sip::Request;

use super::{plain, sdp, written};
use crate::judge::{Expect, Row};

fn with(old: &str, new: &str) -> Vec<u8> {
    let head = plain("OPTIONS", "Content-Length: 0\n");
    assert!(head.contains(old), "{old}");
    written(&head.replacen(old, new, 1), b"")
}

fn response(line: &str, old: &str, new: &str) -> Vec<u8> {
    let head = plain("OPTIONS", "Content-Length: 0\n").replacen(old, new, 1);
    let (_, headers) = head.split_once('\n').unwrap();
    written(&format!("{line}\n{headers}"), b"")
}

pub fn rows() -> Vec<(Row, Vec<u8>)> {
    let length = |value: &str| written(&plain("OPTIONS", &format!("Content-Length: {value}\n")), &sdp());
    let bad = |name| Row(name, Expect::Answer(400), "RFC 4475 §3.1.2");
    vec![
        (bad("§3.1.2.1 empty parameters in Via"), with(";branch=z9hG4bKizmir35", ";;,branch=z9hG4bKizmir35;")),
        (bad("§3.1.2.2 a body shorter than said"), length("5000")),
        (bad("§3.1.2.3 a negative length"), length("-12")),
        (bad("§3.1.2.4 CSeq of 2^32"), with("CSeq: 4 ", "CSeq: 4294967296 ")),
        (
            Row("§3.1.2.5 a response with CSeq beyond 32 bits", Expect::Drop, "discarded"),
            response("SIP/2.0 486 Busy", "CSeq: 4 ", "CSeq: 99999999999999999999 "),
        ),
        (bad("§3.1.2.6 an open quote in To"), with("To: <", "To: \"Depo <")),
        (bad("§3.1.2.7 a bracketed Request-URI"), with("sip:depo@example.com SIP", "<sip:depo@example.com> SIP")),
        (bad("§3.1.2.8 a space in the Request-URI"), with("sip:depo@example.com SIP", "sip:depo@example.com ;lr SIP")),
        (bad("§3.1.2.9 two spaces in the request line"), with("OPTIONS sip", "OPTIONS  sip")),
        (bad("§3.1.2.10 a space behind the request line"), with("SIP/2.0\n", "SIP/2.0 \n")),
        (bad("§3.1.2.11 headers in the Request-URI"), with("example.com SIP", "example.com?Subject=gizli SIP")),
        (
            Row("§3.1.2.12 a Date of another zone is not used", Expect::Request(date), "may be ignored"),
            with("Max-Forwards: 20\n", "Max-Forwards: 20\nDate: Mon, 23 Nov 2026 09:00:00 TRT\n"),
        ),
        (
            bad("§3.1.2.13 ? in a bare Contact"),
            with("Max-Forwards", "Contact: sip:kasa@198.51.100.9?Route=x\nMax-Forwards"),
        ),
        (
            bad("§3.1.2.14 spaces inside the brackets"),
            with("To: <sip:depo@example.com>", "To: < sip:depo@example.com >"),
        ),
        (bad("§3.1.2.15 a comma in a bare display name"), with("From: <", "From: Kasa, 3 <")),
        (
            Row("§3.1.2.16 another version", Expect::Answer(505), "version not supported"),
            with("example.com SIP/2.0", "example.com SIP/3.1"),
        ),
        (bad("§3.1.2.17 the method of CSeq is another"), with("4 OPTIONS", "4 BYE")),
        (
            Row("§3.1.2.18 an unknown method, and CSeq says another", Expect::Answer(501), "unknown comes first"),
            with("OPTIONS sip", "YOKLA sip"),
        ),
        (
            Row("§3.1.2.19 a status beyond all bounds", Expect::Drop, "discarded"),
            response("SIP/2.0 70000000002 Olmaz", "CSeq", "CSeq"),
        ),
    ]
}

fn date(r: &Request) {
    assert!(r.headers.text("date").unwrap().ends_with("TRT"));
}
