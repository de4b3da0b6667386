//! URIs: kept as they came, read in parts, compared by RFC 3261 §19.1.4.

use sip::{Host, Uri};

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn the_text_is_never_changed() {
    for text in [
        "sip:*21%23@example.com",
        "sip:*21#@example.com",
        "sip:%2a21%23@example.com",
        "SIP:A%c3%a7@EXAMPLE.com:05060;LR?X=%41",
        "sips:a:p%40ss@[2001:DB8:0::1]:1;transport=TCP",
        "tel:+90-555-111.22.33;phone-context=example.com",
        "urn:service:sos",
        "sip:şule@örnek.example",
        "sip:example.com?Replaces=a%40b",
        "mailto:a@b",
    ] {
        assert_eq!(uri(text).as_str(), text);
        assert_eq!(uri(text).to_string(), text);
    }
}

#[test]
fn the_parts_are_where_they_belong() {
    let u = uri("sips:ali;x:gizli?@h.example.com:5061;transport=tcp;lr?Subject=a&Priority=b");
    assert_eq!((u.scheme(), u.user(), u.password()), ("sips", Some("ali;x"), Some("gizli?")));
    assert_eq!((u.host(), u.port()), (Some(Host::Name("h.example.com")), Some(5061)));
    assert_eq!(u.params().collect::<Vec<_>>(), [("transport", Some("tcp")), ("lr", None)]);
    assert_eq!(u.headers().collect::<Vec<_>>(), [("Subject", Some("a")), ("Priority", Some("b"))]);
    assert!(u.is_sips() && u.is_sip() && u.is_loose_router());
    let t = uri("tel:+902121112233;phone-context=x");
    assert_eq!((t.user(), t.host(), t.param("phone-context")), (Some("+902121112233"), None, Some("x")));
    assert_eq!(uri("isbn:2983792873").opaque(), "2983792873");
    assert_eq!(uri("sip:10.0.0.1").host(), Some(Host::V4([10, 0, 0, 1].into())));
}

#[test]
fn broken_uris_are_refused() {
    for text in [
        "",
        "sip",
        "sip:",
        ":a",
        "1sip:a",
        "sip:@h",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@h:",
        "sip:a@h:65536",
        "sip:a@h:x",
        "sip:a b@h",
        "sip:a@h;;x",
        "sip:a@h;",
        "sip:a@h;=x",
        "sip:a@h;;x?y=z",
        "sip:a@h;x=b@c",
        "sip:a@h?x=%4",
        "sip:a%2@h",
        "sip:a%zz@h",
        "sip:a@h;x=%g1",
        "sip:<a@h>",
        "sip:a@h\r\n",
        "sip:a\"@h",
        "sip:a@[::1",
        "sip:a@::1",
        "tel:",
        "tel:;x",
        "sip:a@h_!",
    ] {
        assert_eq!(Uri::parse(text), None, "{text}");
    }
    assert_eq!(Uri::parse(b"sip:a\xff@h"), None);
}

#[test]
fn equality_is_that_of_the_standard() {
    for (a, b) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        ("sip:biloxi.com;transport=tcp;method=REGISTER", "sip:biloxi.com;method=REGISTER;transport=tcp"),
        ("sip:alice@atlanta.com?subject=a&priority=b", "sip:alice@atlanta.com?priority=b&subject=a"),
        ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0::1]"),
        ("tel:+90555", "TEL:+90555"),
    ] {
        assert!(uri(a).equivalent(&uri(b)) && uri(b).equivalent(&uri(a)), "{a} {b}");
    }
    for (a, b) in [
        ("SIP:ALICE@AtLanTa.CoM", "sip:alice@AtLanTa.CoM"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:bob@biloxi.com:6000;transport=udp", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next"),
        ("sip:a@h;user=phone", "sip:a@h"),
        ("sip:a@h", "sip:a@h;maddr=1.2.3.4"),
        ("sip:a%40b@h", "sip:a@h"),
        ("sip:*21%23@h", "sip:*21@h"),
        ("sip:a:b@h", "sip:a@h"),
    ] {
        assert!(!uri(a).equivalent(&uri(b)) && !uri(b).equivalent(&uri(a)), "{a} {b}");
    }
}

#[test]
fn parameters_are_set_and_taken_without_touching_the_rest() {
    let u = uri("sip:*21%23@h:5060;lr;x=%41?S=1");
    assert_eq!(u.with_param("transport", Some("tcp")).as_str(), "sip:*21%23@h:5060;lr;x=%41;transport=tcp?S=1");
    assert_eq!(u.with_param("X", Some("2")).as_str(), "sip:*21%23@h:5060;lr;X=2?S=1");
    assert_eq!(u.without_param("lr").as_str(), "sip:*21%23@h:5060;x=%41?S=1");
    assert_eq!(u.without_param("yok"), u);
    assert_eq!(u.without_headers().as_str(), "sip:*21%23@h:5060;lr;x=%41");
}

#[test]
fn a_user_we_put_in_is_escaped_and_reads_back() {
    for user in ["*21#", "ayşe@ev", "a b", "100%", "a:b", "+90 (212)"] {
        let made = Uri::sip(user, "h.example.com", Some(5060)).unwrap();
        let read = uri(made.as_str());
        assert_eq!((read.user_decoded().unwrap().as_ref(), read.port()), (user, Some(5060)));
        assert_eq!((made.user(), made.host(), made.password()), (read.user(), read.host(), None));
    }
    assert_eq!(Uri::sip("a", "kötü host", None), None);
    assert_eq!(Uri::at("", "192.0.2.1:5060".parse().unwrap()).as_str(), "sip:192.0.2.1:5060");
}
