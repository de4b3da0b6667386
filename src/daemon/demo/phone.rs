//! The demo's agent phone: registers an extension, rings, and answers when the page says so (`NOTIFY`, `Event: talk`).

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::order::{Heard, Sound, StreamKey};
use sip::user_agent::{Credentials, Destination, DialogId, Event, OutgoingRequest, RequestId, Source, Transport};
use sip::{Address, Method, Request, Uri};
use tokio_util::sync::CancellationToken;

use super::endpoint::{Endpoint, IDLE, Line, News, answered};
use crate::clock;

/// How long a registration is asked for; renewed at half of it.
const EXPIRES: Duration = Duration::from_secs(600);

/// After a registration that failed.
const AGAIN: Duration = Duration::from_secs(5);

/// Whose phone it is.
#[derive(Debug, Clone)]
pub struct Account {
    /// The extension's number.
    pub number: String,
    /// Digest user.
    pub auth_user: String,
    /// Digest secret.
    pub secret: String,
    /// Where the switch listens.
    pub switch: SocketAddr,
}

struct Ringing {
    offer: Bytes,
    line: Option<Line>,
    answering: bool,
}

/// The phone.
pub struct Phone {
    endpoint: Endpoint,
    account: Account,
    voice: Arc<Sound>,
    ringing: HashMap<DialogId, Ringing>,
    talking: HashMap<DialogId, Line>,
    registering: Option<RequestId>,
    register_at: Instant,
}

impl Phone {
    /// Around an open endpoint.
    pub fn new(endpoint: Endpoint, account: Account, voice: Arc<Sound>) -> Self {
        Self {
            endpoint,
            account,
            voice,
            ringing: HashMap::new(),
            talking: HashMap::new(),
            registering: None,
            register_at: clock::instant(),
        }
    }

    /// Serves until told to stop.
    pub async fn run(mut self, stop: CancellationToken) -> io::Result<()> {
        loop {
            if self.registering.is_none() && clock::instant() >= self.register_at {
                self.register();
            }
            let until = if self.registering.is_some() { clock::instant() + IDLE } else { self.register_at };
            let news = tokio::select! {
                () = stop.cancelled() => break,
                news = self.endpoint.next(until) => news?,
            };
            match news {
                News::Sip(event) => self.signalled(event),
                News::Heard(key, Heard::Opened) => self.opened(key),
                News::Heard(key, Heard::PortTaken) => self.taken(key),
                News::Heard(..) | News::Time => {}
            }
        }
        let dialogs: Vec<DialogId> = self.talking.keys().copied().collect();
        self.endpoint.close(&dialogs).await;
        Ok(())
    }

    fn register(&mut self) {
        let Account { number, auth_user, secret, switch } = &self.account;
        let aor = format!("sip:{number}@{switch}");
        let (Some(registrar), Some(aor)) = (Uri::parse(format!("sip:{switch}")), Uri::parse(aor)) else {
            return;
        };
        let contact = format!("<sip:{number}@{}>", self.endpoint.local());
        let request = OutgoingRequest {
            method: Method::Register,
            destination: Destination { transport: Transport::Udp, remote: *switch, stream: None },
            uri: registrar,
            from: Address::new(aor.clone()),
            to: Address::new(aor),
            identity: None,
            extra: vec![
                ("Contact".to_owned(), contact.into_bytes().into()),
                ("Expires".to_owned(), EXPIRES.as_secs().to_string().into_bytes().into()),
                ("Allow-Events".to_owned(), Bytes::from_static(b"talk")),
            ],
            body: Bytes::new(),
            credentials: Some(Credentials { user: auth_user.clone(), secret: secret.clone(), realm: None }),
        };
        self.registering = Some(self.endpoint.agent.request(clock::instant(), request));
    }

    fn signalled(&mut self, event: Event) {
        let now = clock::instant();
        match event {
            Event::Response { id, response, .. } if self.registering == Some(id) => {
                self.registering = None;
                let accepted = response.is_ok_and(|response| response.status == 200);
                self.register_at = now + if accepted { EXPIRES / 2 } else { AGAIN };
            }
            Event::Invite { dialog, request, .. } => {
                self.endpoint.agent.provisional(now, dialog, 180, None);
                self.ringing.insert(dialog, Ringing { offer: request.body.clone(), line: None, answering: false });
            }
            Event::Request { id, dialog, request, source } => self.asked(id, dialog, &request, source),
            Event::Reinvite { dialog, request } => self.changed(dialog, &request),
            Event::Cancelled { dialog } | Event::Bye { dialog } | Event::Lost { dialog, .. } => self.over(dialog),
            _ => {}
        }
    }

    fn asked(&mut self, id: RequestId, dialog: Option<DialogId>, request: &Request, _source: Source) {
        let talk = request.method == Method::Notify
            && request.headers.text("Event").is_some_and(|event| event.eq_ignore_ascii_case("talk"));
        let status = if talk && dialog.is_some() { 200 } else { 481 };
        self.endpoint.agent.reply(clock::instant(), id, status, &[], Bytes::new());
        if let (200, Some(dialog)) = (status, dialog) {
            self.lift(dialog);
        }
    }

    /// The handset is lifted: a line is opened, and the answer goes out when its ports are bound.
    fn lift(&mut self, dialog: DialogId) {
        let Some(ringing) = self.ringing.get_mut(&dialog) else { return };
        if ringing.answering {
            return;
        }
        ringing.answering = true;
        ringing.line = self.endpoint.open_line();
        if ringing.line.is_none() {
            self.ringing.remove(&dialog);
            self.endpoint.agent.reject(clock::instant(), dialog, 486, &[]);
        }
    }

    fn opened(&mut self, key: StreamKey) {
        let found = self.ringing.iter().find(|(_, ringing)| ringing.line.is_some_and(|line| line.is(key)));
        let Some(dialog) = found.map(|(dialog, _)| *dialog) else { return };
        let Some(ringing) = self.ringing.remove(&dialog) else { return };
        let Some(line) = ringing.line else { return };
        match answered(&self.endpoint.local_sdp(line), &ringing.offer) {
            Some((sdp, agreed)) => {
                self.endpoint.connect(line, &agreed);
                self.endpoint.agent.answer(clock::instant(), dialog, sdp);
                self.endpoint.speak(line, &self.voice);
                self.talking.insert(dialog, line);
            }
            None => {
                self.endpoint.agent.reject(clock::instant(), dialog, 488, &[]);
                self.endpoint.close_line(line);
            }
        }
    }

    /// Somebody else holds that port pair: another line is tried.
    fn taken(&mut self, key: StreamKey) {
        let Some((dialog, ringing)) = self.ringing.iter_mut().find(|(_, r)| r.line.is_some_and(|line| line.is(key)))
        else {
            return;
        };
        let dialog = *dialog;
        ringing.answering = false;
        if let Some(line) = ringing.line.take() {
            self.endpoint.lose_line(line);
        }
        self.lift(dialog);
    }

    fn changed(&mut self, dialog: DialogId, request: &Request) {
        let now = clock::instant();
        let Some(line) = self.talking.get(&dialog).copied() else { return };
        match answered(&self.endpoint.local_sdp(line), &request.body) {
            Some((sdp, agreed)) => {
                self.endpoint.connect(line, &agreed);
                self.endpoint.agent.accept_reinvite(now, dialog, sdp);
            }
            None => self.endpoint.agent.refuse_reinvite(now, dialog, 488, &[]),
        }
    }

    fn over(&mut self, dialog: DialogId) {
        let ringing = self.ringing.remove(&dialog).and_then(|ringing| ringing.line);
        if let Some(line) = self.talking.remove(&dialog).or(ringing) {
            self.endpoint.close_line(line);
        }
    }
}
