//! The door of this crate: bytes and instants in, bytes and call-level events out.
//!
//! `UserAgent` owns every transaction and dialog. It answers by itself what RFC 3261 leaves no choice about
//! (100 Trying, ACK, OPTIONS, 400, 405, 415, 420, 481, 482, 487, 491, 501, 505, retransmissions) and hands the rest
//! to its owner as [`Event`]s. It never reads a clock and never opens a socket.

pub(crate) mod challenge;
mod client_side;
mod event;
mod inbound;
mod incoming;
mod outgoing;
mod reinvite;
mod request;
mod respond;
mod server_side;
mod settings;
mod stranger;
mod time;
mod within;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use crate::Method;
use crate::agenda::{Agenda, give_back};
use crate::dialog::session::Session;
use crate::rng::Rng;
use crate::tally::Tally;
use crate::timer::Timers;
use crate::transaction::Key;
use crate::validate::Rules;
use client_side::ClientSide;
pub use event::{Action, Asking, Counts, Event, LostWhy, Timeout};
use server_side::ServerSide;
pub use settings::{Credentials, Outgoing, OutgoingRequest, Settings};

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

/// Option tags we understand in Require and name in Supported: reliable provisional responses, as the side that sends
/// them (our own INVITEs do not name it, so nobody sends them to us), and the Path of a REGISTER.
const SUPPORTED: [&str; 2] = ["100rel", "path"];

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
    tally: Tally,
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
            tally: Tally::default(),
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
        let action = self.actions.pop_front();
        if let Some(Action::Send(_, bytes)) = &action {
            self.tally.sent.printed(bytes);
        }
        action
    }

    /// Whether the far end of a call has named this event package in Allow-Events.
    pub fn remote_allows_event(&self, dialog: DialogId, package: &str) -> bool {
        self.sessions.get(&dialog).is_some_and(|session| session.allows_event(package))
    }

    /// What came and went since the start.
    pub fn tally(&self) -> &Tally {
        &self.tally
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
            give_back(&mut self.sessions);
            give_back(&mut self.tags);
        }
        self.agenda.set(Due::Session(id), None);
    }
}
