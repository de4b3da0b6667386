//! Header fields: order, names, lists and typed reading.

use sip::{Address, HeaderError, Headers, Method, Params, Via};

fn headers(lines: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in lines {
        headers.push(name, value.to_string());
    }
    headers
}

#[test]
fn names_are_compared_without_case_and_compact_forms_are_the_long_ones() {
    let h = headers(&[("i", "a@b"), ("CONTENT-type", "application/sdp"), ("X-Ozel", "1"), ("x-ozel", "2")]);
    assert_eq!(h.get("call-id"), Some(&b"a@b"[..]));
    assert_eq!(h.iter().map(|x| x.name.as_str()).collect::<Vec<_>>(), ["Call-ID", "Content-Type", "X-Ozel", "x-ozel"]);
    assert_eq!(h.all("X-OZEL").collect::<Vec<_>>(), [b"1", b"2"]);
}

#[test]
fn set_keeps_the_place_and_takes_the_doubles_away() {
    let mut h = headers(&[("X-A", "1"), ("X-B", "2"), ("x-a", "3"), ("X-C", "4")]);
    h.set("X-B", "9");
    h.set("X-A", "7");
    h.set("X-D", "8");
    let seen: Vec<_> = h.iter().map(|x| (x.name.as_str(), x.value.as_ref())).collect();
    assert_eq!(seen, [("X-A", &b"7"[..]), ("X-B", b"9"), ("X-C", b"4"), ("X-D", b"8")]);
    h.remove("x-b");
    assert_eq!((h.len(), h.has("X-B")), (3, false));
}

#[test]
fn only_the_topmost_via_is_replaced_even_in_a_list() {
    let mut h =
        headers(&[("Via", "SIP/2.0/UDP a;branch=z9hG4bK1 , SIP/2.0/TCP b;branch=z9hG4bK2"), ("Via", "SIP/2.0/UDP c")]);
    let mut via = h.via().unwrap();
    via.params.set("received", Some("192.0.2.9"));
    via.params.set("rport", Some("5099"));
    h.replace_first("Via", via.to_string().as_bytes());
    let vias = h.vias().unwrap();
    assert_eq!((vias[0].received(), vias[0].rport()), ("192.0.2.9".parse().ok(), Some(Some(5099))));
    assert_eq!(vias.iter().map(|v| v.host.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    h.insert_top("Via", "SIP/2.0/UDP ust;rport");
    assert_eq!((h.via().unwrap().host.as_str(), h.via().unwrap().rport()), ("ust", Some(None)));
}

#[test]
fn a_value_can_not_begin_a_header_of_its_own() {
    let mut h = Headers::new();
    h.push("Subject", "iade\r\nRoute: <sip:kotu.example.com>");
    h.set("X-A", "1\n2");
    let mut request = sip::Request::new(Method::Options, sip::Uri::parse("sip:a@b").unwrap());
    request.headers = h;
    let text = String::from_utf8(request.to_bytes().to_vec()).unwrap();
    assert!(!text.contains("\r\nRoute"), "{text}");
    assert!(text.contains("X-A: 1 2\r\n"), "{text}");
}

#[test]
fn missing_repeated_and_malformed_are_told_apart() {
    let h = headers(&[("From", "<sip:a@b>"), ("From", "<sip:c@d>"), ("CSeq", "4294967296 INVITE"), ("Call-ID", "a b")]);
    assert_eq!(h.from().unwrap_err(), HeaderError::Repeated("From"));
    assert_eq!(h.to().unwrap_err(), HeaderError::Missing("To"));
    assert_eq!(h.cseq().unwrap_err(), HeaderError::Malformed("CSeq"));
    assert_eq!(h.call_id().unwrap_err(), HeaderError::Malformed("Call-ID"));
    assert_eq!(h.via().unwrap_err(), HeaderError::Missing("Via"));
}

#[test]
fn numbers_too_large_take_the_value_the_standard_gives_them() {
    let h = headers(&[("Max-Forwards", "300"), ("Expires", "99999999999999")]);
    assert_eq!((h.max_forwards(), h.expires()), (Ok(Some(255)), Some(3600)));
    let h = headers(&[("Max-Forwards", "-1"), ("Expires", "yarın")]);
    assert_eq!((h.max_forwards(), h.expires()), (Err(HeaderError::Malformed("Max-Forwards")), Some(3600)));
    assert_eq!((headers(&[]).max_forwards(), headers(&[]).expires()), (Ok(None), None));
    assert_eq!(headers(&[("Expires", "0")]).expires(), Some(0));
}

#[test]
fn contacts_are_split_at_commas_that_are_commas() {
    let h =
        headers(&[("Contact", "\"Kasa, 3\" <sip:a,b@h;x=\"1\">;q=0.7, <sip:c@h?X=1,2>"), ("m", "sip:d@h;expires=60")]);
    assert_eq!(h.contacts().unwrap_err(), HeaderError::Malformed("Contact"), "a quote has no place in a URI");
    let h = headers(&[("Contact", "\"Kasa, 3\" <sip:a,b@h>;q=0.7, <sip:c@h?X=1,2>"), ("m", "sip:d@h;expires=60")]);
    let contacts = h.contacts().unwrap();
    assert_eq!(contacts.iter().map(|c| c.uri.user().unwrap()).collect::<Vec<_>>(), ["a,b", "c", "d"]);
    assert_eq!(contacts[2].params.text("expires").unwrap(), "60");
    assert!(headers(&[("Contact", " * ")]).contact_is_star());
    assert!(!headers(&[("Contact", "*, <sip:a@b>")]).contact_is_star());
    assert_eq!(headers(&[]).contacts().unwrap(), []);
}

#[test]
fn lists_of_words_are_read_over_several_fields() {
    let h = headers(&[
        ("Supported", "timer, 100rel"),
        ("k", ""),
        ("k", "replaces,,x"),
        ("Allow", "INVITE,ACK , YENI"),
        ("u", "talk, hold"),
    ]);
    assert_eq!(h.supported(), ["timer", "100rel", "replaces", "x"]);
    assert!(h.supports("TIMER") && !h.supports("path"));
    assert_eq!(h.allow(), [Method::Invite, Method::Ack, Method::Other("YENI".into())]);
    assert_eq!(h.allow_events(), ["talk", "hold"]);
}

#[test]
fn addresses_with_turkish_names_and_awkward_quotes_are_kept() {
    for (text, display) in [
        ("\"Ayşe \\\"Şef\\\" Öztürk\" <sip:ayse@h>;tag=1", "Ayşe \"Şef\" Öztürk"),
        ("Ayşe Öztürk <sip:ayse@h>;tag=1", "Ayşe Öztürk"),
        ("\"a\\\\\"<sip:ayse@h>;tag=1", "a\\"),
        ("\"\" <sip:ayse@h>;tag=1", ""),
    ] {
        let address = Address::parse(text.as_bytes()).unwrap();
        assert_eq!((address.display_text().unwrap().as_ref(), address.tag()), (display, Some("1")), "{text}");
        assert_eq!(Address::parse(&address.to_bytes()), Some(address));
    }
    let latin = Address::parse(b"\"Ay\xfee\" <sip:ayse@h>").unwrap();
    assert_eq!(latin.display.as_deref(), Some(&b"Ay\xfee"[..]));
    assert!(latin.to_bytes().starts_with(b"\"Ay\xfee\" <"));
}

#[test]
fn broken_addresses_are_refused() {
    for text in [
        "",
        "<>",
        "<sip:a@b",
        "sip:a@b>",
        "\"x\" sip:a@b",
        "\"x <sip:a@b>",
        "a, b <sip:a@b>",
        "<sip:a@b> x",
        "<sip:a@b>;",
        "<sip:a@b>;tag=",
        "<sip:a@b>;=1",
        "<sip:a@b>;tag=a b",
        "< sip:a@b>",
        "sip:a@b?x=1",
        "ayse",
        "<sip:a@b><sip:c@d>",
        "<sip:a@b>;p=\"x",
        "<sip:a@b>;p=\"x\"y",
    ] {
        assert_eq!(Address::parse(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn broken_vias_are_refused() {
    for text in [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP ",
        "SIP/2.0 UDP h",
        "SIP/3.0/UDP h",
        "HTTP/2.0/UDP h",
        "SIP/2.0/UDPh",
        "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h:",
        "SIP/2.0/UDP h;;branch=1",
        "SIP/2.0/UDP h;",
        "SIP/2.0/ h",
        "SIP/2.0/UDP h g",
        "SIP/2.0/UDP [::1",
    ] {
        assert_eq!(Via::parse(text.as_bytes()), None, "{text}");
    }
    let via = Via::parse(b"sip / 2.0 / udp h.example.com : 5080 ; rport ; BRANCH = z9hG4bKq").unwrap();
    assert_eq!((via.port, via.rport(), via.branch()), (Some(5080), Some(None), Some("z9hG4bKq")));
}

#[test]
fn parameters_are_changed_in_place() {
    let mut params = Params::default();
    params.set("tag", Some("a"));
    params.set("lr", None);
    params.set("TAG", Some("b"));
    assert_eq!((params.get("tag"), params.get("LR"), params.iter().count()), (Some(&b"b"[..]), Some(&b""[..]), 2));
    params.remove("Tag");
    assert!(!params.has("tag"));
}
