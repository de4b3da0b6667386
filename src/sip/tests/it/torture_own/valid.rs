//! Well-formed, however odd: RFC 4475 §3.1.1.

use sip::{Method, Request, Response};

use super::{plain, sdp, written};
use crate::judge::{Expect, Row};

pub fn rows() -> Vec<(Row, Vec<u8>)> {
    vec![
        (Row("folded", Expect::Request(folded), "§3.1.1.1 folding and compact names"), folded_bytes()),
        (Row("characters", Expect::Answer(501), "§3.1.1.2 every character a token may have"), characters_bytes()),
        (Row("escapes", Expect::Request(escapes), "§3.1.1.3 escapes in URIs"), escapes_bytes()),
        (Row("nul", Expect::Request(nul), "§3.1.1.4 an escaped NUL"), nul_bytes()),
        (Row("percent method", Expect::Answer(501), "§3.1.1.5 no escapes in methods"), percent_bytes()),
        (Row("no gap", Expect::Request(no_gap), "§3.1.1.6 name and bracket without space"), no_gap_bytes()),
        (Row("long", Expect::Request(long), "§3.1.1.7 long values"), long_bytes()),
        (Row("two in one", Expect::Request(two_in_one), "§3.1.1.8 bytes behind the message"), two_in_one_bytes()),
        (Row("semicolon", Expect::Request(semicolon), "§3.1.1.9 semicolon in the user"), semicolon_bytes()),
        (Row("transports", Expect::Request(transports), "§3.1.1.10 any transport"), transports_bytes()),
        (Row("parts", Expect::Request(parts), "§3.1.1.11 a body of parts, one of them binary"), parts_bytes()),
        (
            Row("reason", Expect::Response(reason), "§3.1.1.12 a reason in any words"),
            reason_bytes("200 %40 Tamamdır, şöyle: √2"),
        ),
        (Row("silent", Expect::Response(silent), "§3.1.1.13 a reason in no words"), reason_bytes("183 ")),
    ]
}

fn folded_bytes() -> Vec<u8> {
    let head = "INVITE sip:depo@example.com;etiket SIP/2.0\n\
        t\t:\n  \"Depo \\\"B\\\"\" \t <sip:depo@example.com> ;\n\ttag =\n  d9\n\
        fRoM : sip:kasa@example.org ; tag=k7\n\
        v:SIP  /  2.0 /  TLS\n  gecit.example.net ; branch= z9hG4bKaa1 , SIP/2.0/UDP 198.51.100.9;branch=eski\n\
        I:  iki@kasa\nmax-FORWARDS :  00019\nCSEQ:\n 0017\n\tINVITE\n\
        s:\nBilinmeyen: ilk\n   ikinci\n\t üçüncü\nGarip: ,,;=;\"\n\
        Record-Route: <sip:r1.example.net;lr>,\n <sip:r2.example.net;lr;x=y>\n\
        m : \"a, b; c\" <sip:kasa@198.51.100.9> ; q=0.5 ; isaretsiz\n\
        c: application/sdp\nl: LENGTH\n";
    written(head, &sdp())
}

fn folded(r: &Request) {
    let h = &r.headers;
    let to = h.to().unwrap();
    assert_eq!((to.display_text().unwrap().as_ref(), to.tag()), ("Depo \"B\"", Some("d9")));
    assert_eq!((h.max_forwards(), h.cseq().unwrap().number), (Ok(Some(19)), 17));
    let vias = h.vias().unwrap();
    assert_eq!((vias[0].transport.as_str(), vias[0].branch()), ("TLS", Some("z9hG4bKaa1")));
    assert_eq!((vias[1].host.as_str(), vias[1].has_magic_branch()), ("198.51.100.9", false));
    assert_eq!(h.text("Bilinmeyen").unwrap(), "ilk ikinci üçüncü");
    assert_eq!(h.text("Garip").unwrap(), ",,;=;\"");
    assert_eq!(h.get("Subject"), Some(&b""[..]));
    let routes = h.record_routes().unwrap();
    assert_eq!((routes.len(), routes[1].uri.param("x")), (2, Some("y")));
    let contact = h.contacts().unwrap().remove(0);
    assert_eq!(contact.display_text().unwrap(), "a, b; c");
    assert_eq!(contact.params.get("isaretsiz"), Some(&b""[..]));
    assert_eq!(sip::sdp::read(&r.body).unwrap().audio().unwrap().address.port(), 41000);
}

fn characters_bytes() -> Vec<u8> {
    let head = "A.!%*_+`'~-z9 sip:&=+$,;?/-_.!~*'()09%7E:pass&=+$,word@example.com SIP/2.0\n\
        Via: SIP/2.0/UDP h-1.example.com;branch=z9hG4bK.!%*_+`'~-\n\
        From: one!  two`~ three <sip:a@example.com>;tag=x!%'*+;p=\"Çağrı \\\u{1}\"\n\
        To: \"NUL \\\u{0} DEL \\\u{7f}\" <sip:b@example.com>\n\
        Call-ID: (<>:\\\"/[]?{}%'`~)@[::]\nCSeq: 4294967295 A.!%*_+`'~-z9\nMax-Forwards: 255\n\
        X-.!%*_+`'~: \u{feff}değer\nContent-Length: 0\n";
    written(head, b"")
}

fn escapes_bytes() -> Vec<u8> {
    let head = plain(
        "INVITE",
        "Contact:\n  <sip:k%41sa@198.51.100.9;%6Cr;d%65n=%25%35%30?%53ubject=a%20b>\nContent-Length: 0\n",
    )
    .replace("sip:depo@example.com SIP", "sip:*21%23@example.com SIP")
    .replace("<sip:depo@example.com>", "<sip:d%65po@example.com>");
    written(&head, b"")
}

fn escapes(r: &Request) {
    assert_eq!((r.uri.user(), r.uri.user_decoded().unwrap().as_ref()), (Some("*21%23"), "*21#"));
    assert!(r.to_bytes().starts_with(b"INVITE sip:*21%23@example.com SIP/2.0\r\n"));
    assert!(r.headers.to().unwrap().uri.equivalent(&sip::Uri::parse("SIP:depo@EXAMPLE.com").unwrap()));
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!(contact.uri.user_decoded().unwrap(), "kAsa");
    assert!(contact.uri.is_loose_router());
    assert_eq!(contact.uri.param("den"), Some("%25%35%30"));
    assert_eq!(contact.uri.headers().next(), Some(("%53ubject", Some("a%20b"))));
}

fn nul_bytes() -> Vec<u8> {
    let lines = "Contact: <sip:x%00y@198.51.100.9>, <sip:x%00@198.51.100.9>\nContent-Length: 0\n";
    written(&plain("REGISTER", lines), b"")
}

fn nul(r: &Request) {
    let contacts = r.headers.contacts().unwrap();
    assert_eq!(contacts[0].uri.user_decoded().unwrap(), "x\0y");
    assert!(!contacts[0].uri.equivalent(&contacts[1].uri));
}

fn percent_bytes() -> Vec<u8> {
    written(&plain("OPT%49ONS", "%56ia: kimse\nContent-Length: 0\n"), b"")
}

fn no_gap_bytes() -> Vec<u8> {
    let head = plain("OPTIONS", "Content-Length: 0\n").replace("From: <", "From: kasa.1<");
    written(&head, b"")
}

fn no_gap(r: &Request) {
    assert_eq!(r.headers.from().unwrap().display_text().unwrap(), "kasa.1");
}

fn long_bytes() -> Vec<u8> {
    let mut lines = format!("Contact: <sip:{}@198.51.100.9>\n", "uzun".repeat(300));
    for hop in 0..60 {
        lines.push_str(&format!("{}: SIP/2.0/TCP hop{hop}.example.net\n", ["v", "V ", "VIA", "vIa\t"][hop % 4]));
    }
    lines.push_str(&format!("X-{}: {}\nl: 0\n", "Ad".repeat(200), "değer ".repeat(500)));
    written(&plain("INVITE", &lines), b"")
}

fn long(r: &Request) {
    assert_eq!(r.headers.vias().unwrap().len(), 61);
    assert_eq!(r.headers.contacts().unwrap()[0].uri.user().unwrap().len(), 1200);
    assert_eq!(r.headers.text(&format!("x-{}", "aD".repeat(200))).unwrap().chars().count(), 2999);
}

fn two_in_one_bytes() -> Vec<u8> {
    let first = written(&plain("OPTIONS", "Content-Length: 3\n"), b"abc");
    [first, b"\r\n".to_vec(), written(&plain("INVITE", "Content-Length: 0\n"), b"")].concat()
}

fn two_in_one(r: &Request) {
    assert_eq!((&r.method, r.body.as_ref()), (&Method::Options, &b"abc"[..]));
}

fn semicolon_bytes() -> Vec<u8> {
    let head = plain("OPTIONS", "Accept: application/sdp,\n  message/sipfrag\nContent-Length: 0\n");
    written(&head.replace("sip:depo@example.com SIP", "sip:raf;no=7%40b?x@example.com;lr SIP"), b"")
}

fn semicolon(r: &Request) {
    assert_eq!((r.uri.user(), r.uri.host_text()), (Some("raf;no=7%40b?x"), "example.com"));
    assert_eq!((r.uri.params().collect::<Vec<_>>(), r.uri.has_headers()), (vec![("lr", None)], false));
    assert_eq!(r.headers.tokens("Accept"), ["application/sdp", "message/sipfrag"]);
}

fn transports_bytes() -> Vec<u8> {
    let lines = "Via: SIP/2.0/TLS-SCTP b.example.net, SIP/2.0/WSS c.example.net\nVia: SIP/2.0/Posta d.example.net\nContent-Length: 0\n";
    written(&plain("OPTIONS", lines), b"")
}

fn transports(r: &Request) {
    let vias = r.headers.vias().unwrap();
    assert_eq!(vias.iter().map(|v| v.transport.as_str()).collect::<Vec<_>>(), ["UDP", "TLS-SCTP", "WSS", "Posta"]);
}

fn parts_bytes() -> Vec<u8> {
    let mut body = b"onsoz\r\n--sinir 1\r\nContent-Type: application/octet-stream\r\n\
        Content-Disposition: render;handling=optional\r\n\r\n\x00\xff\r\n\r\n\x80--\r\n"
        .to_vec();
    body.extend(b"--sinir 1\r\nContent-Disposition: session\r\ncontent-type : application/sdp\r\n\r\n");
    body.extend(sdp());
    body.extend(b"\r\n--sinir 1--\r\nsonsoz");
    let lines = "Contact: <sip:kasa@198.51.100.9>\nContent-Type: multipart/mixed; boundary=\"sinir 1\"\nContent-Length: LENGTH\n";
    written(&plain("INVITE", lines), &body)
}

fn parts(r: &Request) {
    assert_eq!(r.sdp().unwrap(), sdp());
    let kind = r.headers.content_type().unwrap().unwrap();
    let parts = sip::multipart::parts(&kind, &r.body).unwrap();
    assert_eq!((parts.len(), parts[0].content.as_ref()), (2, &b"\x00\xff\r\n\r\n\x80--"[..]));
}

fn reason_bytes(line: &str) -> Vec<u8> {
    let head = plain("INVITE", "Content-Length: 0\n");
    let (_, headers) = head.split_once('\n').unwrap();
    written(&format!("SIP/2.0 {line}\n{headers}"), b"")
}

fn reason(r: &Response) {
    assert_eq!((r.status, std::str::from_utf8(&r.reason).unwrap()), (200, "%40 Tamamdır, şöyle: √2"));
}

fn silent(r: &Response) {
    assert_eq!((r.status, r.reason.as_ref()), (183, &b""[..]));
    assert!(r.to_bytes().starts_with(b"SIP/2.0 183 \r\n"));
}
