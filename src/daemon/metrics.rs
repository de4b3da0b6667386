//! Figures for `/metrics`, in Prometheus text. Names as in docs/API.md: prefix `santral_`, base units.

mod sip;

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use pbx::event::{Direction, EndClass, Event, What};
use pbx::id::CallId;

pub use self::sip::Signalling;
use crate::transport::WireFigures;

/// What the switchboard counts.
#[derive(Debug, Default)]
pub struct SwitchFigures {
    /// The switchboard's alone; nobody else takes it.
    directions: Mutex<HashMap<CallId, Direction>>,
    /// Taken for a moment by whoever reads the figures.
    signalling: Mutex<Signalling>,
}

impl SwitchFigures {
    /// Counts one event.
    pub fn count(&self, event: &Event) {
        match &event.what {
            What::CallStarted { call, direction, .. } => {
                if let Ok(mut directions) = self.directions.lock() {
                    directions.insert(call.clone(), *direction);
                }
            }
            What::CallEnded { call, ending } => {
                let direction = self.directions.lock().ok().and_then(|mut all| all.remove(call));
                let direction = match direction {
                    Some(Direction::Internal) => "internal",
                    _ => "in",
                };
                metrics::counter!("santral_calls_total", "direction" => direction, "result" => class(ending.class))
                    .increment(1);
            }
            What::CallAnswered { waited_ms, .. } => {
                #[expect(clippy::cast_precision_loss, reason = "a wait in milliseconds fits a double exactly")]
                metrics::histogram!("santral_queue_wait_seconds").record(*waited_ms as f64 / 1000.0);
            }
            What::QueueStats { queue, waiting, .. } => {
                metrics::gauge!("santral_queue_waiting", "queue" => queue.to_string()).set(f64::from(*waiting));
            }
            What::CallMissed { .. } => metrics::counter!("santral_offers_missed_total").increment(1),
            _ => {}
        }
    }

    /// What was said over SIP so far.
    pub fn set_signalling(&self, signalling: Signalling) {
        *self.signalling.lock().unwrap_or_else(PoisonError::into_inner) = signalling;
    }

    fn signalling(&self) -> Signalling {
        self.signalling.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is open now.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls and ports are small")]
    pub fn set_active(&self, calls: usize, ports: usize) {
        metrics::gauge!("santral_calls_active").set(calls as f64);
        metrics::gauge!("santral_rtp_ports_lent").set(ports as f64);
    }
}

fn class(class: EndClass) -> &'static str {
    match class {
        EndClass::Completed => "completed",
        EndClass::Abandoned => "abandoned",
        EndClass::Rejected => "rejected",
        EndClass::Failed => "failed",
    }
}

/// Installs the recorder of the `metrics` crate; `None` if the process has one already.
pub fn install() -> Option<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets(&[0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0])
        .ok()?
        .install_recorder()
        .ok()
}

/// The text of `/metrics`: the counted figures, then those that switch, sockets and media threads keep themselves.
pub fn render(
    handle: &PrometheusHandle,
    switch: &SwitchFigures,
    wire: &WireFigures,
    media: &crate::media::MediaFigures,
) -> String {
    let mut text = handle.render() + &sip::text(&switch.signalling(), wire);
    let own: [(&str, &str, u64); 5] = [
        ("santral_rtp_packets_received_total", "counter", media.packets_in.load(Relaxed)),
        ("santral_rtp_packets_sent_total", "counter", media.packets_out.load(Relaxed)),
        ("santral_rtp_packets_foreign_total", "counter", media.foreign.load(Relaxed)),
        ("santral_recording_frames_lost_total", "counter", media.taps_dropped.load(Relaxed)),
        ("santral_media_late_loops_total", "counter", media.late_loops.load(Relaxed)),
    ];
    for (name, kind, value) in own {
        text.push_str(&format!("# TYPE {name} {kind}\n{name} {value}\n"));
    }
    text
}
