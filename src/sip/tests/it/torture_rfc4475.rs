//! The 49 messages of RFC 4475, when they lie beside the repository, and what the RFC says of each.
//! Our own messages for the same points are in `torture_own`.

use std::path::PathBuf;

use sip::{Host, Method, Request, Response};

use crate::judge::{Expect, Row, check, parse};

const VALID: [Row; 13] = [
    Row("wsinv", Expect::Request(tortuous), "§3.1.1.1 folding, escapes, compact names, parameters without values"),
    Row("intmeth", Expect::AnswerWith(501, "Allow", "INVITE"), "§3.1.1.2 well-formed, of a method nobody knows"),
    Row("esc01", Expect::Request(escaped), "§3.1.1.3 escapes in URIs are kept and understood"),
    Row("escnull", Expect::Request(escaped_nul), "§3.1.1.4 an escaped NUL ends nothing"),
    Row("esc02", Expect::Answer(501), "§3.1.1.5 a percent sign in a method is no escape: this is not REGISTER"),
    Row("lwsdisp", Expect::Request(no_space_before_angle), "§3.1.1.6 no space between display name and <"),
    Row("longreq", Expect::Request(long), "§3.1.1.7 long values and many Via"),
    Row("dblreq", Expect::Request(first_of_two), "§3.1.1.8 what lies behind the body of a datagram is ignored"),
    Row("semiuri", Expect::Request(semicolon_user), "§3.1.1.9 a semicolon in the user part is no parameter"),
    Row("transports", Expect::Request(transports), "§3.1.1.10 any transport token"),
    Row("mpart01", Expect::Request(multipart), "§3.1.1.11 a binary multipart body"),
    Row("unreason", Expect::Response(foreign_reason), "§3.1.1.12 a reason phrase of any characters"),
    Row("noreason", Expect::Response(no_reason), "§3.1.1.13 an empty reason phrase"),
];

const INVALID: [Row; 19] = [
    Row("badinv01", Expect::Answer(400), "§3.1.2.1 extraneous separators in Via and Contact"),
    Row("clerr", Expect::Answer(400), "§3.1.2.2 Content-Length beyond the datagram"),
    Row("ncl", Expect::Answer(400), "§3.1.2.3 negative Content-Length"),
    Row("scalar02", Expect::Answer(400), "§3.1.2.4 CSeq does not fit 32 bits"),
    Row("scalarlg", Expect::Drop, "§3.1.2.5 a response whose CSeq does not fit is dropped"),
    Row("quotbal", Expect::Answer(400), "§3.1.2.6 a quoted string that does not end"),
    Row("ltgtruri", Expect::Answer(400), "§3.1.2.7 angle brackets around the Request-URI"),
    Row("lwsruri", Expect::Answer(400), "§3.1.2.8 white space inside the Request-URI"),
    Row("lwsstart", Expect::Answer(400), "§3.1.2.9 more than one space in the request line"),
    Row("trws", Expect::Answer(400), "§3.1.2.10 white space behind the request line"),
    Row("escruri", Expect::Answer(400), "§3.1.2.11 headers in the Request-URI"),
    // The RFC lets an element that does not use Date ignore it; we do not use it.
    Row("baddate", Expect::Request(date_ignored), "§3.1.2.12 a Date outside GMT"),
    Row("regbadct", Expect::Answer(400), "§3.1.2.13 a Contact URI with ? outside angle brackets"),
    Row("badaspec", Expect::Answer(400), "§3.1.2.14 white space inside the angle brackets of To"),
    Row("baddn", Expect::Answer(400), "§3.1.2.15 a comma in a display name outside quotes"),
    Row("badvers", Expect::Answer(505), "§3.1.2.16 SIP/7.0"),
    Row("mismatch01", Expect::Answer(400), "§3.1.2.17 the method of CSeq is another one"),
    Row("mismatch02", Expect::Answer(501), "§3.1.2.18 and if the method is unknown, that is the better answer"),
    Row("bigcode", Expect::Drop, "§3.1.2.19 a status code beyond all bounds"),
];

const MEANING: [Row; 17] = [
    // The RFC allows 400 or treating the branch as RFC 2543 would; we do the latter.
    Row("badbranch", Expect::Request(branch_says_nothing), "§3.2.1 the magic cookie with nothing behind it"),
    Row("insuf", Expect::Answer(400), "§3.3.1 no From, no To, no Call-ID"),
    Row("unkscm", Expect::Answer(416), "§3.3.2 an unknown scheme in the Request-URI"),
    Row("novelsc", Expect::Answer(416), "§3.3.3 a known scheme that SIP does not route"),
    Row("unksm2", Expect::Answer(400), "§3.3.4 schemes parse everywhere, but To of a REGISTER must be a SIP URI"),
    Row("bext01", Expect::AnswerWith(420, "Unsupported", "nothingSupportsThis, nothingSupportsThisEither"), "§3.3.5"),
    Row("invut", Expect::AnswerWith(415, "Accept", "application/sdp"), "§3.3.6 an unknown type of body"),
    Row("regaut01", Expect::Request(no_credentials_for_us), "§3.3.7 an unknown scheme of authorization counts as none"),
    Row("multi01", Expect::Answer(400), "§3.3.8 two values where one must be"),
    Row("mcl01", Expect::Answer(400), "§3.3.9 two Content-Length"),
    Row("bcast", Expect::Drop, "§3.3.10 a response with two Via has lost its way"),
    Row("zeromf", Expect::Request(no_hops_left), "§3.3.11 an endpoint takes a request with no hops left"),
    Row("cparam01", Expect::Request(contact_parameter), "§3.3.12 unknownparam belongs to the header"),
    Row("cparam02", Expect::Request(uri_parameter), "§3.3.13 unknownparam belongs to the URI"),
    Row("regescrt", Expect::Request(contact_with_headers), "§3.3.14 headers in a Contact URI are kept"),
    Row("sdp01", Expect::Answer(406), "§3.3.15 nothing we can send is accepted"),
    Row("inv2543", Expect::Request(old_syntax), "§3.4.1 no branch, no tag, no Max-Forwards, no Contact, no length"),
];

fn place() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rfc4475");
    root.is_dir().then_some(root)
}

fn all() -> impl Iterator<Item = &'static Row> {
    VALID.iter().chain(&INVALID).chain(&MEANING)
}

#[test]
fn every_message_of_rfc4475_gets_what_the_rfc_says() {
    let Some(root) = place() else { return };
    let mut wrong = Vec::new();
    for row in all() {
        let bytes = std::fs::read(root.join(format!("{}.dat", row.0))).unwrap();
        wrong.extend(check(row, &bytes).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_a_row_for_every_file() {
    let Some(root) = place() else { return };
    let mut files: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_str()?.strip_suffix(".dat").map(str::to_owned))
        .collect();
    let mut rows: Vec<String> = all().map(|row| row.0.to_owned()).collect();
    files.sort();
    rows.sort();
    assert_eq!((files.len(), files), (49, rows));
}

#[test]
fn mutated_messages_of_rfc4475_never_panic() {
    let Some(root) = place() else { return };
    for row in all() {
        let bytes = std::fs::read(root.join(format!("{}.dat", row.0))).unwrap();
        crate::property::mutate(&bytes, 300, |mutant| {
            crate::property::exercise(mutant);
        });
        assert!(parse(&bytes[..bytes.len().min(10)]).is_err(), "{}", row.0);
    }
}

fn tortuous(r: &Request) {
    assert_eq!(r.method, Method::Invite);
    assert_eq!(r.uri.param("unknownparam"), Some(""));
    let h = &r.headers;
    assert_eq!(h.to().unwrap().tag(), Some("1918181833n"));
    let from = h.from().unwrap();
    assert_eq!((from.display_text().unwrap().as_ref(), from.tag()), (r#"J Rosenberg \""#, Some("98asjd8")));
    assert_eq!(h.max_forwards(), Ok(Some(68)));
    assert_eq!(h.cseq().unwrap().to_string(), "9 INVITE");
    let vias = h.vias().unwrap();
    let parts: Vec<_> = vias.iter().map(|v| (v.transport.as_str(), v.host.as_str(), v.branch())).collect();
    assert_eq!(
        parts,
        [
            ("UDP", "192.0.2.2", Some("390skdjuw")),
            ("TCP", "spindle.example.com", Some("z9hG4bK9ikj8")),
            ("UDP", "192.168.255.111", Some("z9hG4bK30239")),
        ]
    );
    assert_eq!(h.get("Subject"), Some(b"".as_slice()));
    assert_eq!(h.text("NewFangledHeader").unwrap(), "newfangled value continued newfangled value");
    assert_eq!(h.text("UnknownHeaderWithUnusualValue").unwrap(), ";;,,;;,;");
    let route = h.routes().unwrap().remove(0);
    assert!(route.uri.is_loose_router());
    assert_eq!((route.uri.param("unknownwith"), route.uri.param("unknown-no-value")), (Some("value"), Some("")));
    let contact = h.contacts().unwrap().remove(0);
    assert_eq!(contact.display_text().unwrap(), r#"Quoted string """#);
    assert_eq!(contact.params.get("newparam"), Some(b"newvalue".as_slice()));
    assert_eq!(
        (contact.params.get("secondparam"), contact.params.text("q").unwrap().as_ref()),
        (Some(&b""[..]), "0.33")
    );
    let audio = sip::sdp::read(&r.sdp().unwrap()).unwrap().audio().unwrap();
    assert_eq!(audio.address.to_string(), "192.0.2.4:49217");
}

fn escaped(r: &Request) {
    assert_eq!(r.uri.user(), Some("sips%3Auser%40example.com"));
    assert_eq!(r.uri.user_decoded().unwrap(), "sips:user@example.com");
    assert_eq!(r.uri.host(), Some(Host::Name("example.net")));
    assert_eq!(r.headers.to().unwrap().uri.user_decoded().unwrap(), "user");
    assert!(r.headers.to().unwrap().uri.equivalent(&sip::Uri::parse("sip:user@example.com").unwrap()));
    assert_eq!(r.headers.from().unwrap().uri.user_decoded().unwrap(), "I have spaces");
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!(contact.uri.as_str(), "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31");
    assert!(contact.uri.is_loose_router(), "%6C%72 is lr");
    assert_eq!(sip::uri::unescape(contact.uri.param("name").unwrap()), "value%41", "an escape is resolved once");
}

fn escaped_nul(r: &Request) {
    assert_eq!(r.headers.to().unwrap().uri.user_decoded().unwrap(), "null-\0-null");
    let contacts = r.headers.contacts().unwrap();
    let users: Vec<_> = contacts.iter().map(|c| c.uri.user_decoded().unwrap().into_owned()).collect();
    assert_eq!(users, ["\0", "\0\0"]);
    assert!(!contacts[0].uri.equivalent(&contacts[1].uri));
}

fn no_space_before_angle(r: &Request) {
    let from = r.headers.from().unwrap();
    assert_eq!((from.display_text().unwrap().as_ref(), from.uri.user()), ("caller", Some("caller")));
}

fn long(r: &Request) {
    assert_eq!(r.headers.vias().unwrap().len(), 34);
    assert_eq!(r.headers.via().unwrap().host, "sip33.example.com");
    assert_eq!(r.headers.to().unwrap().uri.port(), Some(6000));
    assert!(r.headers.from().unwrap().tag().unwrap().len() > 100);
    assert_eq!(r.body.len(), 150);
}

fn first_of_two(r: &Request) {
    assert_eq!((r.method.clone(), r.body.len()), (Method::Register, 0));
    assert!(r.headers.call_id().unwrap().starts_with(b"dblreq."));
    assert!(!r.to_bytes().windows(6).any(|w| w == b"INVITE"));
}

fn semicolon_user(r: &Request) {
    assert_eq!(r.uri.user(), Some("user;par=u%40example.net"));
    assert_eq!(r.uri.host(), Some(Host::Name("example.com")));
    assert_eq!(r.uri.params().count(), 0);
}

fn transports(r: &Request) {
    let vias = r.headers.vias().unwrap();
    let tokens: Vec<_> = vias.iter().map(|v| v.transport.as_str()).collect();
    assert_eq!(tokens, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

fn multipart(r: &Request) {
    assert_eq!(r.body.len(), 553);
    let kind = r.headers.content_type().unwrap().unwrap();
    let parts = sip::multipart::parts(&kind, &r.body).unwrap();
    let types: Vec<_> = parts.iter().map(|p| p.content_type.as_ref().unwrap().subtype.as_str()).collect();
    assert_eq!(types, ["plain", "octet-stream"]);
    assert_eq!(parts[0].content.as_ref(), b"Hello");
    assert_eq!(parts[1].content[..4], [0x30, 0x82, 0x01, 0x52]);
}

fn foreign_reason(r: &Response) {
    assert_eq!(r.status, 200);
    assert!(std::str::from_utf8(&r.reason).unwrap().starts_with("= 2**3 * 5**2 но "));
    assert_eq!(r.body.len(), 154);
}

fn no_reason(r: &Response) {
    assert_eq!((r.status, r.reason.len()), (100, 0));
}

fn date_ignored(r: &Request) {
    assert_eq!(r.headers.text("Date").unwrap(), "Fri, 01 Jan 2010 16:00:00 EST");
}

fn branch_says_nothing(r: &Request) {
    let via = r.headers.via().unwrap();
    assert_eq!((via.branch(), via.has_magic_branch()), (Some("z9hG4bK"), false));
}

fn no_credentials_for_us(r: &Request) {
    let now = std::time::Instant::now();
    let mut challenger = sip::digest::Challenger::new("example.com", 1);
    let verdict = challenger.check(now, std::net::IpAddr::from([10, 0, 0, 9]), r, |_| panic!("nobody is looked up"));
    assert_eq!(verdict, sip::digest::Verdict::Challenge { stale: false });
}

fn no_hops_left(r: &Request) {
    assert_eq!(r.headers.max_forwards(), Ok(Some(0)));
}

fn contact_parameter(r: &Request) {
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!((contact.params.has("unknownparam"), contact.uri.param("unknownparam")), (true, None));
}

fn uri_parameter(r: &Request) {
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!((contact.params.has("unknownparam"), contact.uri.param("unknownparam")), (false, Some("")));
}

fn contact_with_headers(r: &Request) {
    let contact = r.headers.contacts().unwrap().remove(0);
    assert_eq!(contact.uri.headers().collect::<Vec<_>>(), [("Route", Some("%3Csip:sip.example.com%3E"))]);
}

fn old_syntax(r: &Request) {
    let via = r.headers.via().unwrap();
    assert_eq!((via.branch(), via.has_magic_branch()), (None, false));
    assert_eq!((r.headers.from().unwrap().tag(), r.headers.max_forwards()), (None, Ok(None)));
    assert_eq!(r.headers.to().unwrap().params.get("user"), Some(b"phone".as_slice()));
    assert!(r.sdp().unwrap().ends_with(b"RTP/AVP 0\r\n"), "the body runs to the end of the datagram");
}
