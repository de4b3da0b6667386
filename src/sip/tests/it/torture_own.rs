//! Our own messages for the 49 points RFC 4475 makes, so that they are tested wherever the repository is: same points,
//! other words.

mod invalid;
mod meaning;
mod valid;

use crate::judge::{Row, check};

/// A message written with plain line ends. `LENGTH` in the head becomes the length of the body.
pub fn written(head: &str, body: &[u8]) -> Vec<u8> {
    let head = head.replace("LENGTH", &body.len().to_string()).replace('\n', "\r\n");
    [head.as_bytes(), b"\r\n", body].concat()
}

pub fn sdp() -> Vec<u8> {
    b"v=0\r\no=kiosk 77 78 IN IP4 198.51.100.9\r\ns=siparis\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\nm=audio 41000 RTP/AVP 8 0\r\n"
        .to_vec()
}

/// The head of a plain request with one line exchanged or added.
pub fn plain(method: &str, lines: &str) -> String {
    format!(
        "{method} sip:depo@example.com SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bKizmir35\nMax-Forwards: 20\n\
         From: <sip:kasa@example.org>;tag=k1\nTo: <sip:depo@example.com>\nCall-ID: bir@kasa\nCSeq: 4 {method}\n{lines}"
    )
}

fn checked(rows: &[(Row, Vec<u8>)], count: usize) {
    assert_eq!(rows.len(), count);
    let wrong: Vec<String> = rows.iter().filter_map(|(row, bytes)| check(row, bytes).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn thirteen_strange_messages_are_taken_for_what_they_are() {
    checked(&valid::rows(), 13);
}

#[test]
fn nineteen_broken_messages_are_refused_or_dropped() {
    checked(&invalid::rows(), 19);
}

#[test]
fn seventeen_messages_are_judged_by_what_they_mean() {
    checked(&meaning::rows(), 17);
}

#[test]
fn damaged_strange_messages_never_panic() {
    for (_, bytes) in valid::rows().into_iter().chain(invalid::rows()).chain(meaning::rows()) {
        crate::property::mutate(&bytes, 60, crate::property::exercise);
    }
}
