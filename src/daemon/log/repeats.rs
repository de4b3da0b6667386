//! Lines that come again and again: of one kind and source ten in ten seconds, of one kind a hundred. The rest is counted.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pbx::network;
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::clock;

const WINDOW: Duration = Duration::from_secs(10);
/// Lines of one kind and source in a window.
const OF_ONE: u32 = 10;
/// Lines of one kind in a window.
const OF_KIND: u32 = 100;
/// Sources told apart in a window; the others count as one.
const SOURCES: usize = 1_000;

/// What was said in this window, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    said: Mutex<Said>,
    hashes: RandomState,
}

#[derive(Debug, Default)]
struct Said {
    since: Option<Instant>,
    of_one: HashMap<(Identifier, u64), u32>,
    of_kind: HashMap<Identifier, u32>,
    left_out: HashMap<Identifier, (String, u64)>,
}

impl Repeats {
    /// Whether this event becomes a line.
    fn admits(&self, event: &Event<'_>, now: Instant) -> bool {
        let mut seen = Seen::default();
        event.record(&mut seen);
        let source = seen.source.map(|source| self.hashes.hash_one(source));
        self.said.lock().unwrap_or_else(PoisonError::into_inner).admits(event, source, seen.what, now)
    }

    /// What was left out in windows that are over: what it was about, and how many.
    pub fn left_out(&self, now: Instant) -> Vec<(String, u64)> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.turn(now);
        said.left_out.drain().map(|(_, told)| told).collect()
    }
}

impl Said {
    fn admits(&mut self, event: &Event<'_>, source: Option<u64>, what: String, now: Instant) -> bool {
        self.turn(now);
        let kind = event.metadata().callsite();
        if self.has_room(&kind, source) {
            return true;
        }
        self.left_out.entry(kind).or_insert_with(|| (what, 0)).1 += 1;
        false
    }

    fn has_room(&mut self, kind: &Identifier, source: Option<u64>) -> bool {
        let of_kind = self.of_kind.entry(kind.clone()).or_default();
        if *of_kind >= OF_KIND {
            return false;
        }
        if let Some(source) = source {
            let known = self.of_one.contains_key(&(kind.clone(), source));
            let source = if known || self.of_one.len() < SOURCES { source } else { 0 };
            let of_one = self.of_one.entry((kind.clone(), source)).or_default();
            if *of_one >= OF_ONE {
                return false;
            }
            *of_one += 1;
        }
        *of_kind += 1;
        true
    }

    fn turn(&mut self, now: Instant) {
        if self.since.is_none_or(|since| now.saturating_duration_since(since) >= WINDOW) {
            self.since = Some(now);
            self.of_one.clear();
            self.of_kind.clear();
        }
    }
}

/// Who caused an event, and what it is about.
#[derive(Default)]
struct Seen {
    source: Option<String>,
    what: String,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "address" | "remote" => self.source = Some(source(&format!("{value:?}"))),
            "message" | "event" if self.what.is_empty() => {
                self.what = format!("{value:?}").trim_matches('"').to_owned();
            }
            _ => {}
        }
    }
}

/// The network an address is in, whatever its port.
fn source(address: &str) -> String {
    let socket = || address.parse::<SocketAddr>().map(|socket| socket.ip());
    address.parse::<IpAddr>().or_else(|_| socket()).map_or_else(|_| address.to_owned(), |ip| network(ip).to_string())
}

/// The bound as a layer before the one that writes.
pub(super) struct Throttle(pub Arc<Repeats>);

impl<S: Subscriber> Layer<S> for Throttle {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        self.0.admits(event, clock::instant())
    }
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn whoever_has_many_addresses_or_ports_is_one_source() {
        assert_eq!(source("2001:db8:0:7::1"), source("[2001:db8:0:7:ffff::2]:5061"));
        assert_eq!(source("192.0.2.1:5060"), source("192.0.2.1:40000"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("unknown"), "unknown");
    }
}
