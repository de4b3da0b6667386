//! The demo's scripted caller: one sample customer after the other calls, presses a key, waits, talks and hangs up.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::order::{Heard, Sound, StreamKey};
use sip::user_agent::{Destination, DialogId, Event, Outgoing, Transport};
use sip::{Address, Uri};
use tokio_util::sync::CancellationToken;

use super::endpoint::{Endpoint, IDLE, Line, News, agreed};
use crate::clock;

/// How long a caller stays on the line in all, waiting or talking, before hanging up.
const PATIENCE: Duration = Duration::from_secs(150);

/// Between two calls.
const PAUSE: Duration = Duration::from_secs(12);

/// From the answer to pressing the key: the welcome is over by then, the notice is not, and the key is kept.
const THINKING: Duration = Duration::from_millis(2_500);

/// A sample caller.
#[derive(Debug, Clone)]
pub struct Person {
    /// Number as a trunk would send it, `+90532…`.
    pub number: String,
    /// Display name.
    pub name: String,
}

enum Phase {
    /// Calls when the time has come.
    Pausing,
    /// The line's ports are being bound.
    Opening(Line),
    /// INVITE is out.
    Calling(Line, DialogId),
    /// Answered; the key is pressed when the time has come.
    Listening(Line, DialogId),
    /// The key is pressed; waits and talks until patience ends.
    Talking(Line, DialogId),
}

/// The caller.
pub struct Caller {
    endpoint: Endpoint,
    switch: SocketAddr,
    menu: String,
    people: Vec<Person>,
    next: usize,
    voice: Arc<Sound>,
    phase: Phase,
    until: Instant,
}

impl Caller {
    /// Around an open endpoint. The first call comes `after` from now.
    pub fn new(
        endpoint: Endpoint,
        switch: SocketAddr,
        menu: String,
        people: Vec<Person>,
        voice: Arc<Sound>,
        after: Duration,
    ) -> Self {
        let until = clock::instant() + after;
        Self { endpoint, switch, menu, people, next: 0, voice, phase: Phase::Pausing, until }
    }

    /// Calls until told to stop.
    pub async fn run(mut self, stop: CancellationToken) -> io::Result<()> {
        loop {
            let news = tokio::select! {
                () = stop.cancelled() => break,
                news = self.endpoint.next(self.until) => news?,
            };
            match news {
                News::Time => self.time(),
                News::Heard(key, heard) => self.heard(key, &heard),
                News::Sip(event) => self.signalled(event),
            }
        }
        let dialogs: Vec<DialogId> = match self.phase {
            Phase::Calling(_, dialog) | Phase::Listening(_, dialog) | Phase::Talking(_, dialog) => vec![dialog],
            Phase::Pausing | Phase::Opening(_) => Vec::new(),
        };
        self.endpoint.close(&dialogs).await;
        Ok(())
    }

    fn time(&mut self) {
        let now = clock::instant();
        match self.phase {
            Phase::Pausing => match self.endpoint.open_line() {
                Some(line) => self.enter(Phase::Opening(line), IDLE),
                None => self.until = now + PAUSE,
            },
            Phase::Listening(line, dialog) => {
                self.endpoint.press(line, "1");
                self.endpoint.speak(line, &self.voice);
                self.enter(Phase::Talking(line, dialog), PATIENCE);
            }
            Phase::Calling(line, dialog) | Phase::Talking(line, dialog) => {
                self.endpoint.agent.bye(now, dialog);
                self.over(line);
            }
            Phase::Opening(_) => self.until = now + IDLE,
        }
    }

    fn heard(&mut self, key: StreamKey, heard: &Heard) {
        let Phase::Opening(line) = self.phase else { return };
        if !line.is(key) {
            return;
        }
        match heard {
            Heard::Opened => self.call(line),
            Heard::PortTaken => {
                self.endpoint.lose_line(line);
                self.enter(Phase::Pausing, Duration::ZERO);
            }
            _ => {}
        }
    }

    fn call(&mut self, line: Line) {
        let person = self.people[self.next % self.people.len()].clone();
        self.next += 1;
        let uri = Uri::parse(format!("sip:{}@{}", self.menu, self.switch));
        let from = Uri::parse(format!("sip:{}@{}", person.number, self.endpoint.local().ip()));
        let (Some(uri), Some(from)) = (uri, from) else { return self.over(line) };
        let outgoing = Outgoing {
            destination: Destination { transport: Transport::Udp, remote: self.switch, stream: None },
            route: Vec::new(),
            from: Address::new(from).with_display(&person.name),
            to: Address::new(uri.clone()),
            uri,
            extra: Vec::new(),
            sdp: Some(sip::sdp::offer(&self.endpoint.local_sdp(line))),
            credentials: None,
        };
        let dialog = self.endpoint.agent.invite(clock::instant(), outgoing);
        self.enter(Phase::Calling(line, dialog), PATIENCE);
    }

    fn signalled(&mut self, event: Event) {
        match (event, &self.phase) {
            (Event::Answered { dialog, response }, Phase::Calling(line, calling)) if dialog == *calling => {
                let line = *line;
                if let Some(agreed) = agreed(&self.endpoint.local_sdp(line), &response.body) {
                    self.endpoint.connect(line, &agreed);
                }
                self.enter(Phase::Listening(line, dialog), THINKING);
            }
            (Event::Reinvite { dialog, request }, Phase::Listening(line, _) | Phase::Talking(line, _)) => {
                let local = self.endpoint.local_sdp(*line);
                let now = clock::instant();
                match super::endpoint::answered(&local, &request.body) {
                    Some((sdp, _)) => self.endpoint.agent.accept_reinvite(now, dialog, sdp),
                    None => self.endpoint.agent.refuse_reinvite(now, dialog, 488, &[]),
                }
            }
            (
                Event::Failed { dialog, .. } | Event::Bye { dialog } | Event::Lost { dialog, .. },
                Phase::Calling(line, mine) | Phase::Listening(line, mine) | Phase::Talking(line, mine),
            ) if dialog == *mine => self.over(*line),
            (Event::Request { id, .. }, _) => {
                self.endpoint.agent.reply(clock::instant(), id, 481, &[], bytes::Bytes::new());
            }
            _ => {}
        }
    }

    fn over(&mut self, line: Line) {
        self.endpoint.close_line(line);
        self.enter(Phase::Pausing, PAUSE);
    }

    fn enter(&mut self, phase: Phase, lasts: Duration) {
        self.phase = phase;
        self.until = clock::instant() + lasts;
    }
}
