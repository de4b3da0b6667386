//! A peer that writes its messages by hand: what the agent makes of them, word for word.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sip::user_agent::{Action, Destination, Event, Settings, Source, StreamId, Transport, UserAgent};

pub struct Peer {
    pub agent: UserAgent,
    pub now: Instant,
    pub transport: Transport,
    pub remote: SocketAddr,
    /// Everything the agent sent and was not read yet.
    pub heard: Vec<(Destination, String)>,
    events: Vec<Event>,
}

pub const HERE: &str = "10.0.0.9:5060";

impl Peer {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new("10.0.0.1:5060".parse().unwrap());
        change(&mut settings);
        Self {
            agent: UserAgent::new(settings, 77),
            now: Instant::now(),
            transport: Transport::Udp,
            remote: HERE.parse().unwrap(),
            heard: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Sends a text, its lines ended by LF only for reading; gives the answers' texts.
    pub fn say(&mut self, text: &str) -> Vec<String> {
        self.say_bytes(text.replace('\n', "\r\n").as_bytes());
        self.texts()
    }

    pub fn say_bytes(&mut self, bytes: &[u8]) {
        let stream = (self.transport == Transport::Tcp).then_some(StreamId(7));
        let local = self.agent.settings().sip;
        let source = Source { transport: self.transport, local, remote: self.remote, stream };
        self.agent.receive(self.now, source, bytes);
        self.collect();
        // An INVITE that nobody says anything to gets its 100.
        if bytes.starts_with(b"INVITE ") {
            self.pass(Duration::from_millis(20));
        }
    }

    pub fn on<T>(&mut self, act: impl FnOnce(&mut UserAgent, Instant) -> T) -> T {
        let result = act(&mut self.agent, self.now);
        self.collect();
        result
    }

    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.agent.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.agent.tick(self.now);
            self.collect();
        }
        self.now = end;
    }

    fn collect(&mut self) {
        while let Some(action) = self.agent.poll() {
            match action {
                Action::Send(to, bytes) => self.heard.push((to, String::from_utf8_lossy(&bytes).into_owned())),
                Action::Event(event) => self.events.push(event),
            }
        }
    }

    pub fn texts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard).into_iter().map(|(_, text)| text).collect()
    }

    pub fn told(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

/// A request of the peer; `lines` are added before the end.
pub fn request(method: &str, branch: &str, cseq: u32, to_tag: &str, lines: &str) -> String {
    let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    format!(
        "{method} sip:100@10.0.0.1 SIP/2.0\n\
         Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK{branch};rport\n\
         Max-Forwards: 70\n\
         From: \"Ayşe\" <sip:ayse@10.0.0.9>;tag=far\n\
         To: <sip:100@10.0.0.1>{to_tag}\n\
         Call-ID: call-1@10.0.0.9\n\
         CSeq: {cseq} {method}\n\
         Contact: <sip:ayse@10.0.0.9:5060>\n\
         {lines}\n"
    )
}

/// The lines that make a body of a session description.
pub const WITH_SDP: &str = "Content-Type: application/sdp\nContent-Length: 9\n\nv=0\ns=x\n";

pub fn status(text: &str) -> &str {
    text.get(8..11).unwrap_or_default()
}
