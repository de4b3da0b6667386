//! The door of this crate: bytes and instants in, bytes and call-level events out.
//!
//! `UserAgent` owns every transaction and dialog. It answers by itself what RFC 3261 leaves no choice about
//! (100 Trying, ACK, OPTIONS, 400, 405, 415, 420, 481, 482, 483, 487, 491, 501, 505, retransmissions) and hands the rest
//! to its owner as [`Event`]s. It never reads a clock and never opens a socket.

pub(crate) mod challenge;
mod client_side;
mod inbound;
mod incoming;
mod outgoing;
mod reinvite;
mod request;
mod respond;
mod server_side;
mod time;
mod within;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::agenda::Agenda;
use crate::dialog::session::Session;
use crate::rng::Rng;
use crate::timer::Timers;
use crate::transaction::Key;
use crate::validate::Rules;
use crate::{Address, Method, Request, Response, Uri};
use client_side::ClientSide;
use server_side::ServerSide;

/// How SIP bytes travel. Other transports parse in a Via but cannot be sent on yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams, RFC 3261 §18.
    Udp,
    /// A stream framed by Content-Length, RFC 3261 §18.3.
    Tcp,
}

/// One accepted or opened TCP connection, numbered by the shell, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// The transport it came on.
    pub transport: Transport,
    /// Our own address it arrived at.
    pub local: SocketAddr,
    /// The peer's address as the socket saw it.
    pub remote: SocketAddr,
    /// The connection, on TCP.
    pub stream: Option<StreamId>,
}

/// Where a message is to go. On TCP the shell uses `stream` while it is open, else it opens a connection to `remote`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Destination {
    /// The transport to use.
    pub transport: Transport,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The connection to prefer, on TCP.
    pub stream: Option<StreamId>,
}

/// One dialog (or the INVITE that may become one), as its owner names it. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialogId(pub u64);

/// One request in flight that somebody waits for, ours or the peer's. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

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
    /// Request-URI.
    pub uri: Uri,
    /// From, without tag.
    pub from: Address,
    /// To, without tag.
    pub to: Address,
    /// More headers. `Max-Forwards`, `Contact`, `User-Agent`, `Allow` and `Supported` replace ours, all others are added.
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

/// What the shell is to do.
#[derive(Debug, Clone)]
pub enum Action {
    /// Send one message.
    Send(Destination, Bytes),
    /// Tell the owner.
    Event(Event),
}

/// What the owner of the user agent has to know.
#[derive(Debug, Clone)]
pub enum Event {
    /// A new call; 100 Trying is sent. Syntax, Require, Content-Type, Max-Forwards and merging were seen to. Owes
    /// `answer` or `reject`.
    Invite {
        /// Its name from now on.
        dialog: DialogId,
        /// The INVITE.
        request: Box<Request>,
        /// Where it came from.
        source: Source,
    },
    /// The caller gave up before our final answer; 487 is sent. The dialog is dead.
    Cancelled {
        /// Which call.
        dialog: DialogId,
    },
    /// The ACK of our 2xx has come. For a re-INVITE only reported when the ACK carries a session description.
    Confirmed {
        /// Which call.
        dialog: DialogId,
        /// Session description in the ACK: the answer, when our 2xx carried the offer.
        sdp: Option<Bytes>,
    },
    /// A provisional response above 100 to our INVITE.
    Progress {
        /// Which call.
        dialog: DialogId,
        /// 101–199.
        status: u16,
        /// Early media, if described.
        sdp: Option<Bytes>,
    },
    /// A 2xx to our INVITE; the ACK is sent (except when the INVITE had no offer: then `acknowledge` is owed).
    Answered {
        /// Which call.
        dialog: DialogId,
        /// The 2xx.
        response: Box<Response>,
    },
    /// Our INVITE came to nothing. The dialog is dead. Comes exactly once after `cancel`, with 487 when the cancel was
    /// the reason, even if a 2xx crossed it.
    Failed {
        /// Which call.
        dialog: DialogId,
        /// The final status; 408 for silence, 503 when it could not be sent.
        status: u16,
        /// Reason phrase as sent by the far end, or ours.
        reason: String,
    },
    /// The far end changes the session by re-INVITE or UPDATE with a body. Owes `accept_reinvite` or `refuse_reinvite`.
    Reinvite {
        /// Which call.
        dialog: DialogId,
        /// The request; its body is the offer (none in a re-INVITE: answer with an offer).
        request: Box<Request>,
    },
    /// Final response to our `reinvite`. Glare (491) was retried before this is told.
    ReinviteAnswered {
        /// Which call.
        dialog: DialogId,
        /// The final status; 408 for silence, 503 when it could not be sent.
        status: u16,
        /// The answer, in a 2xx.
        sdp: Option<Bytes>,
    },
    /// The far end hung up; 200 is sent. The dialog is dead.
    Bye {
        /// Which call.
        dialog: DialogId,
    },
    /// The call broke; our BYE is sent. The dialog is dead.
    Lost {
        /// Which call.
        dialog: DialogId,
        /// How.
        why: LostWhy,
    },
    /// A request that is not the agent's own to answer: REGISTER, INFO, NOTIFY, MESSAGE, REFER … Owes `reply` within
    /// 64 × T1.
    Request {
        /// Its name for `reply`.
        id: RequestId,
        /// The dialog it belongs to.
        dialog: Option<DialogId>,
        /// The request.
        request: Box<Request>,
        /// Where it came from.
        source: Source,
    },
    /// The final response to our `request` or `request_in_dialog`.
    Response {
        /// Which request.
        id: RequestId,
        /// The response.
        response: Result<Box<Response>, Timeout>,
    },
}

/// How a call broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostWhy {
    /// Our 2xx was never acknowledged within 64 × T1 (RFC 3261 §13.3.1.4, §14.2).
    NoAck,
    /// The far end does not know the dialog any more, or did not answer a re-INVITE at all (RFC 3261 §12.2.1.2).
    Gone,
}

/// No final response came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// Nothing within 64 × T1: to be treated as 408.
    Silence,
    /// It could not be sent: to be treated as 503.
    Unreachable,
}

/// What is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Transactions, ours and the peers'.
    pub transactions: usize,
    /// Dialogs and calls that may become one.
    pub dialogs: usize,
}

/// Option tags we understand in Require and name in Supported: reliable provisional responses, as the side that sends
/// them. Our own INVITEs do not name it, so nobody sends them to us.
const SUPPORTED: [&str; 1] = ["100rel"];

/// Whose instant has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Due {
    Client(Key),
    Server(Key),
    Session(DialogId),
}

/// The signalling of one address: every transaction and every dialog on it. Give it news, then `poll` until `None`, then
/// wait until `deadline` at most.
#[derive(Debug)]
pub struct UserAgent {
    settings: Settings,
    timers: Timers,
    rules: Rules,
    /// The value of our Allow.
    allow: String,
    rng: Rng,
    /// Goes into the tags of answers nothing is kept of.
    secret: [u64; 2],
    serial: u64,
    actions: VecDeque<Action>,
    agenda: Agenda<Due>,
    clients: HashMap<Key, ClientSide>,
    /// Our transactions by branch, and whether it is the CANCEL on that branch.
    branches: HashMap<(String, bool), Key>,
    /// Our requests without any response, by where they were sent.
    unheard: BTreeSet<(SocketAddr, Key)>,
    servers: HashMap<Key, ServerSide>,
    server_names: HashMap<String, Key>,
    merge_names: HashMap<String, Key>,
    sessions: HashMap<DialogId, Session>,
    /// Calls by our tag.
    tags: HashMap<String, DialogId>,
    /// Requests of the peers the owner has not answered.
    owed: HashMap<RequestId, Key>,
}

impl UserAgent {
    /// An agent whose tags, branches and Call-IDs all follow from `seed`, which must come from the operating system.
    pub fn new(settings: Settings, seed: u64) -> Self {
        let shortest = Duration::from_millis(1);
        let timers = Timers { t1: settings.t1.max(shortest), t2: settings.t2.max(shortest), t4: settings.t4 };
        let supported = SUPPORTED.iter().map(|tag| (*tag).into()).collect();
        let rules = Rules { allow: settings.allow.clone(), supported };
        let allow = settings.allow.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let mut rng = Rng::new(seed);
        let secret = [rng.next_u64(), rng.next_u64()];
        Self {
            settings,
            timers,
            rules,
            allow,
            rng,
            secret,
            serial: 0,
            actions: VecDeque::new(),
            agenda: Agenda::new(),
            clients: HashMap::new(),
            branches: HashMap::new(),
            unheard: BTreeSet::new(),
            servers: HashMap::new(),
            server_names: HashMap::new(),
            merge_names: HashMap::new(),
            sessions: HashMap::new(),
            tags: HashMap::new(),
            owed: HashMap::new(),
        }
    }

    /// What it was told once.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is to be done, until `None`.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether the far end of a call has named this event package in Allow-Events.
    pub fn remote_allows_event(&self, dialog: DialogId, package: &str) -> bool {
        self.sessions.get(&dialog).is_some_and(|session| session.allows_event(package))
    }

    /// What is alive.
    pub fn counts(&self) -> Counts {
        Counts { transactions: self.clients.len() + self.servers.len(), dialogs: self.sessions.len() }
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn tell(&mut self, event: Event) {
        self.actions.push_back(Action::Event(event));
    }

    /// A call is over.
    fn forget(&mut self, id: DialogId) {
        if let Some(session) = self.sessions.remove(&id) {
            self.tags.remove(&session.dialog.local_tag);
        }
        self.agenda.set(Due::Session(id), None);
    }
}
