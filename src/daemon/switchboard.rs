//! The one task that owns the switch: news in, decisions out. It never waits for anything but news and deadlines.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::board::BoardAsk;
use api::switch::SwitchAsk;
use crm::card::Caller;
use media::order::{Heard, StreamKey};
use pbx::contract::{Asked, Input, Output, Refusal, Registration, Status};
use pbx::event::Event;
use pbx::exchange::Exchange;
use pbx::id::{CallId, Extension, UserId};
use pbx::plan::Plan;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::oneshot;

use crate::alarm::Alarms;
use crate::clock;
use crate::latest::Latest;
use crate::media::MediaThreads;
use crate::metrics::{Signalling, SwitchFigures};
use crate::spill::Spill;
use crate::transport::{Sockets, Wire};
use crate::vitals::{Pulse, Vitals};

/// How long the end waits for the writer of registrations.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// At most this much news is taken in before the outputs are carried out, so that no answer waits behind a flood.
const BATCH: usize = 64;

/// What others may want of the switchboard besides commands.
#[derive(Debug)]
pub enum Order {
    /// A look-up came back.
    Found(CallId, Box<Caller>),
    /// What a person had chosen before the daemon was started again.
    Status(UserId, Status),
    /// A new configuration.
    Plan(Arc<Plan>),
    /// Take no new calls.
    Drain,
    /// Hang up what is left.
    HangUpAll,
    /// Answered when no call is left.
    WhenEmpty(oneshot::Sender<()>),
}

/// The receiving ends of the switchboard.
pub struct Inbox {
    /// From the SIP sockets.
    pub wire: Receiver<Wire>,
    /// From the media threads.
    pub heard: Receiver<(StreamKey, Heard)>,
    /// From people.
    pub asks: Receiver<SwitchAsk>,
    /// From the rest of the daemon.
    pub orders: Receiver<Order>,
}

/// The sending ends of the switchboard.
pub struct Outbox {
    /// SIP.
    pub sockets: Sockets,
    /// Sound.
    pub media: Arc<MediaThreads>,
    /// Events for the desks.
    pub board: Spill<BoardAsk>,
    /// Events for the database.
    pub journal: Spill<Event>,
    /// Where phones are registered, for the database.
    pub registrations: Latest<Extension, Vec<Registration>>,
    /// Questions about callers. Lost when the look-up is overloaded: the deadline decides then.
    pub lookup: Sender<(CallId, Asked)>,
    /// Where recordings live.
    pub recordings: PathBuf,
    /// The business's zone, for the day folders.
    pub zone: jiff::tz::TimeZone,
    /// Figures for `/metrics`.
    pub figures: Arc<SwitchFigures>,
    /// What `/health` looks at.
    pub vitals: Arc<Vitals>,
}

/// The task.
pub struct Switchboard {
    exchange: Exchange,
    outbox: Outbox,
    replies: HashMap<u64, oneshot::Sender<Result<(), Refusal>>>,
    next_ticket: u64,
    pressed: bool,
    when_empty: Vec<oneshot::Sender<()>>,
    alarms: Alarms,
}

impl Switchboard {
    /// With the configuration it starts with. `held` are RTP ports that other programs hold now.
    pub fn new(plan: Arc<Plan>, seed: u64, outbox: Outbox, held: &[u16]) -> Self {
        let mut exchange = Exchange::new(plan, seed, clock::now());
        exchange.avoid_ports(clock::now(), held);
        Self {
            exchange,
            outbox,
            replies: HashMap::new(),
            next_ticket: 1,
            pressed: false,
            when_empty: Vec::new(),
            alarms: Alarms::default(),
        }
    }

    /// Before it runs: where phones were registered when the last run ended.
    pub fn restore(&mut self, known: &[(Extension, Vec<Registration>)]) {
        for (extension, places) in known {
            places.iter().for_each(|place| self.exchange.restore_registration(clock::now(), extension, place));
        }
    }

    /// Serves until the orders' sender is gone.
    pub async fn run(mut self, mut inbox: Inbox) {
        self.carry_out();
        loop {
            let wake = self.wake_at();
            tokio::select! {
                biased;
                order = inbox.orders.recv() => match order {
                    Some(order) => self.take_order(order),
                    None => break,
                },
                Some((key, heard)) = inbox.heard.recv() => self.take_heard(key, heard),
                Some(ask) = inbox.asks.recv() => self.take_ask(ask),
                Some(wire) = inbox.wire.recv() => self.take_wire(wire),
                () = tokio::time::sleep_until(wake.into()) => {}
            }
            self.take_more(&mut inbox);
            self.exchange.handle(clock::now(), Input::Tick);
            self.carry_out();
            self.feel_pressure();
        }
        self.last_words(inbox).await;
    }

    /// The end: what the media threads still had to say ("recorded, so long"), then what is still kept for the journal.
    async fn last_words(mut self, mut inbox: Inbox) {
        while let Ok((key, heard)) = inbox.heard.try_recv() {
            self.take_heard(key, heard);
            self.carry_out();
        }
        // Phones register again by themselves; calls do not happen again.
        let vitals = self.outbox.vitals;
        self.outbox.journal.finish(|left| vitals.unsent(left)).await;
        if tokio::time::timeout(LAST_WORDS, self.outbox.registrations.finish()).await.is_err() {
            tracing::warn!("the last registrations are not kept");
        }
    }

    fn wake_at(&self) -> std::time::Instant {
        let now = clock::instant();
        let limit = if self.outbox.journal.is_behind() || self.outbox.board.is_behind() {
            Duration::from_millis(5)
        } else {
            Duration::from_secs(1)
        };
        self.exchange.deadline().map_or(now + limit, |deadline| deadline.min(now + limit))
    }

    /// What else is already there is taken without going to sleep in between.
    fn take_more(&mut self, inbox: &mut Inbox) {
        for _ in 0..BATCH {
            if let Ok((key, heard)) = inbox.heard.try_recv() {
                self.take_heard(key, heard);
            } else if let Ok(wire) = inbox.wire.try_recv() {
                self.take_wire(wire);
            } else {
                return;
            }
            self.carry_out();
        }
    }

    fn take_heard(&mut self, key: StreamKey, heard: Heard) {
        self.exchange.handle(clock::now(), Input::Media(key, heard));
    }

    fn take_wire(&mut self, wire: Wire) {
        let input = match wire {
            Wire::Message(source, bytes, _room) => Input::Datagram(source, bytes),
            Wire::Closed(stream) => Input::StreamClosed(stream),
            Wire::Unreachable(destination) => Input::Unreachable(destination),
        };
        self.exchange.handle(clock::now(), input);
    }

    fn take_ask(&mut self, ask: SwitchAsk) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.replies.insert(ticket, ask.reply);
        self.exchange.handle(clock::now(), Input::Command { ticket, by: ask.by, command: ask.command });
    }

    fn take_order(&mut self, order: Order) {
        let input = match order {
            Order::Found(call, caller) => Input::Found(call, caller),
            Order::Plan(plan) => Input::Plan(plan),
            Order::Drain => Input::Drain,
            Order::HangUpAll => Input::HangUpAll,
            Order::Status(user, status) => return self.exchange.restore_status(clock::now(), &user, status),
            Order::WhenEmpty(reply) => return self.when_empty.push(reply),
        };
        self.exchange.handle(clock::now(), input);
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Send(destination, bytes) => self.outbox.sockets.send(destination, bytes),
                Output::Media(group, key, order) => self.outbox.media.order(group, key, order),
                Output::NameRecording(group, call) => {
                    let path = crate::recordings::path(&self.outbox.recordings, &call, &self.outbox.zone);
                    self.outbox.media.name_recording(group, path);
                }
                Output::Ask(call, asked) => {
                    let _ = self.outbox.lookup.try_send((call, asked));
                }
                Output::Event(event) => self.tell(event),
                Output::WrongSecret(wrong) => self.alarms.wrong_secret(clock::instant(), &wrong),
                Output::Proven(stream) => self.outbox.sockets.trust(stream),
                Output::Registered(extension, places) => self.outbox.registrations.put(extension, places),
                Output::Reply(ticket, result) => {
                    if let Some(reply) = self.replies.remove(&ticket) {
                        let _ = reply.send(result);
                    }
                }
            }
        }
    }

    fn tell(&mut self, event: Event) {
        self.outbox.figures.count(&event);
        self.outbox.board.push(BoardAsk::Event(Box::new(event.clone())));
        self.outbox.journal.push(event);
    }

    fn pulse(&self) -> Pulse {
        let plan = self.exchange.plan();
        Pulse {
            calls: self.exchange.calls_active(),
            registered: plan.extensions.keys().filter(|number| self.exchange.registered(number)).count(),
            agents_available: self.exchange.agents().filter(|agent| agent.is_free()).count(),
            waiting: plan.queues.keys().map(|queue| (queue.to_string(), self.exchange.waiting(queue))).collect(),
        }
    }

    fn feel_pressure(&mut self) {
        self.outbox.board.flush();
        self.outbox.journal.flush();
        self.outbox.registrations.flush();
        let pressed = self.outbox.journal.is_pressed(self.pressed) || self.outbox.board.is_pressed(self.pressed);
        if pressed != self.pressed {
            self.pressed = pressed;
            self.outbox.vitals.press(pressed);
            tracing::warn!(pressed, "journal pressure changed; new calls are refused while it is on");
            self.exchange.handle(clock::now(), Input::Pressure(pressed));
            self.carry_out();
        }
        self.outbox.figures.set_active(self.exchange.calls_active(), self.exchange.lent_ports());
        let (tally, door) = (self.exchange.sip_tally().clone(), self.exchange.door());
        self.outbox.figures.set_signalling(Signalling { tally, door });
        self.outbox.vitals.feel(|| self.pulse());
        if self.exchange.calls_active() == 0 {
            for reply in self.when_empty.drain(..) {
                let _ = reply.send(());
            }
        }
    }
}
