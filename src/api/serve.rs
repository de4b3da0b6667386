//! Serving over a listener until told to stop, with bounds on what a stranger can hold open.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::middleware::map_request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use self::counted::Counted;
use crate::proxy;
use crate::state::ApiState;

mod counted;

/// Largest head of a request, bytes; longer ones get 431.
const LARGEST_HEAD: usize = 64 * 1024;

/// After a failed accept (no descriptors left): breathe, so that connections in hand can close.
const BREATH: Duration = Duration::from_millis(50);

/// What one stranger, and all of them, may hold open.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The head of a request must be whole this long after the connection opened or the last answer left. A connection
    /// that is kept open for another request is closed after the same time.
    pub head: Duration,
    /// Connections of one address. A websocket no longer counts: whoever opened it has signed in. Behind a proxy, where
    /// all come from one address, this is not looked at.
    pub per_address: usize,
    /// Connections in all, websockets too.
    pub in_all: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { head: Duration::from_secs(10), per_address: 50, in_all: 2_000 }
    }
}

/// Serves until `shutdown` resolves; requests in progress are finished. Websockets end when the board ends.
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
    mut bounds: Bounds,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut router = crate::router::router(state.clone());
    if state.https {
        bounds.per_address = usize::MAX;
        router = router.layer(map_request(proxy::name_the_asker));
    }
    let mut house = House::new(router, bounds);
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
    Ok(())
}

/// Who is in, and what they are served with.
struct House {
    make: IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    bounds: Bounds,
    builder: http1::Builder,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    places: Arc<Semaphore>,
    closing: CancellationToken,
    visits: JoinSet<()>,
}

impl House {
    fn new(router: Router, bounds: Bounds) -> Self {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(LARGEST_HEAD);
        Self {
            make: router.into_make_service_with_connect_info(),
            bounds,
            builder,
            by_address: Arc::default(),
            places: Arc::new(Semaphore::new(bounds.in_all)),
            closing: CancellationToken::new(),
            visits: JoinSet::new(),
        }
    }

    /// Serves a connection, or closes it at once when there are too many.
    fn let_in(&mut self, socket: TcpStream, remote: SocketAddr) {
        let Some(seat) = Seat::take(&self.by_address, remote.ip(), self.bounds.per_address) else {
            tracing::debug!(target: "security", event = "too-many-connections", address = %remote.ip());
            return;
        };
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            tracing::warn!(target: "security", event = "all-connections-taken", address = %remote.ip());
            return;
        };
        let _ = socket.set_nodelay(true);
        let (builder, make, closing) = (self.builder.clone(), self.make.clone(), self.closing.clone());
        self.visits.spawn(async move {
            visit(builder, make, socket, remote, place, closing).await;
            drop(seat);
        });
    }

    /// Nobody new; those who are in are answered and shown out.
    async fn finish(mut self) {
        self.closing.cancel();
        while self.visits.join_next().await.is_some() {}
    }
}

/// One connection, until it closes or becomes a websocket.
async fn visit(
    builder: http1::Builder,
    mut make: IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    socket: TcpStream,
    remote: SocketAddr,
    place: OwnedSemaphorePermit,
    closing: CancellationToken,
) {
    let service: Result<_, Infallible> = make.call(remote).await;
    let Ok(service) = service;
    let socket = TokioIo::new(Counted::new(socket, place));
    let connection = builder.serve_connection(socket, TowerToHyperService::new(service)).with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, address = %remote.ip(), "a connection to the page was cut");
    }
}

/// One of the connections an address may have; given back when dropped.
struct Seat {
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Seat {
    fn take(by_address: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr, most: usize) -> Option<Self> {
        let mut counts = by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self { by_address: by_address.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
