//! Our requests: their transactions, and who hears of their responses.

use std::time::Instant;

use bytes::Bytes;

use super::challenge::Account;
use super::{Action, Destination, DialogId, Due, Event, RequestId, Timeout, Transport, UserAgent};
use crate::agenda::give_back;
use crate::transaction::client::Client;
use crate::transaction::client_invite::ClientInvite;
use crate::transaction::{ClientInput, ClientOutput, Key};
use crate::{Headers, Method, Request, Response, Via, validate};

/// One request of ours.
#[derive(Debug)]
pub(super) struct ClientSide {
    machine: Machine,
    /// As sent, its Via on top.
    pub(super) request: Request,
    bytes: Bytes,
    branch: String,
    /// Where it was sent.
    pub(super) destination: Destination,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// What a challenge may be answered with.
    pub(super) account: Option<Account>,
    /// The ACK of a final response ≥ 300 to an INVITE.
    refused_ack: Option<Bytes>,
    /// The ACKs of the 2xx responses to an INVITE, one for each far end that accepted it.
    pub(super) accepted: Vec<AcceptedBy>,
}

/// A far end that answered our INVITE with 2xx, and the ACK it gets each time it says so (RFC 3261 §13.2.2.4).
#[derive(Debug)]
pub(super) struct AcceptedBy {
    pub(super) tag: Option<String>,
    pub(super) destination: Destination,
    pub(super) ack: Bytes,
}

/// What a request of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The INVITE a call begins with.
    Invite(DialogId),
    /// A re-INVITE.
    Reinvite(DialogId),
    /// The BYE that ends a call.
    Bye(DialogId),
    /// The owner's request within a dialog.
    Within(DialogId, RequestId),
    /// The owner's request outside dialogs.
    Alone(RequestId),
    /// Nobody waits for it: CANCEL, and the BYE of a branch nobody wants.
    Quiet,
}

#[derive(Debug)]
enum Machine {
    Invite(ClientInvite),
    Other(Client),
}

impl Machine {
    fn handle(&mut self, now: Instant, input: ClientInput) -> ClientOutput {
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

    fn is_unheard(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_unheard(),
            Self::Other(machine) => machine.is_unheard(),
        }
    }
}

/// A request ready to go.
pub(super) struct Departure {
    /// Without Via.
    pub(super) request: Request,
    pub(super) destination: Destination,
    pub(super) purpose: Purpose,
    pub(super) account: Option<Account>,
}

impl UserAgent {
    /// Sends a request on a branch of its own.
    pub(super) fn depart(&mut self, now: Instant, departure: Departure) -> Key {
        let branch = format!("{}{}", crate::via::MAGIC_COOKIE, self.rng.tag());
        self.depart_on(now, branch, departure)
    }

    /// Sends a request on this branch: a CANCEL takes the one of its INVITE (§9.1).
    pub(super) fn depart_on(&mut self, now: Instant, branch: String, departure: Departure) -> Key {
        let Departure { mut request, destination, purpose, account } = departure;
        self.put_via(&mut request.headers, &branch, destination.transport);
        self.put_user_agent(&mut request.headers);
        let reliable = destination.transport == Transport::Tcp;
        let machine = match request.method {
            Method::Invite => Machine::Invite(ClientInvite::new(now, self.timers, reliable)),
            _ => Machine::Other(Client::new(now, self.timers, reliable)),
        };
        let key = Key(self.next_serial());
        let bytes = request.to_bytes();
        self.actions.push_back(Action::Send(destination, bytes.clone()));
        self.branches.insert((branch.clone(), request.method == Method::Cancel), key);
        self.unheard.insert((destination.remote, key));
        let (refused_ack, accepted) = (None, Vec::new());
        let side = ClientSide { machine, request, bytes, branch, destination, purpose, account, refused_ack, accepted };
        self.clients.insert(key, side);
        self.schedule_client(key);
        key
    }

    /// Sends a request that makes no transaction: the ACK of a 2xx.
    pub(super) fn print_ack(&mut self, mut ack: Request, destination: Destination) -> Bytes {
        let branch = format!("{}{}", crate::via::MAGIC_COOKIE, self.rng.tag());
        self.put_via(&mut ack.headers, &branch, destination.transport);
        self.put_user_agent(&mut ack.headers);
        ack.to_bytes()
    }

    fn put_via(&self, headers: &mut Headers, branch: &str, transport: Transport) {
        let name = match transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        let mut via = Via::new(name, self.settings.sip, branch);
        via.params.set("rport", None);
        headers.insert_top("Via", via.to_string());
    }

    fn put_user_agent(&self, headers: &mut Headers) {
        if let Some(name) = self.settings.user_agent.as_ref().filter(|_| !headers.has("User-Agent")) {
            headers.push("User-Agent", name.clone());
        }
    }

    /// A response has arrived. One that belongs to nothing of ours is dropped (RFC 6026 §7.2).
    pub(super) fn response_arrived(&mut self, now: Instant, response: Response) {
        if !validate::response(&response) {
            self.tally.malformed += 1;
            return;
        }
        let (Ok(via), Ok(cseq)) = (response.headers.via(), response.headers.cseq()) else { return };
        let branch = via.branch().unwrap_or_default().to_owned();
        let Some(&key) = self.branches.get(&(branch, cseq.method == Method::Cancel)) else { return };
        let Some(side) = self.clients.get_mut(&key).filter(|side| is_answer_to(&side.request, &response)) else {
            return;
        };
        self.unheard.remove(&(side.destination.remote, key));
        let output = side.machine.handle(now, ClientInput::Response(response.status));
        if output == ClientOutput::AckAndDeliver {
            side.refused_ack = Some(ack_of_refusal(&side.request, &response).to_bytes());
        }
        self.act(now, key, output, Some(response));
    }

    /// The instant of a client transaction has come.
    pub(super) fn client_time(&mut self, now: Instant, key: Key) {
        self.drive_client(now, key, ClientInput::Time);
    }

    /// A request could not be sent there.
    pub(super) fn fail_unheard(&mut self, now: Instant, destination: Destination) {
        let range = (destination.remote, Key(0))..=(destination.remote, Key(u64::MAX));
        let hit: Vec<Key> = self.unheard.range(range).map(|(_, key)| *key).collect();
        for key in hit {
            let same = |side: &ClientSide| {
                let one_stream = destination.stream.is_none() || side.destination.stream == destination.stream;
                side.destination.transport == destination.transport && one_stream
            };
            if self.clients.get(&key).is_some_and(same) {
                self.drive_client(now, key, ClientInput::TransportFailed);
            }
        }
    }

    /// Where requests nobody has answered yet were sent.
    pub(super) fn unheard_destinations(&self) -> impl Iterator<Item = Destination> {
        self.unheard.iter().filter_map(|(_, key)| self.clients.get(key)).map(|side| side.destination)
    }

    fn drive_client(&mut self, now: Instant, key: Key, input: ClientInput) {
        let Some(side) = self.clients.get_mut(&key) else { return };
        let output = side.machine.handle(now, input);
        self.act(now, key, output, None);
    }

    fn act(&mut self, now: Instant, key: Key, output: ClientOutput, response: Option<Response>) {
        if let Some(side) = self.clients.get(&key) {
            let bytes = match output {
                ClientOutput::SendRequest => Some(&side.bytes),
                ClientOutput::SendAck | ClientOutput::AckAndDeliver => side.refused_ack.as_ref(),
                _ => None,
            };
            self.tally.sent.repeated += u64::from(matches!(output, ClientOutput::SendRequest | ClientOutput::SendAck));
            self.tally.received.repeated += u64::from(output == ClientOutput::SendAck);
            if let Some(bytes) = bytes {
                self.actions.push_back(Action::Send(side.destination, bytes.clone()));
            }
        }
        match (output, response) {
            (ClientOutput::Deliver | ClientOutput::AckAndDeliver, Some(response)) => self.deliver(now, key, response),
            (ClientOutput::TimedOut, _) => self.failed(now, key, Timeout::Silence),
            (ClientOutput::TransportFailed, _) => self.failed(now, key, Timeout::Unreachable),
            _ => {}
        }
        self.schedule_client(key);
    }

    fn deliver(&mut self, now: Instant, key: Key, response: Response) {
        let Some(purpose) = self.clients.get(&key).map(|side| side.purpose) else { return };
        match purpose {
            Purpose::Invite(id) => self.invite_answered(now, key, id, response),
            Purpose::Reinvite(id) => self.reinvite_answered(now, key, id, &response),
            _ if response.is_provisional() => {}
            _ if self.answer_challenge(now, key, &response).is_some() => {}
            Purpose::Bye(id) => self.forget(id),
            Purpose::Within(id, request) => {
                self.note_packages(id, &response.headers);
                self.tell(Event::Response { id: request, dialog: Some(id), response: Ok(Box::new(response)) });
            }
            Purpose::Alone(id) => {
                self.tell(Event::Response { id, dialog: None, response: Ok(Box::new(response)) });
            }
            Purpose::Quiet => {}
        }
    }

    fn failed(&mut self, now: Instant, key: Key, why: Timeout) {
        let Some(purpose) = self.clients.get(&key).map(|side| side.purpose) else { return };
        match purpose {
            Purpose::Invite(id) => self.invite_unanswered(now, key, id, why),
            Purpose::Reinvite(id) => self.reinvite_unanswered(now, id, why),
            Purpose::Bye(id) => self.forget(id),
            Purpose::Within(dialog, id) => {
                self.tell(Event::Response { id, dialog: Some(dialog), response: Err(why) });
            }
            Purpose::Alone(id) => self.tell(Event::Response { id, dialog: None, response: Err(why) }),
            Purpose::Quiet => {}
        }
    }

    /// The INVITE is given up; a 2xx under way still finds somebody who ends that call.
    pub(super) fn abandon(&mut self, now: Instant, key: Key) {
        if let Some(ClientSide { machine: Machine::Invite(machine), .. }) = self.clients.get_mut(&key) {
            machine.abandon(now);
        }
        self.schedule_client(key);
    }

    /// The branch of an INVITE that waits for its final response.
    pub(super) fn open_invite(&self, key: Key) -> Option<(&ClientSide, &str)> {
        let side = self.clients.get(&key)?;
        match &side.machine {
            Machine::Invite(machine) if !machine.is_final() => Some((side, &side.branch)),
            _ => None,
        }
    }

    /// Puts the transaction's next instant on the agenda, or takes it out when it is over.
    fn schedule_client(&mut self, key: Key) {
        let Some(side) = self.clients.get(&key) else { return };
        if !side.machine.is_unheard() {
            self.unheard.remove(&(side.destination.remote, key));
        }
        if !side.machine.is_over() {
            return self.agenda.set(Due::Client(key), side.machine.deadline());
        }
        self.agenda.set(Due::Client(key), None);
        if let Some(side) = self.clients.remove(&key) {
            self.branches.remove(&(side.branch, side.request.method == Method::Cancel));
            give_back(&mut self.clients);
            give_back(&mut self.branches);
        }
    }
}

/// Whether a response answers this very request; the branch has matched already.
fn is_answer_to(request: &Request, response: &Response) -> bool {
    request.headers.cseq() == response.headers.cseq()
        && request.headers.get("Call-ID") == response.headers.get("Call-ID")
}

/// The ACK of a final response ≥ 300: the INVITE's own Request-URI, Via, Route and From, the To of the response
/// (§17.1.1.3).
fn ack_of_refusal(invite: &Request, response: &Response) -> Request {
    let mut ack = hop_request(invite, Method::Ack);
    if let Some(to) = response.headers.shared("To") {
        ack.headers.set("To", to.clone());
    }
    ack
}

/// A request that goes hop by hop along with an INVITE: ACK of a refusal, CANCEL (§9.1).
pub(super) fn hop_request(invite: &Request, method: Method) -> Request {
    let mut request = Request::new(method, invite.uri.clone());
    for header in invite.headers.iter() {
        let copied = ["Via", "Route", "From", "To", "Call-ID", "Max-Forwards"].iter().any(|name| header.name.is(name));
        if copied {
            request.headers.push(header.name.as_str(), header.value.clone());
        }
    }
    let number = invite.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
    request.headers.push("CSeq", format!("{number} {}", request.method));
    request
}
