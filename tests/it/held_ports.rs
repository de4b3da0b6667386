//! A machine on which other programs were first at the ports meant for sound.

use std::net::UdpSocket;

use crate::hostile::corpus::sdp;
use crate::hostile::stranger::{Ask, Stranger, header, status, tag};
use crate::world::business::Business;

/// Of this test alone.
const FIRST: u16 = 18_000;
const HELD: u16 = 60;

#[test]
fn the_very_first_call_is_answered_though_the_first_sixty_pairs_of_ports_are_somebody_elses() {
    let mut business = Business::with_agents(1);
    business.change_config("santral.toml", "21000-23999", &format!("{FIRST}-{}", FIRST + 999));
    // Of every pair one: the even port, the odd one, in turn.
    let port = |pair: u16| FIRST + pair * 2 + pair % 2;
    let held: Vec<UdpSocket> = (0..HELD).map(|pair| UdpSocket::bind(("127.0.0.1", port(pair))).unwrap()).collect();
    business.start();
    let caller = Stranger::facing(53, &business.sip_address());
    let invite = Ask {
        method: "INVITE",
        user: "500",
        from: "+905321112233",
        call_id: Some("the-first"),
        lines: "Content-Type: application/sdp\r\n",
        body: sdp(),
        ..Ask::default()
    };
    let answer = caller.ask(&invite);
    assert_eq!(status(&answer), 200, "{answer}");
    let audio = answer.lines().find_map(|line| line.strip_prefix("m=audio ")).unwrap();
    let given: u16 = audio.split(' ').next().unwrap().parse().unwrap();
    assert!((FIRST + HELD * 2..FIRST + 1_000).contains(&given), "a port that nobody holds: {given}");
    let to_tag = tag(header(&answer, "To").unwrap()).unwrap();
    let bye = Ask { method: "BYE", to_tag, cseq: 2, lines: "", body: "", ..invite };
    assert_eq!(status(&caller.ask(&bye)), 200);
    drop(held);
}
