//! Desks over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use api::board::BoardAsk;
use api::desk::DeskTimes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use store::{Role, UserPatch};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{AYSE, House, Story};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The daemon's timers, a hundred times faster.
const QUICK: DeskTimes = DeskTimes {
    hello: Duration::from_millis(100),
    ping: Duration::from_millis(150),
    dead: Duration::from_millis(600),
    session_check: Duration::from_millis(50),
    resend: Duration::from_millis(100),
    send: Duration::from_millis(500),
};

async fn served(house: &House) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(api::serve(listener, house.state.clone(), std::future::pending()));
    address
}

struct Desk(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn connect(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Desk, Box<Error>> {
    let mut request = format!("ws://{address}/api/v1/stream").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "santral.v1".parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (socket, _) = connect_async(request).await.map_err(Box::new)?;
    Ok(Desk(socket))
}

fn refused(result: Result<Desk, Box<Error>>) -> u16 {
    match result.map_err(|error| *error) {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the desk was let in"),
    }
}

impl Desk {
    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message, whatever it is.
    async fn hear(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("nothing was said") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(frame))) => return json!({"closed": frame.map(|frame| u16::from(frame.code))}),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return json!({"closed": null}),
            }
        }
    }

    /// The next message that is no ping.
    async fn news(&mut self) -> Value {
        loop {
            let message = self.hear().await;
            if message["type"] != "ping" {
                return message;
            }
        }
    }

    async fn greeted(mut self, resume: Option<u64>) -> (Self, Value, Value) {
        self.say(json!({"type": "hello", "resume": resume})).await;
        let (welcome, snapshot) = (self.news().await, self.news().await);
        assert_eq!((welcome["type"].as_str(), snapshot["type"].as_str()), (Some("welcome"), Some("snapshot")));
        (self, welcome, snapshot)
    }
}

#[tokio::test]
async fn a_desk_is_welcomed_shown_the_floor_and_rung() {
    let house = House::new().await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let desk = connect(address, &[("cookie", &seat.cookie), ("origin", &format!("http://{address}"))]).await.unwrap();
    let (mut desk, welcome, snapshot) = desk.greeted(None).await;
    assert_eq!(welcome["gap"], false);
    assert_eq!(
        snapshot["data"]["queues"],
        json!([{"queue": "destek", "waiting": 0, "longest_ms": 0, "waiting_since": null, "free": 0, "available": 0}])
    );
    assert_eq!(snapshot["data"]["agents"].as_array().unwrap().len(), 2);
    assert_eq!(snapshot["data"]["agent"]["status"], json!({"status": "off"}));
    let mut story = Story::new();
    house.happened(&[story.started(Some(AYSE), None), story.offered("zeynep")]).await;
    let ring = desk.news().await;
    assert_eq!((ring["type"].as_str(), ring["ack"].as_bool()), (Some("call.offered"), Some(true)));
    assert!(ring["seq"].as_u64() > welcome["seq"].as_u64());
    desk.say(json!({"type": "ack", "seq": ring["seq"]})).await;
    desk.say(json!({"type": "ping"})).await;
    assert_eq!(desk.news().await["type"], "pong");
}

#[tokio::test]
async fn a_new_ticket_is_on_the_other_desks_at_once() {
    let house = House::new().await;
    let (address, zeynep, murat) = (served(&house).await, house.sign_in("zeynep").await, house.sign_in("murat").await);
    let (mut desk, ..) = connect(address, &[("cookie", &murat.cookie)]).await.unwrap().greeted(None).await;
    let made = zeynep.post("/api/v1/tickets", json!({"subject": "Geç teslimat"})).await.ok();
    let event = desk.news().await;
    assert_eq!((event["type"].as_str(), &event["data"]), (Some("ticket.created"), &made));
    assert_eq!(
        (event["subject"].as_str(), event["rev"].as_i64()),
        (Some(format!("ticket/{}", made["id"].as_str().unwrap()).as_str()), made["rev"].as_i64())
    );
    zeynep.delete(&format!("/api/v1/tickets/{}?undo=true", made["id"].as_str().unwrap())).await;
    let gone = desk.news().await;
    assert_eq!(
        (gone["type"].as_str(), gone["rev"].as_i64()),
        (Some("ticket.deleted"), made["rev"].as_i64().map(|rev| rev + 1))
    );
}

#[tokio::test]
async fn a_stranger_and_another_site_are_refused_before_the_upgrade() {
    let house = House::new().await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    assert_eq!(refused(connect(address, &[]).await), 401);
    assert_eq!(refused(connect(address, &[("cookie", "santral_session=0000")]).await), 401);
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(refused(connect(address, &[("cookie", &seat.cookie), ("origin", origin)]).await), 403, "{origin}");
    }
    let other = [("cookie", seat.cookie.as_str()), ("sec-websocket-protocol", "chat")];
    assert_eq!(refused(connect(address, &other).await), 400);
}

#[tokio::test]
async fn a_desk_that_says_nothing_is_let_go() {
    let house = House::with(|setup| setup.desk_times = QUICK).await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let mut silent = connect(address, &[("cookie", &seat.cookie)]).await.unwrap();
    assert_eq!(silent.hear().await, json!({"type": "bye", "code": 4000, "reason": "no-hello"}));
    let (mut asleep, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    assert_eq!(asleep.hear().await, json!({"type": "ping"}));
    assert_eq!(asleep.news().await, json!({"type": "bye", "code": 4000, "reason": "silent"}));
    assert_eq!(asleep.hear().await, json!({"closed": 4000}));
}

#[tokio::test]
async fn a_desk_that_answers_pings_stays() {
    let house = House::with(|setup| setup.desk_times = QUICK).await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let (mut desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    // Eight pings are twice the time after which a silent desk is dead.
    for _ in 0..8 {
        assert_eq!(desk.hear().await["type"], "ping");
        desk.say(json!({"type": "pong"})).await;
    }
}

#[tokio::test]
async fn a_desk_is_closed_when_its_session_ends() {
    let house = House::with(|setup| {
        setup.desk_times = DeskTimes { session_check: QUICK.session_check, ..DeskTimes::default() }
    })
    .await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let (mut desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    seat.delete("/api/v1/session").await;
    assert_eq!(desk.news().await, json!({"type": "bye", "code": 4001, "reason": "signed-out"}));
    assert_eq!(desk.hear().await, json!({"closed": 4001}));
    assert_eq!(refused(connect(address, &[("cookie", &seat.cookie)]).await), 401);
}

#[tokio::test]
async fn a_desk_is_closed_when_its_person_may_do_less() {
    let house = House::with(|setup| {
        setup.desk_times = DeskTimes { session_check: QUICK.session_check, ..DeskTimes::default() }
    })
    .await;
    let (address, seat) = (served(&house).await, house.sign_in("selin").await);
    let (mut desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    let lowered = UserPatch { role: Some(Role::Agent), ..UserPatch::default() };
    house.store.user_patch(&house.user("selin").await.id, &lowered).await.unwrap();
    assert_eq!(desk.news().await["code"], 4001);
    assert_eq!(seat.get("/api/v1/recordings").await.code(), "forbidden");
}

#[test]
fn the_session_is_looked_at_often_enough_to_be_dead_in_five_seconds() {
    let times = DeskTimes::default();
    assert!(times.session_check + Duration::from_secs(1) <= Duration::from_secs(5));
    assert!(times.ping < times.dead);
}

#[tokio::test]
async fn a_ring_without_an_acknowledgement_is_sent_again_twice_at_most() {
    let times = DeskTimes { resend: QUICK.resend, ping: Duration::from_millis(700), ..DeskTimes::default() };
    let house = House::with(|setup| setup.desk_times = times).await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let (mut desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    let mut story = Story::new();
    house.happened(&[story.started(Some(AYSE), None), story.offered("zeynep")]).await;
    let first = desk.hear().await;
    assert_eq!(first["type"], "call.offered");
    assert_eq!((desk.hear().await, desk.hear().await), (first.clone(), first));
    assert_eq!(desk.hear().await["type"], "ping", "a third repetition would have come before the ping");
    house.happened(&[story.offered("zeynep")]).await;
    let ring = desk.hear().await;
    desk.say(json!({"type": "ack", "seq": ring["seq"]})).await;
    assert_eq!(desk.hear().await["type"], "ping", "an acknowledged ring is not repeated");
}

#[tokio::test]
async fn a_desk_that_comes_back_is_told_what_it_missed() {
    let house = House::new().await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let (desk, welcome, _) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    drop(desk);
    let made = seat.post("/api/v1/tickets", json!({"subject": "Bu arada"})).await.ok();
    let again = connect(address, &[("cookie", &seat.cookie)]).await.unwrap();
    let (mut again, back, _) = again.greeted(welcome["seq"].as_u64()).await;
    assert_eq!(back["gap"], false);
    assert_eq!(again.news().await["data"], made);
}

#[tokio::test]
async fn a_desk_that_does_not_read_is_told_and_cut_off() {
    let times = DeskTimes { send: Duration::from_millis(300), ..DeskTimes::default() };
    let house = House::with(|setup| setup.desk_times = times).await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let (mut desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    let large = "x".repeat(200 * 1024);
    let event = |at: usize| api::board::DataEvent {
        id: format!("evt_{at}"),
        at: crate::house::now(),
        kind: "ticket.updated".to_owned(),
        subject: "ticket/tkt_1".to_owned(),
        rev: at as u64,
        data: json!({"body": large}),
    };
    // 400 × 200 KB are more than the buffers of two sockets and the queue of 256 together.
    for at in 0..400 {
        house.board.send(BoardAsk::Data(event(at))).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut heard = 0;
    let last = loop {
        let message = desk.hear().await;
        if message["type"] != "ticket.updated" && message["type"] != "ping" {
            break message;
        }
        heard += 1;
    };
    assert!(heard < 400, "everything was delivered to a desk that did not read");
    assert!(
        last == json!({"type": "bye", "code": 4008, "reason": "slow"}) || last == json!({"closed": null}),
        "{last}"
    );
}

#[tokio::test]
async fn a_plain_request_to_the_stream_is_told_what_it_is() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let plain = seat.get("/api/v1/stream").await;
    assert_eq!((plain.code().as_str(), plain.header("upgrade")), ("websocket-expected", "websocket"));
}

#[tokio::test]
async fn the_desks_hear_of_a_missed_call_as_a_callback_and_of_its_end() {
    let house = House::new().await;
    let address = served(&house).await;
    let seat = house.sign_in("murat").await;
    let (mut desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    let mut story = Story::new();
    house.happened(&story.abandoned("+905051112233", "destek")).await;
    let made = desk.news().await;
    assert_eq!(made["type"], "callback.created");
    assert_eq!((made["data"]["display"].as_str(), made["data"]["misses"].as_i64()), (Some("0505 111 22 33"), Some(1)));
    let mut later = Story::new();
    house.happened(&later.talked("+905051112233", "zeynep")).await;
    let ended = desk.news().await;
    assert_eq!(ended["type"], "callback.updated");
    assert_eq!(
        (ended["subject"].as_str(), ended["data"]["outcome"].as_str()),
        (made["subject"].as_str(), Some("reached"))
    );
}

/// What the desk hears last: the code of the close.
async fn closed_with(desk: &mut Desk) -> Value {
    loop {
        let message = desk.hear().await;
        if message.get("closed").is_some() {
            return message["closed"].clone();
        }
    }
}

async fn welcomed(house: &House) -> Desk {
    let (address, seat) = (served(house).await, house.sign_in("zeynep").await);
    let (desk, ..) = connect(address, &[("cookie", &seat.cookie)]).await.unwrap().greeted(None).await;
    desk
}

#[tokio::test]
async fn a_desk_that_comes_from_the_future_is_told_that_it_may_have_missed_something() {
    let house = House::new().await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    for ahead in [1, 1_000, u64::MAX / 2] {
        let desk = connect(address, &[("cookie", &seat.cookie)]).await.unwrap();
        let (_, welcome, _) = desk.greeted(None).await;
        let desk = connect(address, &[("cookie", &seat.cookie)]).await.unwrap();
        let (_, again, _) = desk.greeted(welcome["seq"].as_u64().map(|seq| seq.saturating_add(ahead))).await;
        assert_eq!(again["gap"], true, "{ahead} ahead");
    }
}

#[tokio::test]
async fn a_goodbye_is_answered_with_a_goodbye() {
    let house = House::new().await;
    let mut desk = welcomed(&house).await;
    desk.0.close(None).await.unwrap();
    let last = timeout(PATIENCE, desk.0.next()).await.expect("no answer");
    assert!(matches!(last, Some(Ok(Message::Close(_)))), "{last:?}");
}

#[tokio::test]
async fn what_breaks_the_protocol_is_told_by_its_code() {
    use tokio::io::AsyncWriteExt;
    // Masked with nought, so that the bytes are what they look like.
    let cases: [(&str, Vec<u8>, u16); 5] = [
        ("a reserved opcode", vec![0x83, 0x80, 0, 0, 0, 0], 1002),
        ("an unmasked frame", vec![0x81, 0x02, b'{', b'}'], 1002),
        ("bytes", vec![0x82, 0x81, 0, 0, 0, 0, 7], 1003),
        ("no UTF-8", vec![0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], 1007),
        ("a giant", [vec![0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], vec![b'x'; 65_536]].concat(), 1009),
    ];
    for (name, bytes, code) in cases {
        let house = House::new().await;
        let mut desk = welcomed(&house).await;
        let MaybeTlsStream::Plain(socket) = desk.0.get_mut() else { panic!("plain") };
        socket.write_all(&bytes).await.unwrap();
        assert_eq!(closed_with(&mut desk).await, code, "{name}");
    }
}

#[tokio::test]
async fn a_desk_that_talks_without_end_is_cut_and_one_that_talks_now_and_then_is_not() {
    let house = House::new().await;
    let mut desk = welcomed(&house).await;
    for _ in 0..40 {
        desk.say(json!({"type": "ping"})).await;
        assert_eq!(desk.news().await["type"], "pong");
    }
    for _ in 0..10_000 {
        if desk.0.send(Message::text(r#"{"type":"pong"}"#)).await.is_err() {
            break;
        }
    }
    let last = closed_with(&mut desk).await;
    assert!(last == 1008 || last.is_null(), "{last}");
}

#[tokio::test]
async fn an_array_is_no_message() {
    let house = House::new().await;
    let (address, seat) = (served(&house).await, house.sign_in("zeynep").await);
    let mut desk = connect(address, &[("cookie", &seat.cookie)]).await.unwrap();
    desk.say(json!(["hello", null])).await;
    desk.say(json!({"type": "hello"})).await;
    assert_eq!(desk.news().await["type"], "welcome");
}
