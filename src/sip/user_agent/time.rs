//! Time and the network's own news: deadlines, closed connections, unreachable peers.

use std::time::Instant;

use super::{Destination, DialogId, Due, StreamId, Transport, UserAgent};
use crate::transaction::ServerInput;

impl UserAgent {
    /// Time has passed. Everything due at `now` is done.
    pub fn tick(&mut self, now: Instant) {
        while let Some(due) = self.agenda.pop_due(now) {
            match due {
                Due::Client(key) => self.client_time(now, key),
                Due::Server(key) => self.drive_server(now, key, ServerInput::Time),
                Due::Session(id) => self.session_time(now, id),
            }
        }
    }

    /// When `tick` is to be called next.
    pub fn deadline(&self) -> Option<Instant> {
        self.agenda.next()
    }

    fn session_time(&mut self, now: Instant, id: DialogId) {
        self.answer_time(now, id);
        self.ringing_time(now, id);
        self.advance_offer(now, id);
        self.schedule_session(id);
    }

    /// Puts a call's next instant on the agenda.
    pub(super) fn schedule_session(&mut self, id: DialogId) {
        let deadline = self.sessions.get(&id).and_then(|session| session.deadline());
        self.agenda.set(Due::Session(id), deadline);
    }

    /// A message to there could not be sent (connection refused, ICMP, no route). Requests nobody has answered yet fail at
    /// once; those already heard of go on.
    pub fn unreachable(&mut self, now: Instant, destination: Destination) {
        self.fail_unheard(now, destination);
    }

    /// A TCP connection is gone. Requests sent on it that nobody has answered yet fail at once. Responses and later
    /// requests open a new connection.
    pub fn stream_closed(&mut self, now: Instant, stream: StreamId) {
        let on_stream =
            |destination: &Destination| destination.transport == Transport::Tcp && destination.stream == Some(stream);
        let hit: Vec<Destination> = self.unheard_destinations().filter(on_stream).collect();
        for destination in hit {
            self.fail_unheard(now, destination);
        }
    }
}
