//! The registrar and strangers, with real sockets: a phone that knows one digest only, a restart that no phone notices,
//! and how little a stranger gets for one datagram.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::hostile::stranger::{Ask, Stranger, header, status};
use crate::world::baresip::Baresip;
use crate::world::business::{Business, SECRET};
use crate::world::phone::rings;
use crate::world::santral::Santral;
use crate::world::sipp::{self, Over};
use crate::world::{free_even_port, left_out, wait_for};

#[test]
fn a_phone_that_takes_no_two_challenges_registers_with_the_configuration_as_it_comes() {
    if left_out("SANTRAL_TEST_NO_BARESIP") {
        return;
    }
    let mut business = Business::with_agents(1);
    business.start();
    let phone = Baresip::registered(&business.sip_address(), "200", &format!("{SECRET}-0"));
    wait_for("baresip to be registered", Duration::from_secs(15), || {
        phone.log().contains("200 OK () [1 binding]").then_some(())
    });
}

#[test]
fn a_restart_is_not_noticed_by_phones_be_it_orderly_or_not() {
    if left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let mut business = Business::with_agents(1);
    business.start();
    let port = free_even_port();
    sipp::register(&business.sip_address(), "200", &format!("{SECRET}-0"), port, Over::Udp);
    let phone = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    phone.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert_eq!(business.terminate(), Some(0));
    business.start();
    rings(&business, &phone, "+905321112201");
    business.kill();
    business.start();
    rings(&business, &phone, "+905321112202");
}

#[test]
fn one_datagram_of_a_stranger_brings_one_small_answer() {
    let santral = Santral::demo();
    let stranger = Stranger::at(45, &santral);
    let methods =
        ["INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH", "UPDATE", "BYE", "NEWS"];
    let asked = methods.map(|method| {
        let (request, call_id) = stranger.written(&Ask { method, user: "101", from: "101", ..Ask::default() });
        stranger.send(request.as_bytes());
        (method, request, call_id)
    });
    let (mut heard, until) = (Vec::new(), Instant::now() + Duration::from_millis(2_200));
    while Instant::now() < until {
        heard.extend(stranger.hear());
    }
    for (method, request, call_id) in asked {
        let answers: Vec<&String> =
            heard.iter().filter(|answer| header(answer, "Call-ID") == Some(call_id.as_str())).collect();
        let finals = answers.iter().filter(|answer| status(answer) >= 200).count();
        assert_eq!(finals, 1, "{method}: {answers:#?}");
        let bytes: usize = answers.iter().map(|answer| answer.len()).sum();
        assert!(bytes <= 3 * request.len(), "{method}: {} bytes in, {bytes} out: {answers:#?}", request.len());
    }
}
