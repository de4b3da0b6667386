//! What a user agent is told: once about itself, and for each call or request it is to make.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::Destination;
use crate::timer::Timers;
use crate::{Address, Method, Uri};

/// What a user agent is told once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address peers reach us at; it stands in Via and Contact.
    pub sip: SocketAddr,
    /// T1 of RFC 3261 Table 4.
    pub t1: Duration,
    /// T2.
    pub t2: Duration,
    /// T4.
    pub t4: Duration,
    /// The user part of our Contact.
    pub contact_user: String,
    /// Methods taken; others are answered 405 (known) or 501 (unknown). Printed in Allow.
    pub allow: Vec<Method>,
    /// Event packages we take a NOTIFY for, printed in Allow-Events of our INVITEs and 2xx; empty prints nothing.
    pub allow_events: Vec<String>,
    /// `User-Agent` of requests and `Server` of responses; `None` tells nothing about us.
    pub user_agent: Option<String>,
    /// Above this many dialogs a new INVITE is answered 503 with Retry-After.
    pub max_dialogs: usize,
    /// Above this many transactions a request outside dialogs is answered 503 with Retry-After, and nothing is kept of it.
    pub max_transactions: usize,
    /// Seconds in that Retry-After.
    pub retry_after: u32,
}

impl Settings {
    /// The usual values for an agent reached at `sip`.
    pub fn new(sip: SocketAddr) -> Self {
        let timers = Timers::default();
        let allow = [
            Method::Invite,
            Method::Ack,
            Method::Cancel,
            Method::Bye,
            Method::Options,
            Method::Prack,
            Method::Update,
            Method::Info,
            Method::Refer,
            Method::Notify,
            Method::Register,
        ];
        Self {
            sip,
            t1: timers.t1,
            t2: timers.t2,
            t4: timers.t4,
            contact_user: "santral".into(),
            allow: allow.into(),
            allow_events: Vec::new(),
            user_agent: None,
            max_dialogs: 10_000,
            max_transactions: 50_000,
            retry_after: 5,
        }
    }
}

/// What a digest challenge may be answered with (RFC 3261 §22). They are used for the request (and the dialog that comes
/// of it) they were given with and for its destination only, so no other peer can lure them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The shared secret in clear.
    pub secret: String,
    /// Answer only challenges of this realm; `None` answers whatever realm the destination names.
    pub realm: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("realm", &self.realm).finish_non_exhaustive()
    }
}

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Where the INVITE is sent.
    pub destination: Destination,
    /// The proxies it is led over, nearest first; `destination` is the first of them.
    pub route: Vec<Address>,
    /// Request-URI.
    pub uri: Uri,
    /// From, without tag.
    pub from: Address,
    /// To, without tag.
    pub to: Address,
    /// More headers. All values of a name stand instead of ours; Via, From, To, Call-ID and CSeq are not the owner's.
    pub extra: Vec<(String, Bytes)>,
    /// The offer. `None` leaves the offer to the far end: [`UserAgent::acknowledge`] then gives our answer.
    pub sdp: Option<Bytes>,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
}

/// A request outside any dialog: REGISTER, OPTIONS, MESSAGE …
#[derive(Debug, Clone)]
pub struct OutgoingRequest {
    /// Where it is sent.
    pub destination: Destination,
    /// Which method; INVITE, ACK and CANCEL cannot be sent this way and are answered by a timeout at once.
    pub method: Method,
    /// Request-URI.
    pub uri: Uri,
    /// From, without tag.
    pub from: Address,
    /// To, without tag.
    pub to: Address,
    /// Call-ID and CSeq number, for requests that must keep theirs (a REGISTER refresh, RFC 3261 §10.2.4); `None` makes
    /// new ones. Answering a challenge uses up further CSeq numbers: leave room or take the number of the answer.
    pub identity: Option<(String, u32)>,
    /// More headers, as in [`Outgoing::extra`]. Content-Type belongs here when there is a body.
    pub extra: Vec<(String, Bytes)>,
    /// The body.
    pub body: Bytes,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
}
