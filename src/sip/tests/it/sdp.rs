//! Session descriptions, offered and answered.

use std::net::IpAddr;

use sip::sdp::{self, Agreed, Direction, Incompatible, Law, Line, Local, SdpError};

fn ours() -> Local {
    Local {
        address: "198.51.100.1".parse().unwrap(),
        port: 30_000,
        session_id: 11,
        version: 1,
        direction: Direction::SendRecv,
        codecs: vec![Law::Pcma, Law::Pcmu],
    }
}

fn read(lines: &str) -> sdp::Sdp {
    let text =
        format!("v=0\no=telefon 1 1 IN IP4 192.0.2.5\ns=-\nc=IN IP4 192.0.2.5\nt=0 0\n{lines}").replace('\n', "\r\n");
    sdp::read(text.as_bytes()).unwrap()
}

fn answered(lines: &str) -> (String, Agreed) {
    let (bytes, agreed) = sdp::answer(&read(lines), &ours()).unwrap();
    (String::from_utf8(bytes.to_vec()).unwrap(), agreed)
}

#[test]
fn our_offer_is_exactly_this() {
    let text = sdp::offer(&ours());
    let expected = "v=0\r\no=santral 11 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n\
        m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
    assert_eq!(std::str::from_utf8(&text).unwrap(), expected);
}

#[test]
fn the_offerers_first_law_that_we_have_is_taken() {
    let (text, agreed) = answered("m=audio 4000 RTP/AVP 9 0 8 96\na=rtpmap:96 telephone-event/8000\na=ptime:30\n");
    assert!(text.contains("m=audio 30000 RTP/AVP 0 96\r\n"), "{text}");
    assert!(text.contains("a=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\n"), "{text}");
    assert_eq!((agreed.law, agreed.payload, agreed.telephone_event, agreed.ptime), (Law::Pcmu, 0, Some(96), 30));
    assert_eq!(agreed.remote.to_string(), "192.0.2.5:4000");
}

#[test]
fn our_answer_keeps_to_the_laws_we_were_given() {
    let only_a = Local { codecs: vec![Law::Pcma], ..ours() };
    let (_, agreed) = sdp::answer(&read("m=audio 4000 RTP/AVP 0 8\n"), &only_a).unwrap();
    assert_eq!((agreed.law, agreed.telephone_event), (Law::Pcma, None));
    assert_eq!(sdp::answer(&read("m=audio 4000 RTP/AVP 0\n"), &only_a), Err(Incompatible::Codec));
}

#[test]
fn a_law_under_a_dynamic_number_is_found_and_a_redefined_static_one_is_not() {
    let (text, agreed) = answered("m=audio 4000 RTP/AVP 97 98\na=rtpmap:97 PCMA/16000\na=rtpmap:98 pcma/8000/1\n");
    assert_eq!((agreed.law, agreed.payload), (Law::Pcma, 98));
    assert!(text.contains("a=rtpmap:98 PCMA/8000"));
    assert_eq!(
        sdp::answer(&read("m=audio 4000 RTP/AVP 8\na=rtpmap:8 opus/48000/2\n"), &ours()),
        Err(Incompatible::Codec)
    );
    let (_, agreed) = answered("m=audio 4000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/16000\n");
    assert_eq!(agreed.telephone_event, None, "its clock is not that of the sound");
}

#[test]
fn every_other_stream_is_refused_in_its_place() {
    let (text, agreed) = answered(
        "m=video 5000 RTP/AVP 31 34\nm=audio 4002 RTP/SAVP 8\na=crypto:1 x\nm=audio 4000 RTP/AVP 8\nm=audio 4004 RTP/AVP 8\nm=image 6000 udptl t38\n",
    );
    let media: Vec<&str> = text.lines().filter(|l| l.starts_with("m=")).collect();
    assert_eq!(
        media,
        [
            "m=video 0 RTP/AVP 31",
            "m=audio 0 RTP/SAVP 8",
            "m=audio 30000 RTP/AVP 8",
            "m=audio 0 RTP/AVP 8",
            "m=image 0 udptl t38"
        ]
    );
    assert_eq!((agreed.remote.port(), agreed.lines.len()), (4000, 5));
    assert!(matches!(&agreed.lines[2], Line::Audio { .. }));
}

#[test]
fn a_later_offer_keeps_the_lines_and_the_numbers_of_the_session() {
    let (_, agreed) = answered(
        "m=video 5000 RTP/AVP 31\nm=audio 4000 RTP/AVP 98 99\na=rtpmap:98 PCMU/8000\na=rtpmap:99 telephone-event/8000\n",
    );
    let hold = Local { direction: Direction::SendOnly, version: 2, ..ours() };
    let text = String::from_utf8(sdp::reoffer(&hold, &agreed).to_vec()).unwrap();
    let media: Vec<&str> = text.lines().filter(|l| l.starts_with("m=")).collect();
    assert_eq!(media, ["m=video 0 RTP/AVP 31", "m=audio 30000 RTP/AVP 8 98 99"]);
    assert!(text.contains("o=santral 11 2 IN IP4") && text.ends_with("a=sendonly\r\n"));
}

#[test]
fn hold_is_understood_in_all_its_ways() {
    for (lines, theirs, ours) in [
        ("m=audio 4000 RTP/AVP 8\n", "sendrecv", Direction::SendRecv),
        ("m=audio 4000 RTP/AVP 8\na=sendonly\n", "sendonly", Direction::RecvOnly),
        ("m=audio 4000 RTP/AVP 8\na=recvonly\n", "recvonly", Direction::SendOnly),
        ("m=audio 4000 RTP/AVP 8\na=inactive\n", "inactive", Direction::Inactive),
        ("a=sendonly\nm=audio 4000 RTP/AVP 8\n", "for the whole session", Direction::RecvOnly),
        ("a=sendonly\nm=audio 4000 RTP/AVP 8\na=sendrecv\n", "the stream's own word counts", Direction::SendRecv),
        ("m=audio 4000 RTP/AVP 8\nc=IN IP4 0.0.0.0\n", "the old way", Direction::RecvOnly),
        ("m=audio 4000 RTP/AVP 8\nc=IN IP4 0.0.0.0\na=inactive\n", "both", Direction::Inactive),
    ] {
        let (text, agreed) = answered(lines);
        assert_eq!(agreed.direction, ours, "{theirs}");
        assert!(text.ends_with(&format!("a={}\r\n", ours.name())), "{theirs}");
    }
    let muted = Local { direction: Direction::SendOnly, ..self::ours() };
    let (_, agreed) = sdp::answer(&read("m=audio 4000 RTP/AVP 8\na=sendonly\n"), &muted).unwrap();
    assert_eq!(agreed.direction, Direction::Inactive, "neither of two senders listens");
}

#[test]
fn the_answer_to_our_offer_settles_the_call() {
    let agreed =
        sdp::agree(&ours(), &read("m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=recvonly\n"))
            .unwrap();
    assert_eq!((agreed.law, agreed.telephone_event, agreed.direction), (Law::Pcmu, Some(101), Direction::SendOnly));
    for lines in [
        "m=audio 0 RTP/AVP 8\n",
        "m=audio 4000 RTP/AVP 18\n",
        "",
        "m=audio 4000 RTP/AVP 8\nc=IN IP4 isim.example.com\n",
    ] {
        assert_eq!(sdp::agree(&ours(), &read(lines)), Err(Incompatible::Codec), "{lines}");
    }
}

#[test]
fn both_sides_of_an_exchange_agree() {
    let them =
        Local { address: "192.0.2.9".parse().unwrap(), port: 50_000, codecs: vec![Law::Pcmu, Law::Pcma], ..ours() };
    for direction in [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive] {
        let offering = Local { direction, ..them.clone() };
        let offer = sdp::read(&sdp::offer(&offering)).unwrap();
        let (answer, here) = sdp::answer(&offer, &ours()).unwrap();
        let there = sdp::agree(&offering, &sdp::read(&answer).unwrap()).unwrap();
        assert_eq!((here.law, here.payload, here.telephone_event), (there.law, there.payload, there.telephone_event));
        assert_eq!(here.direction, there.direction.reversed());
        assert_eq!((here.remote.ip(), there.remote.ip()), (them.address, ours().address));
    }
}

#[test]
fn ipv6_is_written_and_read() {
    let six = Local { address: "2001:db8::1".parse::<IpAddr>().unwrap(), ..ours() };
    let text = sdp::offer(&six);
    assert!(std::str::from_utf8(&text).unwrap().contains("c=IN IP6 2001:db8::1\r\n"));
    let audio = sdp::read(&text).unwrap().audio().unwrap();
    assert_eq!(audio.address.to_string(), "[2001:db8::1]:30000");
    let wrong = b"v=0\r\nc=IN IP4 2001:db8::1\r\nm=audio 1 RTP/AVP 8\r\n";
    assert_eq!(sdp::read(wrong), Err(SdpError::Connection));
}

#[test]
fn the_times_of_the_offer_stand_in_the_answer() {
    let text =
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=3149328700 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let (answer, _) = sdp::answer(&sdp::read(text).unwrap(), &ours()).unwrap();
    assert!(std::str::from_utf8(&answer).unwrap().contains("\r\nt=3149328700 0\r\n"));
}

#[test]
fn what_is_no_session_description_is_refused() {
    for (text, error) in [
        ("", SdpError::Version),
        ("o=x\r\nv=0\r\n", SdpError::Version),
        ("v=1\r\n", SdpError::Version),
        ("v=0\r\nm=audio\r\n", SdpError::Media),
        ("v=0\r\nm=audio 70000 RTP/AVP 0\r\n", SdpError::Media),
        ("v=0\r\nm=audio 1 RTP/AVP\r\n", SdpError::Media),
        ("v=0\r\nm=video 32 RTP/AVP \u{b}\r\n", SdpError::Media),
        ("v=0\r\nm=video 32 RTP/AVP \u{a0}\r\n", SdpError::Media),
        ("v=0\r\nc=IN\r\n", SdpError::Connection),
    ] {
        assert_eq!(sdp::read(text.as_bytes()), Err(error), "{text}");
    }
    assert_eq!(
        sdp::read(("v=0\r\n".to_owned() + &"m=audio 1 RTP/AVP 0\r\n".repeat(65)).as_bytes()),
        Err(SdpError::TooMany)
    );
}

#[test]
fn odd_but_usable_descriptions_are_used() {
    let bare =
        sdp::read(b"v=0\nm=audio 4000/2 RTP/AVPF 8\nc=IN IP4 224.2.1.1/127/3\nbozuk satir\na=ptime:x\na=ssrc:1 \xfe\n")
            .unwrap();
    let audio = bare.audio().unwrap();
    assert_eq!((audio.address.to_string().as_str(), audio.ptime), ("224.2.1.1:4000", None));
    let (answer, agreed) = sdp::answer(&bare, &ours()).unwrap();
    assert!(std::str::from_utf8(&answer).unwrap().contains("m=audio 30000 RTP/AVPF 8\r\n"));
    assert_eq!(agreed.ptime, 20);
}

#[test]
fn damaged_offers_are_refused_or_answered_with_what_can_be_read() {
    let offer = "v=0\r\no=telefon 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=video 5 RTP/AVP 31\r\n\
        m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n";
    let mut answers = 0;
    crate::property::mutate(offer.as_bytes(), 3000, |mutant| {
        let Ok(offer) = sdp::read(mutant) else { return };
        let Ok((bytes, agreed)) = sdp::answer(&offer, &ours()) else { return };
        let answer = sdp::read(&bytes).unwrap();
        let audio = answer.audio().unwrap();
        assert_eq!((answer.media.len(), audio.codecs), (offer.media.len(), vec![(agreed.payload, agreed.law)]));
        assert_eq!((audio.direction, audio.telephone_event), (agreed.direction, agreed.telephone_event));
        assert_eq!(sdp::read(&sdp::reoffer(&ours(), &agreed)).unwrap().media.len(), offer.media.len());
        answers += 1;
    });
    assert!(answers > 300, "{answers}");
}

#[test]
fn a_stream_at_an_address_of_the_other_family_is_passed_over() {
    let six = sdp::read(b"v=0\r\nc=IN IP6 ::1\r\nm=audio 4000 RTP/AVP 8\r\n").unwrap();
    assert_eq!(sdp::answer(&six, &ours()).map(|_| ()), Err(Incompatible::AddressFamily));
    assert_eq!(sdp::agree(&ours(), &six).map(|_| ()), Err(Incompatible::AddressFamily));
    let own = Local { address: "::1".parse().unwrap(), ..ours() };
    assert!(sdp::answer(&six, &own).is_ok());
    // Both are offered (RFC 4091): the one we can reach is taken.
    let both = b"v=0\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::1\r\nm=audio 4002 RTP/AVP 8\r\nc=IN IP4 192.0.2.1\r\n";
    let (_, agreed) = sdp::answer(&sdp::read(both).unwrap(), &ours()).unwrap();
    assert_eq!(agreed.remote.to_string(), "192.0.2.1:4002");
    assert!(Incompatible::AddressFamily.warning("santral").starts_with("301 santral "));
}
