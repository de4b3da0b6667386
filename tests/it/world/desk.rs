//! A person at the desk, as HTTP: signs in, says what they do, looks things up.

use std::time::Duration;

use serde_json::{Value, json};

use super::santral::Santral;
use super::stream::Stream;
use super::wait_for;

pub struct Desk {
    agent: ureq::Agent,
    base: String,
    csrf: String,
    pub session: Value,
}

impl Desk {
    pub fn sign_in(santral: &Santral, name: &str, password: &str) -> Self {
        Self::sign_in_at(santral.http(), name, password)
    }

    pub fn sign_in_at(url: &str, name: &str, password: &str) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .into();
        let base = format!("{url}/api/v1");
        let mut desk = Self { agent, base, csrf: String::new(), session: Value::Null };
        let (status, session) = desk.post("/session", &json!({"name": name, "password": password}));
        assert_eq!(status, 200, "{session}");
        desk.csrf = session["csrf"].as_str().unwrap().to_owned();
        desk.session = session;
        desk
    }

    pub fn agent(santral: &Santral, nth: usize) -> Self {
        let (name, password) = santral.user("agent", nth);
        Self::sign_in(santral, &name, &password)
    }

    pub fn supervisor(santral: &Santral) -> Self {
        let (name, password) = santral.user("supervisor", 0);
        Self::sign_in(santral, &name, &password)
    }

    pub fn get(&self, path: &str) -> Value {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().unwrap();
        let status = answer.status().as_u16();
        let body = answer.body_mut().read_to_string().unwrap();
        assert_eq!(status, 200, "GET {path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The board, live.
    pub fn stream(&self) -> Stream {
        let cookies = self.agent.cookie_jar_lock();
        let cookies: Vec<String> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        Stream::open(self.base.strip_suffix("/api/v1").unwrap(), &cookies.join("; "))
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().unwrap();
        assert_eq!(answer.status().as_u16(), 200, "GET {path}");
        answer.body_mut().with_config().limit(100_000_000).read_to_vec().unwrap()
    }

    /// A POST that has not been sent.
    pub fn to(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        self.agent
            .post(format!("{}{path}", self.base))
            .header("X-Santral-CSRF", &self.csrf)
            .header("Content-Type", "application/json")
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let mut answer = self.to(path).send(body.to_string()).unwrap();
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The same, when the daemon may go away meanwhile.
    pub fn try_post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let mut answer = self.to(path).send(body.to_string()).ok()?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().ok()?;
        Some((status, serde_json::from_str(&text).ok()?))
    }

    /// "Mesaiye başla".
    pub fn start_shift(&self) {
        let (status, body) = self.post("/agents/me/status", &json!({"status": "available"}));
        assert_eq!(status, 204, "{body}");
    }

    /// The newest stored call from this number, once `fits` says yes to it.
    pub fn call_from(&self, number: &str, limit: Duration, fits: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("a stored call from {number}"), limit, || {
            let page = self.get("/calls?limit=100");
            page["items"].as_array()?.iter().find(|call| call["from"] == number && fits(call)).cloned()
        })
    }

    pub fn me(&self) -> &str {
        self.session["me"]["id"].as_str().unwrap()
    }
}
