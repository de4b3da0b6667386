//! SIP over TCP, RFC 3261 §18.3: one task owns the table of connections, each connection has a task of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use sip::user_agent::{Destination, StreamId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Intake, Wire, WireFigures, Wish};
use crate::clock;
use crate::tasks::Tasks;

mod connection;
mod strangers;

use strangers::Strangers;

struct Entry {
    remote: SocketAddr,
    outgoing: Sender<Bytes>,
    /// Whoever is at the other end has proven himself.
    proven: bool,
}

/// The open connections.
pub struct Table {
    most: usize,
    entries: HashMap<StreamId, Entry>,
    strangers: Strangers,
    next: u64,
    local: SocketAddr,
    intake: Intake,
    closed: Sender<StreamId>,
    closings: Option<Receiver<StreamId>>,
    figures: Arc<WireFigures>,
    tasks: Tasks,
}

/// Accepts, connects and routes until told to stop.
pub async fn serve(listener: TcpListener, mut table: Table, mut wishes: Receiver<Wish>) {
    let Some(mut closings) = table.closings.take() else { return };
    let stop = table.tasks.stopping();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(stream) = closings.recv() => table.forget(stream).await,
            Some(wish) = wishes.recv() => match wish {
                Wish::Send(destination, bytes) => table.send(destination, bytes),
                Wish::Trust(stream) => table.trust(stream),
            },
            accepted = listener.accept() => match accepted {
                Ok((socket, remote)) => table.accept(socket, remote),
                // Out of descriptors: breathe, so that the connections in hand can close.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
        }
    }
}

impl Table {
    /// No connections yet; at most `most` at the same time.
    pub fn new(local: SocketAddr, most: usize, intake: Intake, figures: Arc<WireFigures>, tasks: Tasks) -> Self {
        let (closed, closings) = channel(256);
        Self {
            most,
            entries: HashMap::new(),
            strangers: Strangers::default(),
            next: 1,
            local,
            intake,
            closed,
            closings: Some(closings),
            figures,
            tasks,
        }
    }

    fn accept(&mut self, socket: TcpStream, remote: SocketAddr) {
        if !self.has_room_for(remote) {
            return;
        }
        let (stream, inbox) = self.enter(remote);
        let wire = self.wire(stream, remote);
        self.tasks.start("sip-stream", connection::run(socket, inbox, wire));
    }

    /// Whether there is room; if not it is counted, and said now and then.
    fn has_room_for(&mut self, remote: SocketAddr) -> bool {
        let address = remote.ip();
        let full = if self.entries.len() >= self.most {
            "too many SIP connections in all: refused (limits.tcp_connections)"
        } else if !self.strangers.may_come(address) {
            "too many SIP connections from one network over which nobody has signed in: refused"
        } else {
            return true;
        };
        self.figures.refused_streams.fetch_add(1, Relaxed);
        if let Some(unsaid) = self.strangers.refused(clock::instant(), address) {
            tracing::warn!(%address, open = self.entries.len(), unsaid, "{full}");
        }
        false
    }

    /// The peer of that connection is one of ours; he counts among strangers no more.
    fn trust(&mut self, stream: StreamId) {
        if let Some(entry) = self.entries.get_mut(&stream).filter(|entry| !entry.proven) {
            entry.proven = true;
            self.strangers.leave(entry.remote.ip());
        }
    }

    fn send(&mut self, destination: Destination, bytes: Bytes) {
        let open = destination.stream.and_then(|stream| self.entries.get(&stream)).or_else(|| {
            self.entries.values().find(|entry| entry.remote == destination.remote && !entry.outgoing.is_closed())
        });
        if let Some(entry) = open {
            // A peer that does not read loses the message and then, by its own silence, the connection.
            if entry.outgoing.try_send(bytes).is_err() {
                self.figures.dropped.fetch_add(1, Relaxed);
            }
            return;
        }
        // A peer that asks and closes makes us open connections: those count too.
        if !self.has_room_for(destination.remote) {
            let _ = self.intake.news.try_send(Wire::Unreachable(destination));
            return;
        }
        let (stream, inbox) = self.enter(destination.remote);
        if let Some(entry) = self.entries.get(&stream) {
            let _ = entry.outgoing.try_send(bytes);
        }
        let wire = self.wire(stream, destination.remote);
        self.tasks.start("sip-connect", connection::connect(destination, inbox, wire));
    }

    fn enter(&mut self, remote: SocketAddr) -> (StreamId, Receiver<Bytes>) {
        let stream = StreamId(self.next);
        self.next += 1;
        let (outgoing, inbox) = channel(256);
        self.entries.insert(stream, Entry { remote, outgoing, proven: false });
        self.strangers.come(remote.ip());
        self.figures.open_streams.fetch_add(1, Relaxed);
        (stream, inbox)
    }

    fn wire(&self, stream: StreamId, remote: SocketAddr) -> connection::Ends {
        connection::Ends {
            stream,
            remote,
            local: self.local,
            intake: self.intake.clone(),
            closed: self.closed.clone(),
            figures: self.figures.clone(),
            stop: self.tasks.stopping(),
        }
    }

    async fn forget(&mut self, stream: StreamId) {
        if let Some(entry) = self.entries.remove(&stream) {
            self.figures.open_streams.fetch_sub(1, Relaxed);
            if !entry.proven {
                self.strangers.leave(entry.remote.ip());
            }
            let _ = self.intake.news.send(Wire::Closed(stream)).await;
        }
    }
}
