//! A scripted phone with a real SIP user agent inside.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use pbx::rng::Rng;
use sip::sdp::{Direction, Law, Local};
use sip::user_agent::{
    Action, Credentials, Destination, DialogId, Event, Outgoing, OutgoingRequest, Settings, Source, Transport,
    UserAgent,
};
use sip::{Address, Method, Request, Uri};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneId(pub usize);

/// What a phone does when it rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRing {
    /// Rings and waits for somebody.
    Ring,
    /// Is lifted after so many ms.
    AnswerAfter(u64),
    /// Answers with that final status at once.
    Refuse(u16),
    /// Rings, then answers with that final status.
    RefuseAfter(u64, u16),
    /// Says nothing at all.
    Dead,
    /// Answers with a description nobody can use.
    AnswerNonsense,
    /// One of the above each time.
    Any,
}

#[derive(Debug, Clone, Copy)]
pub enum Timer {
    Lift(DialogId),
    Refuse(DialogId, u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Dialling,
    Ringing,
    Talking,
}

pub struct Phone {
    pub address: SocketAddr,
    pub media: SocketAddr,
    pub number: String,
    pub display: Option<String>,
    pub on_ring: OnRing,
    pub allows_talk: bool,
    /// What it answers to a NOTIFY instead of doing what it says.
    pub refuses_notify: Option<u16>,
    /// The same for an INFO.
    pub refuses_info: Option<u16>,
    /// Leaves a NOTIFY without an answer.
    pub ignores_notify: bool,
    /// What came with the 2xx to its last re-INVITE.
    pub last_description: String,
    /// Offer at INVITE or leave it to the switch.
    pub offers: bool,
    pub laws: Vec<Law>,
    /// Written instead of a description of its own making.
    pub description: Option<String>,
    pub extra: Vec<(String, Bytes)>,
    /// Final status of the last own call; 200 when answered.
    pub last_status: Option<u16>,
    pub rang: usize,
    pub refer_status: Option<u16>,
    pub info_status: Option<u16>,
    /// Bodies of INFOs that came.
    pub informed: Vec<String>,
    pub reinvite_status: Option<u16>,
    /// INVITEs as they came.
    pub seen: Vec<Request>,
    secret: Option<String>,
    ua: UserAgent,
    calls: Vec<(DialogId, State)>,
    due: Vec<(Duration, Timer)>,
    hold_version: u64,
    deaf: bool,
}

impl Phone {
    pub fn new(address: SocketAddr, number: &str, secret: Option<String>, seed: u64) -> Self {
        let mut settings = Settings::new(address);
        settings.allow_events = vec!["talk".to_owned()];
        Self {
            address,
            media: SocketAddr::new(address.ip(), address.port() + 10_000),
            number: number.to_owned(),
            display: None,
            on_ring: OnRing::Ring,
            allows_talk: true,
            refuses_notify: None,
            refuses_info: None,
            ignores_notify: false,
            last_description: String::new(),
            offers: true,
            laws: vec![Law::Pcma, Law::Pcmu],
            description: None,
            extra: Vec::new(),
            last_status: None,
            rang: 0,
            refer_status: None,
            info_status: None,
            informed: Vec::new(),
            reinvite_status: None,
            seen: Vec::new(),
            secret,
            ua: UserAgent::new(settings, seed),
            calls: Vec::new(),
            due: Vec::new(),
            hold_version: 1,
            deaf: false,
        }
    }

    /// Forbids the page to answer this phone.
    pub fn without_talk(&mut self) {
        let mut settings = Settings::new(self.address);
        settings.allow_events = Vec::new();
        self.ua = UserAgent::new(settings, 99);
        self.allows_talk = false;
    }

    pub fn deadline(&self) -> Option<Instant> {
        if self.deaf { None } else { self.ua.deadline() }
    }

    pub fn tick(&mut self, now: Instant) {
        self.ua.tick(now);
    }

    /// The phone loses its power: nothing comes, nothing goes.
    pub fn unplug(&mut self) {
        self.deaf = true;
        self.calls.clear();
    }

    /// Whether it belongs to an extension.
    pub fn is_ours(&self) -> bool {
        self.secret.is_some()
    }

    pub fn is_alive(&self) -> bool {
        !self.calls.is_empty()
    }

    pub fn is_talking(&self) -> bool {
        self.calls.iter().any(|(_, state)| *state == State::Talking)
    }

    pub fn is_ringing(&self) -> bool {
        self.calls.iter().any(|(_, state)| *state == State::Ringing)
    }

    pub fn receive(&mut self, now: Instant, switch: SocketAddr, bytes: &[u8]) {
        if self.deaf {
            return;
        }
        let source = Source { transport: Transport::Udp, local: self.address, remote: switch, stream: None };
        self.ua.receive(now, source, bytes);
    }

    pub fn register(&mut self, now: Instant, switch: SocketAddr, expires: u32) {
        let mut extra = vec![
            ("Contact".to_owned(), Bytes::from(format!("<sip:{}@{}>", self.number, self.address))),
            ("Expires".to_owned(), Bytes::from(expires.to_string())),
        ];
        if self.allows_talk {
            extra.push(("Allow-Events".to_owned(), Bytes::from_static(b"talk, hold")));
        }
        let me = Address::new(Uri::at(&self.number, switch));
        self.ua.request(
            now,
            OutgoingRequest {
                destination: to(switch),
                method: Method::Register,
                uri: Uri::at("", switch),
                from: me.clone(),
                to: me,
                identity: None,
                extra,
                body: Bytes::new(),
                credentials: self.credentials(),
            },
        );
    }

    pub fn dial(&mut self, now: Instant, switch: SocketAddr, number: &str) {
        self.dial_uri(now, switch, Uri::at(number, switch));
    }

    pub fn dial_uri(&mut self, now: Instant, switch: SocketAddr, uri: Uri) {
        let mut from = Address::new(Uri::at(&self.number, self.address));
        if let Some(display) = &self.display {
            from = from.with_display(display);
        }
        let dialog = self.ua.invite(
            now,
            Outgoing {
                destination: to(switch),
                route: Vec::new(),
                to: Address::new(uri.clone()),
                uri,
                from,
                extra: self.extra.clone(),
                sdp: self.offers.then(|| self.sdp(Direction::SendRecv)),
                credentials: self.credentials(),
            },
        );
        self.calls.push((dialog, State::Dialling));
    }

    pub fn hang_up(&mut self, now: Instant) {
        for (dialog, state) in std::mem::take(&mut self.calls) {
            match state {
                State::Dialling => self.ua.cancel(now, dialog),
                State::Ringing => self.ua.reject(now, dialog, 486, &[]),
                State::Talking => self.ua.bye(now, dialog),
            }
        }
    }

    pub fn lift(&mut self, now: Instant) {
        let ringing = self.calls.iter_mut().find(|(_, state)| *state == State::Ringing);
        if let Some((dialog, state)) = ringing {
            *state = State::Talking;
            let dialog = *dialog;
            let sdp = self.sdp(Direction::SendRecv);
            self.ua.answer(now, dialog, sdp);
        }
    }

    pub fn hold(&mut self, now: Instant, hold: bool) {
        self.hold_version += 1;
        let sdp = self.sdp(if hold { Direction::SendOnly } else { Direction::SendRecv });
        if let Some((dialog, _)) = self.calls.iter().find(|(_, state)| *state == State::Talking) {
            self.ua.reinvite(now, *dialog, sdp);
        }
    }

    /// A re-INVITE without a description: the switch is asked to offer.
    pub fn ask_for_offer(&mut self, now: Instant) {
        if let Some((dialog, _)) = self.calls.iter().find(|(_, state)| *state == State::Talking) {
            self.ua.reinvite(now, *dialog, Bytes::new());
        }
    }

    pub fn refer(&mut self, now: Instant, target: &str) {
        let refer_to = format!("<sip:{target}@127.0.0.1>");
        if let Some((dialog, _)) = self.calls.iter().find(|(_, state)| *state == State::Talking) {
            self.ua.request_in_dialog(now, *dialog, Method::Refer, &[("Refer-To", refer_to)], Bytes::new());
        }
    }

    /// An INFO with that Content-Type (none when empty) and body.
    pub fn inform(&mut self, now: Instant, kind: &str, body: &str) {
        let extra = [("Content-Type", kind.to_owned())];
        let extra = if kind.is_empty() { &[][..] } else { &extra[..] };
        if let Some((dialog, _)) = self.calls.iter().find(|(_, state)| *state == State::Talking) {
            let body = Bytes::from(body.to_owned());
            self.ua.request_in_dialog(now, *dialog, Method::Info, extra, body);
        }
    }

    pub fn timer(&mut self, now: Instant, timer: Timer) {
        let (Timer::Lift(dialog) | Timer::Refuse(dialog, _)) = timer;
        let Some(at) = self.calls.iter().position(|call| *call == (dialog, State::Ringing)) else { return };
        match timer {
            Timer::Lift(_) => {
                self.calls[at].1 = State::Talking;
                let sdp = self.sdp(Direction::SendRecv);
                self.ua.answer(now, dialog, sdp);
            }
            Timer::Refuse(_, status) => {
                self.calls.remove(at);
                self.ua.reject(now, dialog, status, &[]);
            }
        }
    }

    /// What is to be sent, and which timers are to be set.
    pub fn settle(&mut self, now: Instant, rng: &mut Rng) -> (Vec<Bytes>, Vec<(Duration, Timer)>) {
        let mut sends = Vec::new();
        while let Some(action) = self.ua.poll() {
            match action {
                Action::Send(_, bytes) => sends.push(bytes),
                Action::Event(event) => self.event(now, event, rng),
            }
        }
        if self.deaf {
            sends.clear();
        }
        (sends, std::mem::take(&mut self.due))
    }

    fn event(&mut self, now: Instant, event: Event, rng: &mut Rng) {
        match event {
            Event::Invite { dialog, request, .. } => self.invited(now, dialog, *request, rng),
            Event::Answered { dialog, .. } => {
                if let Some(call) = self.calls.iter_mut().find(|(d, _)| *d == dialog) {
                    call.1 = State::Talking;
                    self.last_status = Some(200);
                    if !self.offers {
                        let sdp = self.sdp(Direction::SendRecv);
                        self.ua.acknowledge(now, dialog, sdp);
                    }
                } else {
                    self.ua.bye(now, dialog);
                }
            }
            Event::Failed { dialog, status, .. } => {
                self.last_status = Some(status);
                self.forget(dialog);
            }
            Event::Cancelled { dialog } | Event::Bye { dialog } | Event::Lost { dialog, .. } => self.forget(dialog),
            Event::Reinvite { dialog, .. } => {
                let sdp = self.sdp(Direction::SendRecv);
                self.ua.accept_reinvite(now, dialog, sdp);
            }
            Event::Request { id, request, .. } => {
                let refusal = match request.method {
                    Method::Notify if self.ignores_notify => return,
                    Method::Notify => self.refuses_notify,
                    Method::Info => self.refuses_info,
                    _ => None,
                };
                self.ua.reply(now, id, refusal.unwrap_or(200), &[], Bytes::new());
                if refusal.is_some() {
                    return;
                }
                if request.method == Method::Info {
                    self.informed.push(String::from_utf8_lossy(&request.body).into_owned());
                }
                let event = request.headers.text("Event").unwrap_or_default().into_owned();
                if request.method == Method::Notify && event == "talk" {
                    self.lift(now);
                }
            }
            Event::Response { response, .. } => {
                let Ok(response) = response else { return };
                match response.headers.cseq().map(|cseq| cseq.method) {
                    Ok(Method::Refer) => self.refer_status = Some(response.status),
                    Ok(Method::Info) => self.info_status = Some(response.status),
                    _ => {}
                }
            }
            Event::ReinviteAnswered { sdp, status, .. } => {
                self.reinvite_status = Some(status);
                self.last_description = String::from_utf8_lossy(&sdp.unwrap_or_default()).into_owned();
            }
            Event::Confirmed { .. } | Event::Progress { .. } => {}
        }
    }

    fn invited(&mut self, now: Instant, dialog: DialogId, request: Request, rng: &mut Rng) {
        self.rang += 1;
        self.seen.push(request);
        let choice = match self.on_ring {
            OnRing::Any => any(rng),
            other => other,
        };
        match choice {
            OnRing::Refuse(status) => return self.ua.reject(now, dialog, status, &[]),
            OnRing::Dead => return,
            OnRing::AnswerNonsense => return self.ua.answer(now, dialog, Bytes::from_static(b"v=0\r\n")),
            _ => {}
        }
        self.ua.provisional(now, dialog, 180, None);
        self.calls.push((dialog, State::Ringing));
        match choice {
            OnRing::AnswerAfter(millis) => self.due.push((Duration::from_millis(millis), Timer::Lift(dialog))),
            OnRing::RefuseAfter(millis, status) => {
                self.due.push((Duration::from_millis(millis), Timer::Refuse(dialog, status)));
            }
            _ => {}
        }
    }

    fn forget(&mut self, dialog: DialogId) {
        self.calls.retain(|(d, _)| *d != dialog);
    }

    fn credentials(&self) -> Option<Credentials> {
        let secret = self.secret.clone()?;
        Some(Credentials { user: format!("auth-{}", self.number), secret, realm: None })
    }

    fn sdp(&self, direction: Direction) -> Bytes {
        if let Some(description) = &self.description {
            return Bytes::from(description.clone());
        }
        sip::sdp::offer(&Local {
            address: self.media.ip(),
            port: self.media.port(),
            session_id: 7,
            version: self.hold_version,
            direction,
            codecs: self.laws.clone(),
        })
    }
}

fn to(switch: SocketAddr) -> Destination {
    Destination { transport: Transport::Udp, remote: switch, stream: None }
}

fn any(rng: &mut Rng) -> OnRing {
    match rng.below(10) {
        0..=4 => OnRing::AnswerAfter(rng.below(12_000)),
        5 => OnRing::Ring,
        6 => OnRing::Refuse([486, 480, 500, 503, 302, 404][usize::try_from(rng.below(6)).unwrap()]),
        7 => OnRing::RefuseAfter(rng.below(5_000), 603),
        8 => OnRing::Dead,
        _ => OnRing::AnswerNonsense,
    }
}
