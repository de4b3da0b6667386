//! A whole API with a store of its own, a switch that only answers, and a board.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use api::board::{Board, BoardAsk, BoardDoor, Person};
use api::desk::DeskTimes;
use api::plan_view::{ExtensionView, MenuView, PlanView, QueueView};
use api::{ApiSetup, ApiState, Business, Health, HealthStatus, Switch, SwitchAsk};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use pbx::contract::{Actor, Command, Refusal};
use pbx::event::{Direction, Event, What};
use pbx::id::{CallId, Extension, MenuId, QueueId, UserId};
use serde_json::Value;
use store::{NewUser, Role, Store, User};
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

pub const PASSWORD: &str = "Kız Kulesi 1847";
pub const AYSE: &str = "+905321112233";

thread_local! {
    /// 2026-11-22T14:05:00+03:00, µs UTC; each test has its own clock.
    static CLOCK: Cell<i64> = const { Cell::new(1_795_345_500_000_000) };
}

pub fn now() -> i64 {
    CLOCK.get()
}

pub fn pass(time: Duration) {
    CLOCK.set(CLOCK.get() + i64::try_from(time.as_micros()).unwrap());
}

pub struct House {
    pub state: Arc<ApiState>,
    pub app: Router,
    pub store: Store,
    pub board: mpsc::Sender<BoardAsk>,
    pub callbacks: mpsc::Sender<String>,
    pub asked: Arc<Mutex<Vec<(Actor, Command)>>>,
    pub refusal: Arc<Mutex<Option<Refusal>>>,
    pub dir: Dir,
}

/// A directory that goes away with the test.
pub struct Dir(pub PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

impl House {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut ApiSetup)) -> Self {
        let dir = Dir(std::env::temp_dir().join(format!("santral-api-{}", uuid::Uuid::now_v7())));
        let recordings = dir.0.join("recordings");
        std::fs::create_dir_all(&recordings).unwrap();
        let store = Store::open(&format!("sqlite:{}", dir.0.join("db.sqlite").display())).await.unwrap();
        let users = staff(&store).await;
        let business = Business::new("Yıldız Teknik", "Europe/Istanbul", true).unwrap();
        let (board, board_asks) = mpsc::channel(64);
        tokio::spawn(api::board::run(Board::new(business.zone.clone(), now()), board_asks));
        let plan = Arc::new(plan());
        board.send(BoardAsk::People(users.iter().map(Person::from).collect())).await.unwrap();
        board.send(BoardAsk::Plan(plan.clone())).await.unwrap();
        let (asked, refusal) = (Arc::default(), Arc::default());
        let switch = answering(Arc::clone(&asked), Arc::clone(&refusal));
        let mut setup = ApiSetup {
            store: store.clone(),
            switch,
            board: BoardDoor::new(board.clone()),
            plan: watch::channel(plan).1,
            recordings,
            business,
            clock: now,
            https: false,
            hosts: vec!["santral.example".to_owned()],
            health: Arc::new(|| Health { status: HealthStatus::Ok, checks: BTreeMap::new() }),
            metrics: Arc::new(|| "santral_calls_active 3\n".to_owned()),
            metrics_public: false,
            desk_times: DeskTimes::default(),
        };
        change(&mut setup);
        let state = ApiState::new(setup);
        let app = api::router(state.clone());
        let (callbacks, changed) = mpsc::channel(64);
        tokio::spawn(api::follow_callbacks(state.clone(), changed));
        Self { state, app, store, board, callbacks, asked, refusal, dir }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// A request of nobody.
    pub async fn plain(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.send(request(method, path, body)).await
    }

    /// Signs in with the password.
    pub async fn sign_in(&self, name: &str) -> Seat<'_> {
        let body = serde_json::json!({"name": name, "password": PASSWORD});
        let reply = self.plain(Method::POST, "/api/v1/session", Some(body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let cookie = reply.cookie();
        let csrf = reply.json()["csrf"].as_str().unwrap().to_owned();
        Seat { house: self, cookie, csrf }
    }

    pub async fn user(&self, name: &str) -> User {
        self.store.user_by_name(name).await.unwrap().unwrap()
    }

    /// Keeps events, as the journal does, and tells the board of them.
    pub async fn happened(&self, events: &[Event]) {
        for id in self.store.journal_write(events).await.unwrap() {
            self.callbacks.send(id).await.unwrap();
        }
        self.heard(events).await;
    }

    /// Tells the board of events that the journal has not written yet.
    pub async fn heard(&self, events: &[Event]) {
        for event in events {
            self.board.send(BoardAsk::Event(Box::new(event.clone()))).await.unwrap();
        }
    }
}

/// A signed-in browser.
pub struct Seat<'a> {
    pub house: &'a House,
    pub cookie: String,
    pub csrf: String,
}

impl Seat<'_> {
    pub async fn get(&self, path: &str) -> Reply {
        self.send(request(Method::GET, path, None)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(request(Method::POST, path, Some(body))).await
    }

    pub async fn poke(&self, path: &str) -> Reply {
        self.send(request(Method::POST, path, None)).await
    }

    pub async fn patch(&self, path: &str, rev: Option<i64>, body: Value) -> Reply {
        let mut request = request(Method::PATCH, path, Some(body));
        if let Some(rev) = rev {
            request.headers_mut().insert("if-match", rev.to_string().parse().unwrap());
        }
        self.send(request).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(request(Method::DELETE, path, None)).await
    }

    pub async fn with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let mut request = request(method, path, body);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        self.send(request).await
    }

    async fn send(&self, mut request: Request<Body>) -> Reply {
        let headers = request.headers_mut();
        headers.insert("cookie", self.cookie.parse().unwrap());
        headers.entry("x-santral-csrf").or_insert(self.csrf.parse().unwrap());
        self.house.send(request).await
    }
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text());
        self.json()["code"].as_str().unwrap().to_owned()
    }

    /// A header's text, empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, which must be a success.
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    pub fn cookie(&self) -> String {
        let whole = self.headers["set-cookie"].to_str().unwrap();
        whole.split(';').next().unwrap().to_owned()
    }
}

pub fn request(method: Method, path: &str, body: Option<Value>) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header("host", "localhost:8080");
    let builder = builder.header("accept-language", "en").header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut request = builder.body(body).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
    request
}

async fn staff(store: &Store) -> Vec<User> {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| api::hash_password(PASSWORD).unwrap());
    let people = [
        ("zeynep", "Zeynep Kaya", Role::Agent, Some("101")),
        ("murat", "Murat Demir", Role::Agent, Some("102")),
        ("selin", "Selin Arslan", Role::Supervisor, None),
        ("yonetici", "Yönetici", Role::Admin, None),
    ];
    for (name, display_name, role, extension) in people {
        let new = NewUser {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            role,
            extension: extension.map(str::to_owned),
            password_hash: Some(hash.clone()),
            language: "en".to_owned(),
        };
        store.user_insert(&new, now()).await.unwrap();
    }
    store.users_list().await.unwrap()
}

fn plan() -> PlanView {
    let queue = |id: &str, tr: &str, en: &str, member: &str| QueueView {
        id: QueueId::new(id),
        name: [("tr".to_owned(), tr.to_owned()), ("en".to_owned(), en.to_owned())].into(),
        members: vec![Extension::new(member)],
    };
    let extension = |number: &str, name: &str, user: &str| ExtensionView {
        number: Extension::new(number),
        name: name.to_owned(),
        user: Some(UserId::new(user)),
    };
    PlanView {
        queues: vec![queue("destek", "Destek", "Support", "101"), queue("satis", "Satış", "Sales", "102")],
        menus: vec![MenuView {
            id: MenuId::new("ana-menu"),
            name: [("tr".to_owned(), "Ana menü".to_owned()), ("en".to_owned(), "Main menu".to_owned())].into(),
        }],
        extensions: vec![extension("101", "Zeynep Kaya", "zeynep"), extension("102", "Murat Demir", "murat")],
        default_language: "tr".to_owned(),
    }
}

fn answering(asked: Arc<Mutex<Vec<(Actor, Command)>>>, refusal: Arc<Mutex<Option<Refusal>>>) -> Switch {
    let (tx, mut rx) = mpsc::channel::<SwitchAsk>(8);
    tokio::spawn(async move {
        while let Some(ask) = rx.recv().await {
            asked.lock().unwrap().push((ask.by, ask.command));
            let answer = refusal.lock().unwrap().map_or(Ok(()), Err);
            let _asker_left = ask.reply.send(answer);
        }
    });
    Switch::new(tx)
}

/// One call's events, numbered as the switch does.
pub struct Story {
    pub id: CallId,
    rev: u64,
}

impl Story {
    pub fn new() -> Self {
        Self { id: CallId::new(format!("c_{}", uuid::Uuid::now_v7())), rev: 0 }
    }

    pub fn event(&mut self, what: What) -> Event {
        self.rev += 1;
        let at = now() + i64::try_from(self.rev).unwrap() * 1000;
        Event { id: format!("evt_{}", uuid::Uuid::now_v7()), at, rev: self.rev, what }
    }

    pub fn started(&mut self, from: Option<&str>, display: Option<&str>) -> Event {
        let what = What::CallStarted {
            call: self.id.clone(),
            direction: Direction::In,
            from: from.map(str::to_owned),
            display: display.map(str::to_owned),
            to: "500".to_owned(),
            trunk: None,
        };
        self.event(what)
    }

    pub fn queued(&mut self, queue: &str) -> Event {
        let what = What::CallQueued { call: self.id.clone(), queue: QueueId::new(queue), position: 1 };
        self.event(what)
    }

    pub fn offered(&mut self, agent: &str) -> Event {
        let what = What::CallOffered {
            call: self.id.clone(),
            agent: UserId::new(agent),
            extension: Extension::new("101"),
            queue: Some(QueueId::new("destek")),
            waited_ms: 7_000,
            expires_at: now() + 20_000_000,
            remote_answer: true,
        };
        self.event(what)
    }

    pub fn answered(&mut self, agent: &str) -> Event {
        let what = What::CallAnswered {
            call: self.id.clone(),
            agent: UserId::new(agent),
            extension: Extension::new("101"),
            waited_ms: 7_000,
        };
        self.event(what)
    }

    /// A whole call that nobody answered.
    pub fn abandoned(&mut self, from: &str, queue: &str) -> Vec<Event> {
        let ending = pbx::event::Ending {
            class: pbx::event::EndClass::Abandoned,
            reason: "caller-hung-up".to_owned(),
            by: pbx::event::EndedBy::Caller,
        };
        vec![
            self.started(Some(from), None),
            self.queued(queue),
            self.event(What::CallEnded { call: self.id.clone(), ending }),
        ]
    }

    /// A whole answered and recorded call.
    pub fn talked(&mut self, from: &str, agent: &str) -> Vec<Event> {
        let ending = pbx::event::Ending {
            class: pbx::event::EndClass::Completed,
            reason: "normal".to_owned(),
            by: pbx::event::EndedBy::Caller,
        };
        vec![
            self.started(Some(from), None),
            self.queued("destek"),
            self.offered(agent),
            self.answered(agent),
            self.event(What::RecordingStarted { call: self.id.clone() }),
            self.event(What::RecordingReady { call: self.id.clone(), millis: 300, lost_frames: 0 }),
            self.event(What::CallEnded { call: self.id.clone(), ending }),
        ]
    }
}
