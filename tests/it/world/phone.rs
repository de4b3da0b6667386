//! A phone that is only listened to.

use std::net::UdpSocket;
use std::time::Duration;

use super::business::Business;
use super::ear::Ear;
use super::sipp::{Caller, Over};
use super::wait_for;

/// A caller comes to the queue, and the phone, which has said nothing since, is called.
pub fn rings(business: &Business, phone: &UdpSocket, from: &str) {
    business.desk("agent0").start_shift();
    let ear = Ear::with_tone(440.0);
    let to = business.sip_address();
    let hold = Duration::from_secs(20);
    let caller = Caller { to: &to, menu: "600", from, display: "\"Ayse\"", rtp: ear.port, hold, over: Over::Udp };
    let call = caller.call();
    wait_for("the phone to be called", Duration::from_secs(15), || {
        let mut buffer = [0; 65_535];
        let length = phone.recv(&mut buffer).ok()?;
        let text = String::from_utf8_lossy(&buffer[..length]);
        (text.starts_with("INVITE ") && text.contains(from)).then_some(())
    });
    call.abandon();
}
