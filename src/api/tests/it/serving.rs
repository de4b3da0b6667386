//! What a stranger can hold open, over real sockets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api::serve::{Bounds, serve_within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::house::House;

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);

const QUICK: Bounds = Bounds { head: Duration::from_millis(400), per_address: 3, in_all: 100 };

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Served {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

async fn served(house: &House, bounds: Bounds) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let stop = async move { drop(ended.await) };
    let task = tokio::spawn(serve_within(listener, house.state.clone(), bounds, stop));
    Served { address, end, task }
}

/// Everything until the connection closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let read = timeout(PATIENCE, socket.read_to_end(&mut heard)).await.expect("the connection stays open");
    // A connection that is closed with bytes unread is reset, which is an end too.
    drop(read);
    String::from_utf8_lossy(&heard).into_owned()
}

/// One answer with a body of known length; the connection stays open.
async fn answer(socket: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let mut part = [0; 4096];
        let read = timeout(PATIENCE, socket.read(&mut part)).await.expect("no answer").unwrap();
        assert!(read > 0, "closed after {text:?}");
        heard.extend_from_slice(&part[..read]);
    }
}

async fn ask(socket: &mut TcpStream) -> String {
    socket.write_all(HEALTH).await.unwrap();
    answer(socket).await
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_and_an_idle_connection_are_cut_and_others_are_served_meanwhile() {
    let house = House::new().await;
    let served = served(&house, QUICK).await;
    let begun = Instant::now();
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    let (mut slow_reader, mut slow) = TcpStream::connect(served.address).await.unwrap().into_split();
    let dripping = tokio::spawn(async move {
        for byte in HEALTH.iter().cycle().filter(|byte| **byte != b'\n') {
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut other = TcpStream::connect(served.address).await.unwrap();
    assert!(ask(&mut other).await.starts_with("HTTP/1.1 200"));
    assert!(ask(&mut other).await.starts_with("HTTP/1.1 200"), "a connection is good for more than one request");
    rest(&mut idle).await;
    let mut heard = Vec::new();
    let _reset = timeout(PATIENCE, slow_reader.read_to_end(&mut heard)).await.expect("a slow head is not cut");
    assert!(begun.elapsed() >= QUICK.head, "cut before its time");
    rest(&mut other).await;
    dripping.abort();
}

#[tokio::test]
async fn an_address_with_too_many_connections_gets_no_more_until_one_closes() {
    let house = House::new().await;
    let served = served(&house, Bounds { head: PATIENCE * 2, ..QUICK }).await;
    let mut open = Vec::new();
    for _ in 0..QUICK.per_address {
        let mut one = TcpStream::connect(served.address).await.unwrap();
        ask(&mut one).await;
        open.push(one);
    }
    let mut refused = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(rest(&mut refused).await, "");
    drop(open.pop());
    let begun = Instant::now();
    loop {
        let mut next = TcpStream::connect(served.address).await.unwrap();
        if next.write_all(HEALTH).await.is_ok() && rest_of_one(&mut next).await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "a closed connection is never forgotten");
    }
    ask(&mut open[0]).await;
}

/// What the first read brings; empty when the connection was closed.
async fn rest_of_one(socket: &mut TcpStream) -> String {
    let mut part = [0; 4096];
    let read = timeout(PATIENCE, socket.read(&mut part)).await.expect("neither answered nor closed").unwrap_or(0);
    String::from_utf8_lossy(&part[..read]).into_owned()
}

#[tokio::test]
async fn there_is_a_bound_on_all_connections_together() {
    let house = House::new().await;
    let served = served(&house, Bounds { head: PATIENCE * 2, per_address: 100, in_all: 2 }).await;
    let (mut one, mut two) =
        (TcpStream::connect(served.address).await.unwrap(), TcpStream::connect(served.address).await.unwrap());
    ask(&mut one).await;
    ask(&mut two).await;
    let mut three = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(rest(&mut three).await, "");
    ask(&mut one).await;
}

#[tokio::test]
async fn a_desk_does_not_count_for_its_address_but_it_counts_for_all() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let served = served(&house, Bounds { head: PATIENCE * 2, per_address: 1, in_all: 2 }).await;
    let mut desk = TcpStream::connect(served.address).await.unwrap();
    let upgrade = format!(
        "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: santral.v1\r\n\r\n",
        seat.cookie
    );
    desk.write_all(upgrade.as_bytes()).await.unwrap();
    assert!(answer(&mut desk).await.starts_with("HTTP/1.1 101"));
    let begun = Instant::now();
    let mut one = loop {
        let mut next = TcpStream::connect(served.address).await.unwrap();
        if next.write_all(HEALTH).await.is_ok() && rest_of_one(&mut next).await.starts_with("HTTP/1.1 200") {
            break next;
        }
        assert!(begun.elapsed() < PATIENCE, "the desk still takes its address's place");
    };
    ask(&mut one).await;
    drop(one);
}

#[tokio::test]
async fn a_giant_head_is_refused() {
    let house = House::new().await;
    let served = served(&house, QUICK).await;
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    let head = [b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ".as_slice(), &[b'a'; 200_000], b"\r\n\r\n"].concat();
    let _reset = socket.write_all(&head).await;
    let said = rest(&mut socket).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    let mut other = TcpStream::connect(served.address).await.unwrap();
    assert!(ask(&mut other).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_request_in_progress_is_answered_before_serving_ends_and_an_idle_connection_holds_nobody_up() {
    let house = House::new().await;
    let served = served(&house, Bounds { head: PATIENCE * 2, ..QUICK }).await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    ask(&mut idle).await;
    let mut busy = TcpStream::connect(served.address).await.unwrap();
    let body = r#"{"name":"nobody","password":"nothing"}"#;
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    // The body is asked for: the request is in the hands of its route.
    assert!(answer(&mut busy).await.starts_with("HTTP/1.1 100"));
    served.end.send(()).unwrap();
    assert_eq!(rest(&mut idle).await, "");
    busy.write_all(body.as_bytes()).await.unwrap();
    assert!(rest(&mut busy).await.starts_with("HTTP/1.1 401"));
    timeout(PATIENCE, served.task).await.expect("serving does not end").unwrap().unwrap();
}

#[tokio::test]
async fn behind_a_proxy_the_one_who_asks_counts_and_its_connections_do_not() {
    let house = House::with(|setup| setup.https = true).await;
    let served = served(&house, Bounds { head: PATIENCE * 2, per_address: 1, in_all: 100 }).await;
    let mut sockets = Vec::new();
    for (forwarded, status) in [("198.51.100.7", "403"), ("127.0.0.1, 198.51.100.7", "403"), ("127.0.0.1", "200")] {
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {forwarded}\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let said = answer(&mut socket).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{forwarded}: {said}");
        sockets.push(socket);
    }
}
