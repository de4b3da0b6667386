//! Where a request comes from, as far as it can be told: what a socket saw, and what the hops before it wrote.

use std::net::{IpAddr, SocketAddr};

use sip::{Request, Via};

/// Of what a request writes about its first hop so much is kept.
const LONGEST_HOP: usize = 64;
/// And of all its hops.
const LONGEST_WAY: usize = 256;

/// The network the last hop is seen in, and behind a proxy the hop the request says to have come over first. What is written
/// may be made up, so it divides the room of an address and gives none beyond it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    edge: IpAddr,
    behind: Option<String>,
}

impl Place {
    /// The place of a request seen to come from `source`.
    pub fn of(source: IpAddr, request: &Request) -> Self {
        let vias = request.headers.vias().unwrap_or_default();
        Self::new(source, vias.last().filter(|_| vias.len() > 1).map(host))
    }

    /// The network of `source`, and the host behind it.
    pub fn new(source: IpAddr, behind: Option<String>) -> Self {
        Self { edge: sip::digest::network(source), behind: behind.map(|host| host.chars().take(LONGEST_HOP).collect()) }
    }

    /// For a place behind a proxy, the network it is seen in, which nobody makes up.
    pub fn edge(&self) -> Option<Self> {
        self.behind.is_some().then_some(Self { edge: self.edge, behind: None })
    }

    /// The place, and where it is one behind a proxy, the network of that.
    pub fn levels(&self) -> impl Iterator<Item = Self> {
        std::iter::once(self.clone()).chain(self.edge())
    }
}

/// The very way a request came (a flow, RFC 5626 §3.1): the socket it was sent from, and behind a proxy the hops before it
/// with their ports. A neighbour at the same place has another: what he writes stands behind the hop that the proxy saw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Flow {
    place: Place,
    remote: SocketAddr,
    hops: String,
}

impl Flow {
    /// The flow of a request seen to come from `remote`.
    pub fn of(remote: SocketAddr, request: &Request) -> Self {
        let vias = request.headers.vias().unwrap_or_default();
        let ports = |via: &Via| via.rport().flatten().or(via.port).unwrap_or_default();
        let hops: Vec<_> = vias.iter().skip(1).map(|via| format!("{}:{}", host(via), ports(via))).collect();
        Self::new(Place::of(remote.ip(), request), remote, &hops.join(","))
    }

    /// A flow from `remote`, which is at `place`, over `hops`, the nearest first.
    pub fn new(place: Place, remote: SocketAddr, hops: &str) -> Self {
        Self { place, remote, hops: hops.chars().take(LONGEST_WAY).collect() }
    }

    /// Where it begins.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// The host of a hop, as the next one saw it or else as it says.
fn host(via: &Via) -> String {
    via.received().map_or_else(|| via.host.clone(), |ip| ip.to_string())
}
