//! A desk's websocket: opened with the session of a person, heard message by message.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

pub struct Stream(WebSocket<TcpStream>);

impl Stream {
    /// Says hello; `base` is the address of the page, `cookie` the session's.
    pub fn open(base: &str, cookie: &str) -> Self {
        let place = base.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{place}/api/v1/stream").into_client_request().unwrap();
        for (name, value) in [("Cookie", cookie), ("Origin", base), ("Sec-WebSocket-Protocol", "santral.v1")] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let socket = TcpStream::connect(place).unwrap();
        let (mut stream, _) = tungstenite::client(request, socket).unwrap();
        stream.get_ref().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        stream.send(Message::text(json!({"type": "hello", "resume": null}).to_string())).unwrap();
        Self(stream)
    }

    /// The first message that fits, of those not yet heard.
    pub fn hear(&mut self, what: &str, limit: Duration, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            // A pause is no end.
            let Ok(Message::Text(text)) = self.0.read() else { continue };
            let message: Value = serde_json::from_str(text.as_str()).unwrap();
            if fits(&message) {
                return message;
            }
        }
        panic!("waited {limit:?} for: {what}");
    }
}
