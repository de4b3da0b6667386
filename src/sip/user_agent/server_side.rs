//! The peers' requests: their transactions, found by the rules of RFC 3261 §17.2.3, and the responses they get.

use std::time::Instant;

use bytes::Bytes;

use super::respond::{copied, response, way_back};
use super::{Action, DialogId, Due, RequestId, Source, Transport, UserAgent};
use crate::agenda::give_back;
use crate::transaction::server::Server;
use crate::transaction::server_invite::ServerInvite;
use crate::transaction::{Key, ServerInput, ServerOutput};
use crate::{Headers, Method, Request, Response, Via};

/// One request of a peer.
#[derive(Debug)]
pub(super) struct ServerSide {
    machine: Machine,
    wire: String,
    merge: Option<String>,
    copied: Headers,
    destination: super::Destination,
    sent: Option<Bytes>,
    /// What it is for.
    pub(super) purpose: ServerPurpose,
}

/// What a peer's request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerPurpose {
    /// The INVITE a call begins with.
    Invite(DialogId),
    /// A re-INVITE.
    Reinvite(DialogId),
    /// The owner answers it.
    Owner(RequestId),
    /// We answer it ourselves.
    Own,
}

#[derive(Debug)]
enum Machine {
    Invite(ServerInvite),
    Other(Server),
}

impl Machine {
    fn handle(&mut self, now: Instant, input: ServerInput) -> ServerOutput {
        match self {
            Self::Invite(machine) => machine.handle(now, input),
            Self::Other(machine) => machine.handle(now, input),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.deadline(),
            Self::Other(machine) => machine.deadline(),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_over(),
            Self::Other(machine) => machine.is_over(),
        }
    }
}

/// What names a server transaction on the wire (§17.2.3): branch, sent-by and method, the ACK counting as its INVITE; by
/// the old rules for a branch that is not of RFC 3261.
pub(super) fn wire_name(request: &Headers, via: &Via, method: &Method) -> String {
    let method = if matches!(method, Method::Ack | Method::Cancel) { &Method::Invite } else { method };
    let port = via.port.unwrap_or(crate::dialog::DEFAULT_PORT);
    let branch = via.branch().unwrap_or_default();
    let mut name = format!("{branch}\n{}:{port}\n{method}", via.host.to_ascii_lowercase());
    if !via.has_magic_branch() {
        let text = |header| request.text(header).unwrap_or_default();
        let cseq = request.cseq().map(|cseq| cseq.number).unwrap_or_default();
        name.push_str(&format!("\n{}\n{cseq}\n{}", text("Call-ID"), text("From")));
    }
    name
}

/// What two copies of one request that came over two ways have in common (§8.2.2.2).
pub(super) fn merge_name(request: &Request) -> Option<String> {
    let headers = &request.headers;
    let from = headers.from().ok()?;
    let call_id = String::from_utf8_lossy(headers.call_id().ok()?);
    Some(format!("{call_id}\n{}\n{}", from.tag().unwrap_or_default(), headers.cseq().ok()?))
}

impl UserAgent {
    /// Keeps a request until it is answered and its retransmissions are over. `tag` goes into the To of the responses if
    /// it has none.
    pub(super) fn start_server(
        &mut self,
        now: Instant,
        source: &Source,
        request: &Request,
        tag: &str,
        purpose: ServerPurpose,
    ) -> Option<Key> {
        let via = request.headers.via().ok()?;
        let reliable = source.transport == Transport::Tcp;
        let machine = match request.method {
            Method::Invite => Machine::Invite(ServerInvite::new(self.timers, reliable)),
            _ => Machine::Other(Server::new(now, self.timers, reliable)),
        };
        let key = Key(self.next_serial());
        let wire = wire_name(&request.headers, &via, &request.method);
        let outside = request.headers.to().is_ok_and(|to| to.tag().is_none());
        let merge = merge_name(request).filter(|_| outside);
        self.server_names.insert(wire.clone(), key);
        if let Some(merge) = &merge {
            self.merge_names.insert(merge.clone(), key);
        }
        let copied = copied(&request.headers, source, tag);
        let destination = way_back(&via, source);
        self.servers.insert(key, ServerSide { machine, wire, merge, copied, destination, sent: None, purpose });
        self.schedule_server(key);
        Some(key)
    }

    /// A response with the headers its request asks for; `None` when the transaction is over.
    pub(super) fn response_to(&self, key: Key, status: u16) -> Option<Response> {
        self.servers.get(&key).map(|side| response(&side.copied, status))
    }

    /// The same with Record-Route: a response that makes or refreshes a dialog (§12.1.1).
    pub(super) fn dialog_response_to(&self, key: Key, status: u16) -> Option<Response> {
        let side = self.servers.get(&key)?;
        let mut response = response(&side.copied, status);
        for header in side.copied.iter().filter(|header| header.name.is("Record-Route")) {
            response.headers.push("Record-Route", header.value.clone());
        }
        response.headers.set("Contact", self.contact(side.destination.transport));
        Some(response)
    }

    /// Where the responses of a transaction go.
    pub(super) fn response_destination(&self, key: Key) -> Option<super::Destination> {
        self.servers.get(&key).map(|side| side.destination)
    }

    /// Whether an INVITE of a peer still waits for a final response.
    pub(super) fn is_open_invite(&self, key: Key) -> bool {
        let open = |side: &ServerSide| matches!(&side.machine, Machine::Invite(machine) if machine.is_open());
        self.servers.get(&key).is_some_and(open)
    }

    /// Hands a printed response to its transaction; false when it takes none any more.
    pub(super) fn respond_bytes(&mut self, now: Instant, key: Key, status: u16, bytes: Bytes) -> bool {
        let Some(side) = self.servers.get_mut(&key) else { return false };
        if side.machine.handle(now, ServerInput::Respond(status)) != ServerOutput::SendResponse {
            return false;
        }
        side.sent = Some(bytes.clone());
        self.actions.push_back(Action::Send(side.destination, bytes));
        self.schedule_server(key);
        true
    }

    /// Sends a response by the way, not through its transaction.
    pub(super) fn send_once(&mut self, key: Key, response: &Response) {
        if let Some(destination) = self.response_destination(key) {
            self.actions.push_back(Action::Send(destination, response.to_bytes()));
        }
    }

    /// Something happened to a server transaction: a retransmission, an ACK, or its time has come.
    pub(super) fn drive_server(&mut self, now: Instant, key: Key, input: ServerInput) {
        let Some(side) = self.servers.get_mut(&key) else { return };
        let output = side.machine.handle(now, input);
        if let (ServerOutput::SendResponse, Some(bytes)) = (output, &side.sent) {
            self.tally.sent.repeated += 1;
            self.actions.push_back(Action::Send(side.destination, bytes.clone()));
        }
        self.schedule_server(key);
    }

    /// Puts the transaction's next instant on the agenda, or takes it out when it is over.
    fn schedule_server(&mut self, key: Key) {
        let Some(side) = self.servers.get(&key) else { return };
        if !side.machine.is_over() {
            return self.agenda.set(Due::Server(key), side.machine.deadline());
        }
        self.drop_server(key);
    }

    /// Nothing is known of a request any more.
    pub(super) fn drop_server(&mut self, key: Key) {
        self.agenda.set(Due::Server(key), None);
        let Some(side) = self.servers.remove(&key) else { return };
        self.server_names.remove(&side.wire);
        if let Some(merge) = side.merge.filter(|merge| self.merge_names.get(merge) == Some(&key)) {
            self.merge_names.remove(&merge);
        }
        if let ServerPurpose::Owner(id) = side.purpose {
            self.owed.remove(&id);
        }
        give_back(&mut self.servers);
        give_back(&mut self.server_names);
        give_back(&mut self.merge_names);
        give_back(&mut self.owed);
    }
}
