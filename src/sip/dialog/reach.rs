//! Whether an address somebody writes of himself can be sent to.
//!
//! A Contact (or the Record-Route of the nearest proxy) is what its writer believes his address to be. Behind a NAT, or on
//! a host with several networks, that is an address of a network of his own which leads nowhere from here. The address his
//! message was seen to come from is true, for the answer reached him. So what is written is followed only where it can mean
//! the same from here as it does there:
//!
//! - it is the address the message came from;
//! - it is a public one: providers answer calls elsewhere than they send them from;
//! - it is of the same host (both loopback) or of the same small network (/24, /64) as the one the message came from.
//!
//! Everything else goes back to where the message came from; so does an address of the other family, for a host that
//! writes to us over IPv4 does not say that IPv6 leads from here to it, nor the other way round.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `written` may be sent to, when its writer is seen at `seen`.
pub(super) fn is_reachable(written: IpAddr, seen: IpAddr) -> bool {
    let (written, seen) = (written.to_canonical(), seen.to_canonical());
    let may_lead = is_public(written) || (written.is_loopback() && seen.is_loopback()) || is_near(written, seen);
    written.is_ipv4() == seen.is_ipv4() && (written == seen || may_lead)
}

/// Of the same network, by the size networks usually have.
fn is_near(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.is_private() && a.octets()[..3] == b.octets()[..3],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.is_unique_local() && a.segments()[..4] == b.segments()[..4],
        _ => false,
    }
}

/// Reachable from everywhere, as far as the number says.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0 || a >= 240 || ip.is_loopback() || ip.is_link_local() || ip.is_multicast();
    !(ip.is_private() || shared || special)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let special = ip.is_unspecified() || ip.is_loopback() || ip.is_multicast();
    !(ip.is_unique_local() || ip.is_unicast_link_local() || special)
}

#[cfg(test)]
mod tests {
    use super::is_reachable;

    #[test]
    fn what_is_written_is_followed_where_it_can_mean_the_same_from_here() {
        for (written, seen, expected) in [
            ("198.51.100.7", "198.51.100.7", true),
            ("203.0.113.9", "198.51.100.7", true),
            ("192.168.1.5", "198.51.100.7", false),
            ("10.1.2.3", "127.0.0.1", false),
            ("100.64.3.4", "198.51.100.7", false),
            ("169.254.3.4", "10.0.0.9", false),
            ("127.0.0.1", "198.51.100.7", false),
            ("127.0.0.9", "127.0.0.1", true),
            ("0.0.0.0", "198.51.100.7", false),
            ("255.255.255.255", "198.51.100.7", false),
            ("224.0.1.75", "198.51.100.7", false),
            ("10.0.0.77", "10.0.0.9", true),
            ("10.0.5.77", "10.0.0.9", false),
            ("192.168.1.5", "10.0.0.9", false),
            ("::ffff:10.0.0.9", "10.0.0.9", true),
            ("fd00:1:2:3::7", "fd00:1:2:3::9", true),
            ("fd00:1:2:4::7", "fd00:1:2:3::9", false),
            ("fe80::1", "2001:db8::1", false),
            ("2001:db8::2", "2001:db8::1", true),
            ("::", "::1", false),
            ("2001:db8::2", "198.51.100.7", false),
            ("203.0.113.9", "2001:db8::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(
                is_reachable(written.parse().unwrap(), seen.parse().unwrap()),
                expected,
                "{written} seen at {seen}"
            );
        }
    }
}
