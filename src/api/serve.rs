//! Serving over a listener until told to stop, with bounds on what a stranger can hold open.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::middleware::map_request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use self::clocked::Clocked;
use self::guests::{Guest, Guests, Seat};
use crate::proxy;
use crate::state::ApiState;

mod clocked;
mod guests;

pub(crate) use guests::Guest as Visitor;

/// Largest head of a request, bytes; longer ones get 431. Each connection may hold so much.
const LARGEST_HEAD: usize = 16 * 1024;

/// After a failed accept (no descriptors left): breathe, so that connections in hand can close.
const BREATH: Duration = Duration::from_millis(50);

/// What one stranger, and all of them, may hold open.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The head of a request must be whole this long after the connection opened or the last answer left. A connection
    /// that is kept open for another request is closed after the same time.
    pub head: Duration,
    /// A connection that takes no byte of its answer for so long is cut.
    pub write: Duration,
    /// Connections of one network on which nobody has signed in. For a proxy on this machine, which is everybody, this is
    /// not looked at.
    pub per_network: usize,
    /// Connections in all, websockets too.
    pub in_all: usize,
    /// When all places are taken, a connection on which nobody has signed in makes room for a new one: the oldest of the
    /// network that holds more than the newcomer's, or else the oldest of all, if it is at least this old.
    pub grace: Duration,
    /// When serving ends, requests in progress may take so long.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            write: Duration::from_secs(10),
            per_network: 50,
            in_all: 2_000,
            grace: Duration::from_secs(2),
            drain: Duration::from_secs(3),
        }
    }
}

/// Serves until `shutdown` resolves; requests in progress are finished within a bound. Websockets end when the board ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: Arc<ApiState>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_within(listener, state, Bounds::default(), shutdown).await
}

/// [`serve`] with other bounds.
///
/// # Errors
/// When the listener fails.
pub async fn serve_within(
    listener: TcpListener,
    state: Arc<ApiState>,
    bounds: Bounds,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut router = crate::router::router(state.clone());
    if state.https {
        router = router.layer(map_request(proxy::name_the_asker));
    }
    let mut house = House::new(router, bounds, state.https);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = house.visits.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, remote)) => house.let_in(socket, remote),
                Err(error) => {
                    tracing::warn!(%error, "no connection to the page can be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
    drop(listener);
    house.finish().await;
    state.changes.finish().await;
    Ok(())
}

/// Who is in, and what they are served with.
struct House {
    router: Router,
    bounds: Bounds,
    builder: http1::Builder,
    guests: Guests,
    closing: CancellationToken,
    visits: JoinSet<()>,
}

impl House {
    fn new(router: Router, bounds: Bounds, proxied: bool) -> Self {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(LARGEST_HEAD);
        Self {
            router,
            bounds,
            builder,
            guests: Guests::new(bounds, proxied),
            closing: CancellationToken::new(),
            visits: JoinSet::new(),
        }
    }

    /// Serves a connection, or closes it at once when there are too many.
    fn let_in(&mut self, socket: TcpStream, remote: SocketAddr) {
        let seat = match self.guests.take(remote.ip()) {
            Ok(seat) => seat,
            Err(full) => {
                tracing::warn!(target: "security", event = full.word(), address = %remote.ip());
                return;
            }
        };
        let _ = socket.set_nodelay(true);
        let visit = Visit {
            builder: self.builder.clone(),
            router: self.router.clone(),
            remote,
            seat,
            write: self.bounds.write,
            closing: self.closing.clone(),
        };
        self.visits.spawn(visit.run(socket));
    }

    /// Nobody new; those who are in are answered and shown out. Whoever sends half a request or reads slowly is cut.
    async fn finish(mut self) {
        self.closing.cancel();
        let all = async { while self.visits.join_next().await.is_some() {} };
        if timeout(self.bounds.drain, all).await.is_err() {
            tracing::info!(cut = self.visits.len(), "connections to the page that did not end are cut");
            self.visits.shutdown().await;
        }
    }
}

/// One connection, until it closes, becomes a websocket or makes room for another.
struct Visit {
    builder: http1::Builder,
    router: Router,
    remote: SocketAddr,
    seat: Seat,
    write: Duration,
    closing: CancellationToken,
}

impl Visit {
    async fn run(self, socket: TcpStream) {
        let Self { builder, router, remote, seat, write, closing } = self;
        let Seat { of_network, place, guest } = seat;
        let leave = guest.told_to_leave();
        let socket = TokioIo::new(Clocked::new(socket, write, place));
        let service = service_fn(move |request| serve_one(router.clone(), remote, guest.clone(), request));
        let mut connection = pin!(builder.serve_connection(socket, service).with_upgrades());
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = leave.cancelled() => Ok(()),
            () = closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, address = %remote.ip(), "a connection to the page was cut");
        }
        drop(of_network);
    }
}

/// One request, with who asks.
async fn serve_one(
    mut router: Router,
    remote: SocketAddr,
    guest: Guest,
    mut request: hyper::Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(remote));
    request.extensions_mut().insert(guest);
    router.call(request).await
}
