//! One desk's websocket: hello, welcome, snapshot, then events. A slow, silent or signed-out desk is cut off.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout};
use tungstenite::error::{Error as Broken, ProtocolError};

use crate::board::{DESK_QUEUE, Sent, Subscribe};
use crate::guard::SignedIn;
use crate::problem::Problem;
use crate::state::ApiState;

/// The one subprotocol.
pub const SUBPROTOCOL: &str = "santral.v1";
/// Longest message a desk sends us; it has little to say.
const LONGEST_MESSAGE: usize = 4096;
/// A desk may say so many things at once, and so many each second; the page says one in several seconds.
const SAYS_AT_ONCE: u32 = 60;
const SAYS_A_SECOND: u32 = 20;
/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often an event that asks for an acknowledgement is sent again.
const RESENDS: u8 = 2;

/// The desk's timers.
#[derive(Debug, Clone, Copy)]
pub struct DeskTimes {
    /// The first message must come within this time.
    pub hello: Duration,
    /// How often we ping.
    pub ping: Duration,
    /// Silence after which the desk is dead.
    pub dead: Duration,
    /// How often we look whether the session still stands.
    pub session_check: Duration,
    /// How long we wait for an acknowledgement before sending again.
    pub resend: Duration,
    /// How long one message may take to leave.
    pub send: Duration,
}

impl Default for DeskTimes {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(5),
            ping: Duration::from_secs(15),
            dead: Duration::from_secs(25),
            session_check: Duration::from_secs(3),
            resend: Duration::from_secs(2),
            send: Duration::from_secs(10),
        }
    }
}

/// `GET /api/v1/stream`. The guard has checked session, Host and Origin before this runs.
pub async fn stream(
    State(state): State<Arc<ApiState>>,
    signed_in: SignedIn,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let Ok(upgrade) = upgrade else {
        return Ok(([(header::UPGRADE, "websocket")], Problem::of("websocket-expected")).into_response());
    };
    let upgrade = upgrade.protocols([SUBPROTOCOL]).max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE);
    if upgrade.selected_protocol().is_none() {
        return Err(Problem::of("unknown-subprotocol"));
    }
    Ok(upgrade.on_upgrade(move |socket| serve(state, signed_in, socket)))
}

/// Why we hang up on a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bye {
    NoHello,
    SignedOut,
    Slow,
    Restarting,
    TooMany,
    Dead,
    /// It says more than anybody could listen to.
    Talkative,
    /// It broke RFC 6455.
    Protocol,
    /// It sent bytes; we speak text.
    Binary,
    /// It sent text that is not UTF-8.
    NoText,
    /// It sent too long a message.
    TooLong,
    /// The other side said goodbye; it is answered.
    Closed,
    /// The other side is gone.
    Left,
}

impl Bye {
    fn code_and_reason(self) -> Option<(u16, &'static str)> {
        match self {
            Self::NoHello => Some((4000, "no-hello")),
            Self::SignedOut => Some((4001, "signed-out")),
            Self::Slow => Some((4008, "slow")),
            Self::Restarting => Some((1001, "restarting")),
            Self::TooMany => Some((4029, "too-many")),
            Self::Dead => Some((4000, "silent")),
            Self::Talkative => Some((1008, "too-many-messages")),
            Self::Protocol => Some((1002, "protocol-error")),
            Self::Binary => Some((1003, "text-expected")),
            Self::NoText => Some((1007, "not-utf-8")),
            Self::TooLong => Some((1009, "too-long")),
            Self::Closed | Self::Left => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromDesk {
    Hello { resume: Option<u64> },
    Ack { seq: u64 },
    Ping,
    Pong,
}

async fn serve(state: Arc<ApiState>, signed_in: SignedIn, mut socket: WebSocket) {
    let mut ear = Ear::new();
    let bye = match hello(&state, &mut socket, &mut ear).await {
        Ok(resume) => open(&state, &signed_in, &mut socket, ear, resume).await,
        Err(bye) => bye,
    };
    tracing::debug!(?bye, "desk closed");
    if bye == Bye::Left {
        return;
    }
    // The desk may be the very one that does not read.
    let _unheard = timeout(FAREWELL, farewell(&mut socket, bye)).await;
}

/// Says why, and waits for the other side to agree: a connection that is dropped with something unread is reset, and the
/// goodbye is lost with it.
async fn farewell(socket: &mut WebSocket, bye: Bye) -> Result<(), axum::Error> {
    if let Some((code, reason)) = bye.code_and_reason() {
        let text = json!({"type": "bye", "code": code, "reason": reason}).to_string();
        socket.send(Message::Text(text.into())).await?;
        socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await?;
    }
    while let Some(heard) = socket.recv().await {
        heard?;
    }
    Ok(())
}

async fn hello(state: &ApiState, socket: &mut WebSocket, ear: &mut Ear) -> Result<Option<u64>, Bye> {
    let first = async {
        loop {
            match ear.hear(socket.recv().await)? {
                Some(FromDesk::Hello { resume }) => return Ok(resume),
                Some(_) => return Err(Bye::NoHello),
                None => {}
            }
        }
    };
    timeout(state.desk_times.hello, first).await.unwrap_or(Err(Bye::NoHello))
}

async fn open(
    state: &Arc<ApiState>,
    signed_in: &SignedIn,
    socket: &mut WebSocket,
    ear: Ear,
    resume: Option<u64>,
) -> Bye {
    let ask = Subscribe { person: signed_in.person(), resume, at: state.now() };
    let Some(subscribed) = state.board.subscribe(ask).await else {
        return if state.board.is_closed() { Bye::Restarting } else { Bye::TooMany };
    };
    let mut desk = Desk::new(state, signed_in, socket, ear, subscribed.door);
    let first = Greeting { seq: subscribed.seq, gap: subscribed.gap, snapshot: subscribed.snapshot };
    match desk.greet(first, subscribed.missed).await {
        Ok(()) => desk.run().await,
        Err(bye) => bye,
    }
}

struct Greeting {
    seq: u64,
    gap: bool,
    snapshot: serde_json::Value,
}

/// One connected desk.
struct Desk<'a> {
    state: &'a ApiState,
    signed_in: &'a SignedIn,
    socket: &'a mut WebSocket,
    ear: Ear,
    door: tokio::sync::mpsc::Receiver<Sent>,
    pending: Pending,
    unacked: BTreeMap<u64, Unacked>,
    heard_at: Instant,
    ping_at: Instant,
    check_at: Instant,
    check: Check<'a>,
}

/// Whether the session still stands, asked while the desk goes on: a database that does not answer stalls no desk.
#[derive(Default)]
struct Check<'a>(Option<Pin<Box<dyn Future<Output = bool> + Send + 'a>>>);

impl<'a> Check<'a> {
    /// Asks, unless an answer is still owed.
    fn ask(&mut self, stands: impl Future<Output = bool> + Send + 'a) {
        self.0.get_or_insert_with(|| Box::pin(stands));
    }

    /// The answer, when one is owed. Dropping this loses nothing.
    async fn answer(&mut self) -> bool {
        let Some(asked) = self.0.as_mut() else { return pending().await };
        let stands = asked.await;
        self.0 = None;
        stands
    }
}

struct Unacked {
    text: Arc<str>,
    again_at: Instant,
    left: u8,
}

impl<'a> Desk<'a> {
    fn new(
        state: &'a ApiState,
        signed_in: &'a SignedIn,
        socket: &'a mut WebSocket,
        ear: Ear,
        door: tokio::sync::mpsc::Receiver<Sent>,
    ) -> Self {
        let now = Instant::now();
        Self {
            state,
            signed_in,
            socket,
            ear,
            door,
            pending: Pending::default(),
            unacked: BTreeMap::new(),
            heard_at: now,
            ping_at: now + state.desk_times.ping,
            check_at: now + state.desk_times.session_check,
            check: Check::default(),
        }
    }

    async fn greet(&mut self, greeting: Greeting, missed: Vec<Sent>) -> Result<(), Bye> {
        let welcome = json!({"type": "welcome", "seq": greeting.seq, "gap": greeting.gap});
        let snapshot = json!({"type": "snapshot", "data": greeting.snapshot});
        self.send(welcome.to_string().into()).await?;
        self.send(snapshot.to_string().into()).await?;
        for sent in missed {
            self.send(sent.text).await?;
        }
        Ok(())
    }

    async fn run(&mut self) -> Bye {
        loop {
            if let Err(bye) = self.turn().await {
                return bye;
            }
        }
    }

    async fn turn(&mut self) -> Result<(), Bye> {
        while let Some(sent) = self.pending.pop() {
            self.note_unacked(&sent);
            self.send(sent.text).await?;
        }
        let deadline = self.deadline();
        tokio::select! {
            sent = self.door.recv() => self.arrived(sent),
            message = self.socket.recv() => {
                self.heard_at = Instant::now();
                match self.ear.hear(message)? {
                    Some(said) => self.said(said).await,
                    None => Ok(()),
                }
            }
            stands = self.check.answer() => if stands { Ok(()) } else { Err(Bye::SignedOut) },
            () = sleep_until(deadline) => self.time_passed().await,
        }
    }

    fn deadline(&self) -> Instant {
        let again = self.unacked.values().map(|unacked| unacked.again_at).min();
        let fixed = self.ping_at.min(self.check_at).min(self.heard_at + self.state.desk_times.dead);
        again.map_or(fixed, |again| again.min(fixed))
    }

    async fn time_passed(&mut self) -> Result<(), Bye> {
        let (now, times) = (Instant::now(), self.state.desk_times);
        if now >= self.heard_at + times.dead {
            return Err(Bye::Dead);
        }
        if now >= self.check_at {
            self.check_at = now + times.session_check;
            self.check.ask(self.signed_in.still_stands(self.state));
        }
        if now >= self.ping_at {
            self.ping_at = now + times.ping;
            self.send(json!({"type": "ping"}).to_string().into()).await?;
        }
        self.send_again(now).await
    }

    async fn said(&mut self, said: FromDesk) -> Result<(), Bye> {
        match said {
            FromDesk::Ack { seq } => {
                self.unacked.remove(&seq);
                Ok(())
            }
            FromDesk::Ping => self.send(json!({"type": "pong"}).to_string().into()).await,
            FromDesk::Pong | FromDesk::Hello { .. } => Ok(()),
        }
    }

    fn note_unacked(&mut self, sent: &Sent) {
        if sent.ack {
            let again_at = Instant::now() + self.state.desk_times.resend;
            self.unacked.insert(sent.seq, Unacked { text: sent.text.clone(), again_at, left: RESENDS });
        }
    }

    async fn send_again(&mut self, now: Instant) -> Result<(), Bye> {
        let mut again = Vec::new();
        for unacked in self.unacked.values_mut().filter(|unacked| unacked.again_at <= now) {
            unacked.again_at = now + self.state.desk_times.resend;
            unacked.left -= 1;
            again.push(unacked.text.clone());
        }
        self.unacked.retain(|_, unacked| unacked.left > 0);
        for text in again {
            self.send(text).await?;
        }
        Ok(())
    }

    fn arrived(&mut self, sent: Option<Sent>) -> Result<(), Bye> {
        match sent {
            Some(sent) => self.pending.push(sent),
            None if self.state.board.is_closed() => Err(Bye::Restarting),
            None => Err(Bye::Slow),
        }
    }

    /// Sends one message; while the desk is slow to take it, what arrives meanwhile is gathered.
    async fn send(&mut self, text: Arc<str>) -> Result<(), Bye> {
        let Self { socket, door, pending, state, .. } = self;
        let message = Message::Text(text.as_ref().into());
        let mut sending = pin!(timeout(state.desk_times.send, socket.send(message)));
        loop {
            tokio::select! {
                biased;
                done = &mut sending => return match done {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(_)) => Err(Bye::Left),
                    Err(_) => Err(Bye::Slow),
                },
                sent = door.recv() => match sent {
                    Some(sent) => pending.push(sent)?,
                    None if state.board.is_closed() => return Err(Bye::Restarting),
                    None => return Err(Bye::Slow),
                },
            }
        }
    }
}

/// What waits for a slow desk: bounded, and of each queue's figures only the newest.
#[derive(Default)]
struct Pending(VecDeque<Sent>);

impl Pending {
    fn push(&mut self, sent: Sent) -> Result<(), Bye> {
        if sent.stats_of.is_some() {
            self.0.retain(|earlier| earlier.stats_of != sent.stats_of);
        }
        if self.0.len() >= DESK_QUEUE {
            return Err(Bye::Slow);
        }
        self.0.push_back(sent);
        Ok(())
    }

    fn pop(&mut self) -> Option<Sent> {
        self.0.pop_front()
    }
}

/// What a desk may still say: a handful at once, and then a few each second.
struct Ear {
    left: u32,
    filled_at: Instant,
}

impl Ear {
    fn new() -> Self {
        Self { left: SAYS_AT_ONCE, filled_at: Instant::now() }
    }

    /// A message in words we know; `None` for one we do not mind. Broken ones and too many end the conversation.
    fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Option<FromDesk>, Bye> {
        self.count(Instant::now())?;
        match message {
            Some(Ok(Message::Text(text))) => Ok(read(text.as_str())),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Binary(_))) => Err(Bye::Binary),
            Some(Ok(Message::Close(_))) => Err(Bye::Closed),
            Some(Err(error)) => Err(broken(error)),
            None => Err(Bye::Left),
        }
    }

    fn count(&mut self, now: Instant) -> Result<(), Bye> {
        let seconds = u32::try_from(now.duration_since(self.filled_at).as_secs()).unwrap_or(u32::MAX);
        if seconds > 0 {
            self.left = self.left.saturating_add(seconds.saturating_mul(SAYS_A_SECOND)).min(SAYS_AT_ONCE);
            self.filled_at = now;
        }
        self.left = self.left.checked_sub(1).ok_or(Bye::Talkative)?;
        Ok(())
    }
}

/// An object; an array would be read as one without names.
fn read(text: &str) -> Option<FromDesk> {
    text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
}

fn broken(error: axum::Error) -> Bye {
    match error.into_inner().downcast::<Broken>().map(|error| *error) {
        Ok(Broken::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Bye::Left,
        Ok(Broken::Protocol(_)) => Bye::Protocol,
        Ok(Broken::Utf8(_)) => Bye::NoText,
        Ok(Broken::Capacity(_)) => Bye::TooLong,
        _ => Bye::Left,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_session_that_is_still_being_looked_up_is_neither_waited_for_nor_asked_for_again() {
        let mut check = Check::default();
        assert!(check.answer().now_or_never().is_none(), "nobody asked");
        let (tell, told) = oneshot::channel::<bool>();
        check.ask(async { told.await.unwrap_or(true) });
        check.ask(async { panic!("asked twice") });
        for _ in 0..3 {
            assert!(check.answer().now_or_never().is_none());
        }
        tell.send(false).unwrap();
        assert_eq!(check.answer().now_or_never(), Some(false), "nothing is lost by having looked elsewhere");
        check.ask(async { true });
        assert_eq!(check.answer().now_or_never(), Some(true));
    }
}
