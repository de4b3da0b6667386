//! Somebody nobody knows, on an address of their own, speaking SIP by hand over UDP and TCP.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use crate::world::santral::Santral;

/// Longer than any answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct Stranger {
    socket: UdpSocket,
    pub target: SocketAddr,
    name: String,
    serial: Cell<u32>,
}

/// What is asked: the parts of a request that differ.
#[derive(Clone, Copy, Default)]
pub struct Ask<'a> {
    pub method: &'a str,
    pub user: &'a str,
    /// `None` makes one.
    pub call_id: Option<&'a str>,
    pub cseq: u32,
    pub from: &'a str,
    pub from_tag: &'a str,
    pub to_tag: &'a str,
    /// Header lines, each ended with a line end.
    pub lines: &'a str,
    pub body: &'a str,
}

impl Stranger {
    /// At `127.0.0.<last>`.
    pub fn at(last: u8, santral: &Santral) -> Self {
        Self::facing(last, santral.sip())
    }

    /// The same before any switch.
    pub fn facing(last: u8, sip: &str) -> Self {
        let socket = UdpSocket::bind((format!("127.0.0.{last}"), 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let target = sip.parse().unwrap();
        let name = format!("s{last}-{}", socket.local_addr().unwrap().port());
        Self { socket, target, name, serial: Cell::new(0) }
    }

    fn next(&self) -> u32 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    pub fn local(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// The request as text, and the Call-ID its answer will have.
    pub fn written(&self, ask: &Ask) -> (String, String) {
        let (serial, local) = (self.next(), self.local());
        let call_id = ask.call_id.map_or_else(|| format!("{}-{serial}", self.name), str::to_owned);
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let tagged = if ask.to_tag.is_empty() { String::new() } else { format!(";tag={}", ask.to_tag) };
        let Ask { method, user, lines, body, .. } = ask;
        let text = format!(
            "{method} sip:{user}@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{name}{serial};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{from}@{local}>;tag={from_tag}\r\nTo: <sip:{user}@{target}>{tagged}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{from}@{local}>\r\n{lines}\
             Content-Length: {length}\r\n\r\n{body}",
            target = self.target,
            name = self.name,
            from = or(ask.from, "kimse"),
            from_tag = or(ask.from_tag, "f1"),
            cseq = ask.cseq.max(1),
            length = body.len(),
        );
        (text, call_id)
    }

    pub fn send(&self, bytes: &[u8]) {
        // What does not fit into the kernel's buffer is lost like any datagram.
        let _ = self.socket.send_to(bytes, self.target);
    }

    /// Asks, and asks again as UDP wants it, until the final answer to this very request.
    pub fn ask(&self, ask: &Ask) -> String {
        self.try_ask(ask, PATIENCE).unwrap_or_else(|| panic!("no answer to {} {}", ask.method, ask.user))
    }

    pub fn try_ask(&self, ask: &Ask, limit: Duration) -> Option<String> {
        let (text, call_id) = self.written(ask);
        let cseq = format!("{} {}", ask.cseq.max(1), ask.method);
        let begun = Instant::now();
        while begun.elapsed() < limit {
            self.send(text.as_bytes());
            let again = Instant::now() + Duration::from_millis(500);
            while Instant::now() < again {
                let Some(answer) = self.hear() else { continue };
                let ours = header(&answer, "Call-ID") == Some(&call_id) && header(&answer, "CSeq") == Some(&cseq);
                if ours && status(&answer) >= 200 {
                    if ask.method == "INVITE" {
                        self.acknowledge(ask, &call_id, &answer, &text);
                    }
                    return Some(answer);
                }
            }
        }
        None
    }

    /// What comes next, if something comes soon.
    pub fn hear(&self) -> Option<String> {
        let mut buffer = [0; 65_535];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// The ACK of a refusal has the branch of its INVITE, that of a 200 one of its own.
    fn acknowledge(&self, ask: &Ask, call_id: &str, answer: &str, invite: &str) {
        let to_tag = tag(header(answer, "To").unwrap()).unwrap_or_default();
        let ack = Ask { method: "ACK", call_id: Some(call_id), to_tag, lines: "", body: "", ..*ask };
        let (mut text, _) = self.written(&ack);
        if status(answer) >= 300 {
            let branch = |text: &str| text.split_once("branch=").unwrap().1.split(';').next().unwrap().to_owned();
            text = text.replace(&branch(&text), &branch(invite));
        }
        self.send(text.as_bytes());
    }

    /// OPTIONS; how long the 200 took.
    pub fn ping(&self) -> Duration {
        let begun = Instant::now();
        let answer = self.ask(&Ask { method: "OPTIONS", user: "500", ..Ask::default() });
        assert_eq!(status(&answer), 200, "{answer}");
        begun.elapsed()
    }
}

pub fn status(answer: &str) -> u16 {
    answer.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
}

/// The first value of a header.
pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| line.split_once(": ").filter(|(known, _)| *known == name).map(|(_, value)| value))
}

pub fn tag(value: &str) -> Option<&str> {
    value.split_once(";tag=")?.1.split(';').next()
}

/// A TCP connection to the switch.
pub fn connect(target: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(target).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Everything until the other side closes; `None` when it does not.
pub fn until_closed(socket: &mut TcpStream) -> Option<String> {
    let mut heard = Vec::new();
    match socket.read_to_end(&mut heard) {
        Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => None,
        // A connection closed with our bytes unread is reset.
        Ok(_) | Err(_) => Some(String::from_utf8_lossy(&heard).into_owned()),
    }
}

/// OPTIONS over an open connection; the status of its answer, `None` when the connection is or gets closed.
pub fn tcp_ping(socket: &mut TcpStream, branch: &str) -> Option<u16> {
    let request = format!(
        "OPTIONS sip:500@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:500@127.0.0.1>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).ok()?;
    let mut heard = Vec::new();
    while !heard.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 4096];
        let length = socket.read(&mut part).ok().filter(|length| *length > 0)?;
        heard.extend_from_slice(&part[..length]);
    }
    Some(status(&String::from_utf8_lossy(&heard)))
}
