//! Crowds of strangers on HTTP: what they may hold open, and whom they may hold up (nobody on the telephone).

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::hostile::stranger::Stranger;
use crate::world::desk::Desk;
use crate::world::santral::Santral;
use crate::world::wait_for;

/// Asked within this time, also while a crowd is there.
const PROMPT: Duration = Duration::from_secs(1);

fn http(santral: &Santral) -> SocketAddr {
    santral.http().strip_prefix("http://").unwrap().parse().unwrap()
}

/// Names and priorities of the daemon's threads.
fn threads(santral: &Santral) -> BTreeMap<String, Vec<i64>> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for entry in std::fs::read_dir(format!("/proc/{}/task", santral.pid())).unwrap() {
        let Ok(stat) = std::fs::read_to_string(entry.unwrap().path().join("stat")) else { continue };
        let (head, rest) = stat.rsplit_once(") ").unwrap();
        let name = head.split_once('(').unwrap().1.to_owned();
        found.entry(name).or_default().push(rest.split(' ').nth(16).unwrap().parse().unwrap());
    }
    found
}

#[test]
fn the_switch_has_one_thread_of_its_own_and_whoever_serves_strangers_steps_back_behind_it() {
    let santral = Santral::demo();
    Stranger::at(7, &santral).ping();
    ureq::get(format!("{}/health", santral.http())).call().unwrap();
    let threads = threads(&santral);
    let switchboard = &threads["switchboard"];
    assert_eq!(switchboard.len(), 1, "{threads:?}");
    assert!(
        !threads["http"].is_empty() && threads["http"].iter().all(|nice| *nice == switchboard[0] + 10),
        "{threads:?}"
    );
}

/// Threads that ask for the page again and again, each over connections of its own address.
struct Greedy {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Greedy {
    fn come(santral: &Santral, threads: u8, connections: usize) -> Self {
        let (stop, target) = (Arc::new(AtomicBool::new(false)), http(santral));
        let answers = Arc::new(AtomicUsize::new(0));
        let one = |_| {
            let (stop, answers) = (stop.clone(), answers.clone());
            std::thread::spawn(move || {
                let mut open: Vec<TcpStream> = (0..connections).map(|_| TcpStream::connect(target).unwrap()).collect();
                let mut buffer = vec![0; 65_536];
                while !stop.load(Ordering::Relaxed) {
                    for socket in &mut open {
                        socket
                            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
                            .unwrap();
                    }
                    for socket in &mut open {
                        assert!(socket.read(&mut buffer).unwrap() > 0);
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        };
        Self { threads: (0..threads).map(one).collect(), stop, answers }
    }

    fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    fn go(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn whoever_asks_for_the_page_without_end_holds_up_no_caller() {
    let santral = Santral::demo();
    let other = Stranger::at(7, &santral);
    other.ping();
    let greedy = Greedy::come(&santral, 2, 20);
    wait_for("the crowd", Duration::from_secs(20), || (greedy.answers() > 0).then_some(()));
    let mut pings = 0;
    while pings < 100 || greedy.answers() < 200 {
        assert!(other.ping() < PROMPT);
        pings += 1;
        assert!(pings < 100_000, "the crowd went away");
    }
    greedy.go();
}

#[test]
fn strangers_who_hold_every_place_and_read_nothing_do_not_close_the_page() {
    let santral = Santral::demo();
    let desk = Desk::supervisor(&santral);
    let target = http(&santral);
    let mut held = Vec::new();
    for n in 0..2_200 {
        let mut socket = bound(&format!("127.0.2.{}", 1 + n / 50), target);
        let _cut = socket.write_all(b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20).as_slice());
        held.push(socket);
    }
    assert_eq!(desk.get("/session")["me"]["role"], "supervisor", "who has signed in is served");
    let newcomer = wait_for("a newcomer to be served", Duration::from_secs(20), || {
        let answer = ureq::get(format!("{}/health", santral.http())).call().ok()?;
        Some(answer.status().as_u16())
    });
    assert_eq!(newcomer, 200);
    assert!(Stranger::at(7, &santral).ping() < PROMPT);
}

/// A connection from an address of loopback.
fn bound(from: &str, to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let socket = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    socket.set_nonblocking(false).unwrap();
    socket.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    socket
}

#[test]
fn a_stranger_cannot_fill_the_log() {
    let santral = Santral::demo();
    let target = http(&santral);
    let mut socket = TcpStream::connect(target).unwrap();
    let request = format!(
        "POST /{} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n",
        "x".repeat(12_000)
    );
    let mut buffer = vec![0; 65_536];
    for _ in 0..1_000 {
        socket.write_all(request.as_bytes()).unwrap();
        assert!(socket.read(&mut buffer).unwrap() > 0);
    }
    let log = santral.log();
    assert!(log.contains("foreign-origin"), "{log}");
    assert!(log.len() < 100_000, "the log grew to {} bytes", log.len());
}

#[test]
fn a_flood_of_wrong_passwords_takes_little_memory_and_gives_it_back() {
    let santral = Santral::demo();
    let (name, password) = santral.user("agent", 0);
    let target = http(&santral);
    let before = super::hostile::memory(&santral);
    let guessing = |thread: usize| {
        std::thread::spawn(move || {
            for n in 0..25 {
                let body = json!({"name": format!("n{n}"), "password": "yanlış"}).to_string();
                let mut socket = bound(&format!("127.0.3.{}", 1 + thread), target);
                let head = format!(
                    "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                socket.write_all(head.as_bytes()).unwrap();
                let mut said = String::new();
                socket.read_to_string(&mut said).unwrap();
                assert!(["HTTP/1.1 401", "HTTP/1.1 503"].iter().any(|line| said.starts_with(line)), "{said}");
            }
        })
    };
    let guessers: Vec<_> = (0..20).map(guessing).collect();
    let mut most = before;
    while guessers.iter().any(|guesser| !guesser.is_finished()) {
        most = most.max(super::hostile::memory(&santral));
        std::thread::sleep(Duration::from_millis(20));
    }
    guessers.into_iter().for_each(|guesser| guesser.join().unwrap());
    assert!(most < before + 64_000, "{before} kB before, {most} kB during");
    wait_for("the memory to be given back", Duration::from_secs(60), || {
        Desk::sign_in(&santral, &name, &password);
        (super::hostile::memory(&santral) < before + 16_000).then_some(())
    });
}
