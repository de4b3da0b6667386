//! Sockets for real, on loopback.
#![allow(clippy::disallowed_methods, reason = "these tests live in real time")]

use std::sync::Arc;
use std::time::Duration;

use sip::user_agent::StreamId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;

use super::{Sockets, Wire, WireFigures, open};
use crate::tasks::Tasks;

const REQUEST: &[u8] = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n";
const LIMIT: Duration = Duration::from_secs(20);

struct Place {
    sockets: Sockets,
    wire: Receiver<Wire>,
    figures: Arc<WireFigures>,
    tasks: Tasks,
}

impl Place {
    async fn open(most: usize) -> Self {
        let (figures, tasks) = (Arc::new(WireFigures::default()), Tasks::default());
        let (sockets, wire) = open("127.0.0.1:0".parse().unwrap(), most, figures.clone(), tasks.clone()).await.unwrap();
        Self { sockets, wire, figures, tasks }
    }

    /// A connection with a request on it: its number, or `None` where it was cut.
    async fn connect(&mut self) -> (TcpStream, Option<StreamId>) {
        let mut socket = TcpStream::connect(self.sockets.local).await.unwrap();
        let _ = socket.write_all(REQUEST).await;
        let mut byte = [0];
        let came = async {
            loop {
                tokio::select! {
                    wire = self.wire.recv() => if let Some(Wire::Message(source, ..)) = wire { return source.stream },
                    _ = socket.read(&mut byte) => return None,
                }
            }
        };
        let stream = tokio::time::timeout(LIMIT, came).await.unwrap();
        (socket, stream)
    }

    fn refused(&self) -> u64 {
        self.figures.refused_streams.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[tokio::test]
async fn an_office_of_phones_that_have_signed_in_is_not_shut_out_by_the_limit_for_strangers() {
    let mut place = Place::open(1_000).await;
    let mut phones = Vec::new();
    for _ in 0..120 {
        let (socket, stream) = place.connect().await;
        place.sockets.trust(stream.expect("room for a phone of ours"));
        phones.push(socket);
    }
    let mut strangers = Vec::new();
    for _ in 0..50 {
        let (socket, stream) = place.connect().await;
        assert!(stream.is_some(), "strangers have what is theirs beside them");
        strangers.push(socket);
    }
    assert_eq!(place.connect().await.1, None);
    assert_eq!(place.refused(), 1);
    place.tasks.stop(LIMIT).await;
}

#[tokio::test]
async fn all_connections_together_have_a_limit_that_holds_for_everybody() {
    let mut place = Place::open(3).await;
    let mut phones = Vec::new();
    for _ in 0..3 {
        let (socket, stream) = place.connect().await;
        place.sockets.trust(stream.unwrap());
        phones.push(socket);
    }
    assert_eq!((place.connect().await.1, place.refused()), (None, 1));
    assert_eq!(place.figures.open_streams.load(std::sync::atomic::Ordering::Relaxed), 3);
    place.tasks.stop(LIMIT).await;
}
