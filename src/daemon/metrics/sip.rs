//! The figures of SIP as Prometheus text. Labels come from closed lists, so strangers add no rows.

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use pbx::exchange::Door;
use sip::tally::{OneWay, Tally};

use crate::transport::WireFigures;

/// What the switch has counted.
#[derive(Debug, Clone, Default)]
pub struct Signalling {
    /// Messages.
    pub tally: Tally,
    /// What became of those who are not known.
    pub door: Door,
}

/// Labels, and the number that stands behind them.
type Row = (String, u64);

/// Rows of messages, the door and connections.
pub fn text(signalling: &Signalling, wire: &WireFigures) -> String {
    let Signalling { tally, door } = signalling;
    let ways = [("in", &tally.received), ("out", &tally.sent)];
    let mut text = String::new();
    let mut put = |name: &str, kind: &str, rows: &[Row]| {
        let _ = writeln!(text, "# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let rows = |of: &dyn Fn(&str, &OneWay) -> Vec<Row>| -> Vec<Row> {
        ways.iter().flat_map(|(direction, way)| of(direction, way)).collect()
    };
    let requests = rows(&|direction, way| {
        let labels = |method: &str| format!("{{direction=\"{direction}\",method=\"{method}\"}}");
        way.requests().map(|(method, count)| (labels(method), count)).collect()
    });
    let responses = rows(&|direction, way| {
        let labels = |class: &str| format!("{{direction=\"{direction}\",class=\"{class}\"}}");
        way.responses().map(|(class, count)| (labels(class), count)).collect()
    });
    let repeated = rows(&|direction, way| vec![(format!("{{direction=\"{direction}\"}}"), way.repeated)]);
    put("santral_sip_requests_total", "counter", &requests);
    put("santral_sip_responses_total", "counter", &responses);
    put("santral_sip_retransmissions_total", "counter", &repeated);
    let single = |value| [(String::new(), value)];
    put("santral_sip_malformed_total", "counter", &single(tally.malformed));
    put("santral_sip_challenges_total", "counter", &single(door.challenges));
    put("santral_sip_banned_total", "counter", &single(door.ignored));
    put("santral_sip_messages_received_total", "counter", &single(wire.received.load(Relaxed)));
    put("santral_sip_messages_sent_total", "counter", &single(wire.sent.load(Relaxed)));
    put("santral_sip_messages_dropped_total", "counter", &single(wire.dropped.load(Relaxed)));
    put("santral_sip_streams_open", "gauge", &single(wire.open_streams.load(Relaxed)));
    put("santral_sip_streams_refused_total", "counter", &single(wire.refused_streams.load(Relaxed)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_number_and_there_are_as_many_whatever_is_sent() {
        let signalling = Signalling { door: Door { challenges: 3, ignored: 2 }, ..Signalling::default() };
        let wire = WireFigures::default();
        wire.open_streams.store(7, Relaxed);
        let text = text(&signalling, &wire);
        let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(rows.len(), 2 * 15 + 2 * 6 + 2 + 8, "{text}");
        assert!(rows.iter().all(|row| row.rsplit(' ').next().is_some_and(|value| value.parse::<u64>().is_ok())));
        for row in [
            "santral_sip_requests_total{direction=\"in\",method=\"REGISTER\"} 0",
            "santral_sip_requests_total{direction=\"out\",method=\"other\"} 0",
            "santral_sip_responses_total{direction=\"out\",class=\"4xx\"} 0",
            "santral_sip_retransmissions_total{direction=\"in\"} 0",
            "santral_sip_challenges_total 3",
            "santral_sip_banned_total 2",
            "santral_sip_streams_open 7",
        ] {
            assert!(rows.contains(&row), "{row} in {text}");
        }
    }
}
