//! A phone with two ways to us (RFC 5626): where one is gone, it rings by the other.

use std::net::SocketAddr;

use pbx::contract::Input;
use pbx::event::What;
use sip::user_agent::{Destination, Transport};
use sip::{Message, Request, Response};

use crate::plans::plan;
use crate::registrar::Hand;
use crate::world::{OnRing, World};

const FIRST: &str = "198.51.100.7:40000";
const SECOND: &str = "203.0.113.9:5060";

/// A world in which 102 has one phone with two ways, the preferred of which is [`FIRST`], and 101 calls it.
fn called() -> World {
    let mut world = World::new(plan());
    let caller = world.agent("101");
    for (at, id, q) in [(FIRST, 1, "1.0"), (SECOND, 2, "0.5")] {
        let mut flow = Hand::new(at, "102");
        flow.contact = format!("<sip:102@{at}>;+sip.instance=\"<urn:uuid:1>\";reg-id={id};q={q}");
        assert_eq!(flow.register(&mut world).0, 200);
    }
    world.on_ring(caller, OnRing::Ring);
    world.dial(caller, "102");
    world.run_ms(100);
    world
}

/// Where INVITEs went, each once.
fn invited(world: &World) -> Vec<String> {
    let mut all: Vec<String> = invites(world).map(|(to, _)| to.to_string()).collect();
    all.dedup();
    all
}

fn invites(world: &World) -> impl DoubleEndedIterator<Item = (SocketAddr, Request)> + '_ {
    world.heard.iter().filter_map(|(to, bytes)| {
        match sip::parse::message(bytes, sip::parse::Framing::Datagram, &sip::parse::Limits::default()) {
            Ok(Message::Request(request)) if request.method == sip::Method::Invite => Some((*to, request)),
            _ => None,
        }
    })
}

/// The phone, or whoever stands before it, answers the last INVITE.
fn answer(world: &mut World, status: u16) {
    let (from, invite) = invites(world).next_back().unwrap();
    let mut response = Response::answering(&invite.headers, status);
    let to = format!("{};tag=far{status}", String::from_utf8_lossy(invite.headers.get("To").unwrap()));
    response.headers.set("To", to);
    world.raw(from, &response.to_bytes());
    world.run_ms(30);
}

fn gone(world: &mut World, at: &str) {
    let destination = Destination { transport: Transport::Udp, remote: at.parse().unwrap(), stream: None };
    world.input(Input::Unreachable(destination));
    world.run_ms(30);
}

fn ended(world: &World) -> usize {
    world.count(|what| matches!(what, What::CallOfferEnded { .. }))
}

#[test]
fn a_way_that_is_gone_is_followed_by_the_next_one_of_the_same_phone() {
    let ways: [fn(&mut World); 3] =
        [|world| answer(world, 430), |world| answer(world, 408), |world| gone(world, FIRST)];
    for way_is_gone in ways {
        let mut world = called();
        assert_eq!(invited(&world), [FIRST], "one phone rings once");
        way_is_gone(&mut world);
        assert_eq!((invited(&world), ended(&world)), (vec![FIRST.to_owned(), SECOND.to_owned()], 0));
        answer(&mut world, 180);
        answer(&mut world, 486);
        assert_eq!(ended(&world), 1, "and its word is the offer's end");
    }
}

#[test]
fn when_all_ways_are_gone_the_offer_is_over() {
    let mut world = called();
    gone(&mut world, FIRST);
    gone(&mut world, SECOND);
    assert_eq!((invited(&world).len(), ended(&world)), (2, 1));
    world.run_ms(60_000);
    assert_eq!(world.switch.calls_active(), 0);
}

#[test]
fn what_the_phone_itself_says_holds_for_all_of_its_ways() {
    for status in [486, 480, 500, 503, 603] {
        let mut world = called();
        answer(&mut world, status);
        assert_eq!((invited(&world), ended(&world)), (vec![FIRST.to_owned()], 1), "{status}");
    }
    let mut world = called();
    answer(&mut world, 180);
    answer(&mut world, 408);
    assert_eq!((invited(&world), ended(&world)), (vec![FIRST.to_owned()], 1), "it rang and nobody came");
}

#[test]
fn a_way_that_has_left_meanwhile_is_not_taken() {
    let mut world = called();
    let mut second = Hand::new(SECOND, "102");
    second.call_id = "leaves".to_owned();
    second.contact = format!("<sip:102@{SECOND}>;+sip.instance=\"<urn:uuid:1>\";reg-id=2;expires=0");
    assert_eq!(second.register(&mut world).0, 200);
    gone(&mut world, FIRST);
    assert_eq!((invited(&world), ended(&world)), (vec![FIRST.to_owned()], 1));
}
