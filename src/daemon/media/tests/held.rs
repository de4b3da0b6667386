use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::media::occupied;

/// Nobody else in these tests is here.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 9, 1));

#[test]
fn a_pair_of_which_another_program_holds_one_port_be_it_even_or_odd_is_occupied() {
    let range = 18_900..=18_909;
    assert_eq!(occupied(HERE, range.clone()), [0; 0]);
    let [even, odd, both, too] = [18_902, 18_905, 18_908, 18_909].map(|port| UdpSocket::bind((HERE, port)).unwrap());
    assert_eq!(occupied(HERE, range.clone()), [18_902, 18_904, 18_908]);
    drop((even, both, too));
    assert_eq!(occupied(HERE, range.clone()), [18_904]);
    drop(odd);
    assert_eq!(occupied(HERE, range), [0; 0]);
}

#[test]
fn an_address_of_another_machine_is_no_pair_that_somebody_holds() {
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    assert_eq!(occupied(elsewhere, 18_900..=18_909), [0; 0]);
}
