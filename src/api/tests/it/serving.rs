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

/// Never, as far as a test goes.
const LONG: Duration = Duration::from_secs(3_600);

const QUICK: Bounds =
    Bounds { head: Duration::from_millis(400), write: LONG, per_network: 3, in_all: 100, grace: LONG, drain: LONG };

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
    let served = served(&house, Bounds { head: LONG, ..QUICK }).await;
    let mut open = Vec::new();
    for _ in 0..QUICK.per_network {
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
async fn people_who_have_signed_in_do_not_count_for_their_address() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let served = served(&house, Bounds { head: LONG, per_network: 2, ..QUICK }).await;
    let look = format!("GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", seat.cookie);
    let mut office = Vec::new();
    for _ in 0..10 {
        let mut one = TcpStream::connect(served.address).await.unwrap();
        one.write_all(look.as_bytes()).await.unwrap();
        assert!(answer(&mut one).await.starts_with("HTTP/1.1 200"));
        office.push(one);
    }
}

#[tokio::test]
async fn there_is_a_bound_on_all_connections_together() {
    let house = House::new().await;
    let served = served(&house, Bounds { head: LONG, per_network: 100, in_all: 2, ..QUICK }).await;
    let (mut one, mut two) =
        (TcpStream::connect(served.address).await.unwrap(), TcpStream::connect(served.address).await.unwrap());
    ask(&mut one).await;
    ask(&mut two).await;
    let mut three = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(rest(&mut three).await, "");
    ask(&mut one).await;
}

/// A websocket of somebody who has signed in.
async fn desk(address: SocketAddr, cookie: &str) -> TcpStream {
    let mut desk = TcpStream::connect(address).await.unwrap();
    let upgrade = format!(
        "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: santral.v1\r\n\r\n"
    );
    desk.write_all(upgrade.as_bytes()).await.unwrap();
    assert!(answer(&mut desk).await.starts_with("HTTP/1.1 101"));
    desk
}

/// A new connection that is served, as soon as there is a place.
async fn served_soon(address: SocketAddr) -> TcpStream {
    let begun = Instant::now();
    loop {
        let mut next = TcpStream::connect(address).await.unwrap();
        if next.write_all(HEALTH).await.is_ok() && rest_of_one(&mut next).await.starts_with("HTTP/1.1 200") {
            return next;
        }
        assert!(begun.elapsed() < PATIENCE, "no place becomes free");
    }
}

#[tokio::test]
async fn a_connection_that_takes_nothing_of_its_answers_is_cut_and_its_place_is_free() {
    let house = House::new().await;
    let quick = Bounds { head: LONG, write: Duration::from_millis(300), in_all: 1, ..QUICK };
    let served = served(&house, quick).await;
    let mut deaf = TcpStream::connect(served.address).await.unwrap();
    // More answers than the buffers of both sides hold; whoever is cut while asking is cut as well.
    for _ in 0..1_000 {
        let asked = deaf.write_all(b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if !matches!(timeout(Duration::from_millis(50), asked).await, Ok(Ok(()))) {
            break;
        }
    }
    served_soon(served.address).await;
    let mut heard = Vec::new();
    let _reset = timeout(PATIENCE, deaf.read_to_end(&mut heard)).await.expect("the deaf one is still connected");
    assert!(!heard.is_empty());
}

#[tokio::test]
async fn a_desk_that_takes_nothing_is_cut_by_the_same_clock() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let served = served(&house, Bounds { write: Duration::from_millis(300), in_all: 1, ..QUICK }).await;
    let mut deaf = desk(served.address, &seat.cookie).await;
    let hello = br#"{"type":"hello","resume":null}"#;
    let mut frame = vec![0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(hello);
    deaf.write_all(&frame).await.unwrap();
    let large = "x".repeat(200 * 1024);
    for at in 0..200 {
        let event = api::board::DataEvent {
            id: format!("evt_{at}"),
            at: crate::house::now(),
            kind: "ticket.updated".to_owned(),
            subject: "ticket/tkt_1".to_owned(),
            rev: at,
            data: serde_json::json!({"body": large}),
        };
        house.board.send(api::board::BoardAsk::Data(event)).await.unwrap();
        tokio::task::yield_now().await;
    }
    served_soon(served.address).await;
}

#[tokio::test]
async fn when_all_places_are_taken_the_oldest_stranger_makes_room_and_who_has_signed_in_stays() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let bounds = Bounds { head: LONG, per_network: 100, in_all: 4, grace: Duration::ZERO, ..QUICK };
    let served = served(&house, bounds).await;
    let mut desk = desk(served.address, &seat.cookie).await;
    let mut reader = TcpStream::connect(served.address).await.unwrap();
    let look = format!("GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", seat.cookie);
    reader.write_all(look.as_bytes()).await.unwrap();
    assert!(answer(&mut reader).await.starts_with("HTTP/1.1 200"));
    let mut silent = TcpStream::connect(served.address).await.unwrap();
    let mut other = TcpStream::connect(served.address).await.unwrap();
    ask(&mut other).await;
    for _ in 0..20 {
        ask(&mut TcpStream::connect(served.address).await.unwrap()).await;
    }
    assert_eq!(rest(&mut silent).await, "", "the oldest stranger is shown out");
    reader.write_all(look.as_bytes()).await.unwrap();
    assert!(answer(&mut reader).await.starts_with("HTTP/1.1 200"), "who has signed in stays");
    desk.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.unwrap();
    let mut pong = [0; 2];
    timeout(PATIENCE, desk.read_exact(&mut pong)).await.expect("the desk is deaf").unwrap();
    assert_eq!(pong, [0x8a, 0]);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_refused_with_a_key_as_well_as_without() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let served = served(&house, QUICK).await;
    let mut begun = Vec::new();
    for key in ["", "Idempotency-Key: a\r\n"] {
        let mut slow = TcpStream::connect(served.address).await.unwrap();
        let head = format!(
            "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nX-Santral-CSRF: {}\r\n{key}\
             Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
            seat.cookie, seat.csrf
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        begun.push((key, slow));
    }
    for (key, mut slow) in begun {
        let mut part = [0; 64];
        let read = timeout(PATIENCE * 2, slow.read(&mut part)).await.expect("waited for for ever").unwrap();
        let said = String::from_utf8_lossy(&part[..read]).into_owned();
        assert!(said.starts_with("HTTP/1.1 408"), "{key}: {said}");
    }
}

#[tokio::test]
async fn bodies_that_do_not_come_take_no_place_of_those_who_change_something() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let served = served(&house, QUICK).await;
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut slow = TcpStream::connect(served.address).await.unwrap();
        let head = format!(
            "POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nX-Santral-CSRF: {}\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
            seat.cookie, seat.csrf
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        // The body is asked for: the request is as far as it gets.
        assert!(answer(&mut slow).await.starts_with("HTTP/1.1 100"));
        open.push(slow);
    }
    seat.post("/api/v1/tickets", serde_json::json!({"subject": "Bir"})).await.ok();
}

#[tokio::test]
async fn two_hosts_are_refused() {
    let house = House::new().await;
    let served = served(&house, QUICK).await;
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    socket.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(answer(&mut socket).await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_desk_does_not_count_for_its_address_but_it_counts_for_all() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let served = served(&house, Bounds { head: LONG, per_network: 1, in_all: 2, ..QUICK }).await;
    let _desk = desk(served.address, &seat.cookie).await;
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
    let served = served(&house, Bounds { head: LONG, ..QUICK }).await;
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
async fn half_a_request_and_an_answer_nobody_reads_hold_the_end_up_no_longer_than_the_bound() {
    let house = House::new().await;
    let served = served(&house, Bounds { head: LONG, drain: Duration::from_millis(200), ..QUICK }).await;
    let mut half = TcpStream::connect(served.address).await.unwrap();
    ask(&mut half).await;
    half.write_all(&HEALTH[..20]).await.unwrap();
    let mut deaf = TcpStream::connect(served.address).await.unwrap();
    for _ in 0..1_000 {
        let asked = deaf.write_all(b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if !matches!(timeout(Duration::from_millis(50), asked).await, Ok(Ok(()))) {
            break;
        }
    }
    served.end.send(()).unwrap();
    timeout(PATIENCE, served.task).await.expect("serving does not end").unwrap().unwrap();
    rest(&mut half).await;
}

#[tokio::test]
async fn a_stranger_who_takes_all_places_makes_room_for_one_from_elsewhere() {
    let house = House::new().await;
    let served = served(&house, Bounds { head: LONG, per_network: 100, in_all: 4, ..QUICK }).await;
    let mut flood = Vec::new();
    for _ in 0..4 {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut one = socket.connect(served.address).await.unwrap();
        ask(&mut one).await;
        flood.push(one);
    }
    ask(&mut TcpStream::connect(served.address).await.unwrap()).await;
    assert_eq!(rest(&mut flood[0]).await, "", "the oldest of the flood is shown out");
}

#[tokio::test]
async fn behind_a_proxy_the_one_who_asks_counts_and_its_connections_do_not() {
    let house = House::with(|setup| setup.https = true).await;
    let served = served(&house, Bounds { head: LONG, per_network: 1, ..QUICK }).await;
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
