//! One TCP connection: bytes in, whole messages on; whole messages in, bytes on; closed when it idles, stalls or lies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::frame::{FrameError, Framed, Framer, PONG};
use sip::parse::Limits;
use sip::user_agent::{Destination, Source, StreamId, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_util::sync::CancellationToken;

use super::super::{Intake, Wire, WireFigures};
use crate::clock;

/// A connection that has never brought a whole message is cut after this: it is a scanner or a dead peer.
const UNPROVEN: Duration = Duration::from_secs(32);

/// A message must be whole this long after its first byte.
const UNFINISHED: Duration = Duration::from_secs(10);

/// A phone keeps its connection open between calls by keep-alives or refreshes; longer silence means it is gone.
const IDLE: Duration = Duration::from_secs(3_900);

/// Most bytes of a keep-alive that wait for their other half.
const KEEP_ALIVE: usize = 3;

/// A peer that does not read what we write for so long is cut.
const WRITE: Duration = Duration::from_secs(10);

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(4);

/// What a connection needs to know of the rest.
pub(in crate::transport) struct Ends {
    /// Its number.
    pub stream: StreamId,
    /// The peer.
    pub remote: SocketAddr,
    /// Our listening address: what `Source::local` says.
    pub local: SocketAddr,
    /// To the switch.
    pub intake: Intake,
    /// To the table.
    pub closed: Sender<StreamId>,
    /// Counters.
    pub figures: Arc<WireFigures>,
    /// The end of everything.
    pub stop: CancellationToken,
}

/// Opens a connection and serves it.
pub async fn connect(destination: Destination, inbox: Receiver<Bytes>, ends: Ends) {
    match tokio::time::timeout(CONNECT, TcpStream::connect(destination.remote)).await {
        Ok(Ok(socket)) => run(socket, inbox, ends).await,
        Ok(Err(_)) | Err(_) => {
            let _ = ends.intake.news.send(Wire::Unreachable(destination)).await;
            let _ = ends.closed.send(ends.stream).await;
        }
    }
}

/// Serves an open connection until either side ends it.
pub async fn run(socket: TcpStream, mut inbox: Receiver<Bytes>, ends: Ends) {
    let _ = socket.set_nodelay(true);
    let (mut reader, mut writer) = socket.into_split();
    let (echo, mut echoes) = tokio::sync::mpsc::channel::<Bytes>(4);
    let reading = read(&mut reader, &echo, &ends);
    let writing = async {
        loop {
            let bytes = tokio::select! {
                Some(bytes) = inbox.recv() => bytes,
                Some(bytes) = echoes.recv() => bytes,
                else => return,
            };
            if !matches!(tokio::time::timeout(WRITE, writer.write_all(&bytes)).await, Ok(Ok(()))) {
                return;
            }
        }
    };
    tokio::select! {
        () = ends.stop.cancelled() => {}
        () = reading => {}
        () = writing => {}
    }
    let _ = tokio::time::timeout(Duration::from_millis(200), writer.shutdown()).await;
    let _ = ends.closed.send(ends.stream).await;
}

async fn read(reader: &mut (impl AsyncReadExt + Unpin), echo: &Sender<Bytes>, ends: &Ends) {
    let mut framer = Framer::new(Limits::default());
    let mut buffer = vec![0u8; 16_384];
    let mut patience = Patience { until: clock::instant() + UNPROVEN, unfinished: false };
    loop {
        let read = tokio::time::timeout_at(patience.until.into(), reader.read(&mut buffer));
        let Ok(Ok(length @ 1..)) = read.await else { return };
        framer.push(&buffer[..length]);
        for found in framer.by_ref() {
            match found {
                Ok(Framed::Message(bytes)) => {
                    patience = Patience { until: clock::instant() + IDLE, unfinished: false };
                    hand_over(ends, bytes).await;
                }
                // A pong that does not fit can be left out: the peer pings again.
                Ok(Framed::Ping) => drop(echo.try_send(Bytes::from_static(PONG))),
                Err(error) => return refuse(ends, error).await,
            }
        }
        patience.feel(framer.held());
    }
}

/// Until when the next bytes are waited for. A message has one deadline for all of it, so that a peer that sends a byte
/// now and then gains nothing.
struct Patience {
    until: Instant,
    unfinished: bool,
}

impl Patience {
    fn feel(&mut self, held: usize) {
        // Between messages a lone line end is a keep-alive, or half of one, and not the beginning of a message.
        if held > KEEP_ALIVE && !self.unfinished {
            self.unfinished = true;
            self.until = self.until.min(clock::instant() + UNFINISHED);
        }
    }
}

/// Waits when the switch is busy: then this connection is not read, and TCP slows its peer down.
async fn hand_over(ends: &Ends, bytes: Bytes) {
    ends.figures.received.fetch_add(1, Relaxed);
    let source =
        Source { transport: Transport::Tcp, local: ends.local, remote: ends.remote, stream: Some(ends.stream) };
    ends.intake.put(source, bytes).await;
}

async fn refuse(ends: &Ends, error: FrameError) {
    ends.figures.refused_streams.fetch_add(1, Relaxed);
    tracing::debug!(reason = error.reason, "SIP stream cut");
    if let Some(head) = error.head {
        hand_over(ends, head).await;
        // The refusal travels through the switch; without this breath the connection would be gone before it.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
