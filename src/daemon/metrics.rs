//! Figures for `/metrics`, in Prometheus text. Names as in docs/API.md: prefix `santral_`, base units.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use pbx::event::{Direction, EndClass, Event, What};
use pbx::id::CallId;
use std::collections::HashMap;
use std::sync::Mutex;

use crate::transport::WireFigures;

/// What the switchboard counts. The mutex is the switchboard's alone; nobody else takes it.
#[derive(Debug, Default)]
pub struct SwitchFigures {
    directions: Mutex<HashMap<CallId, Direction>>,
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

/// The text of `/metrics`: the counted figures, then those that sockets and media threads keep themselves.
pub fn render(handle: &PrometheusHandle, wire: &Arc<WireFigures>, media: &crate::media::MediaFigures) -> String {
    let mut text = handle.render();
    let own: [(&str, &str, u64); 9] = [
        ("santral_sip_messages_received_total", "counter", wire.received.load(Relaxed)),
        ("santral_sip_messages_sent_total", "counter", wire.sent.load(Relaxed)),
        ("santral_sip_messages_dropped_total", "counter", wire.dropped.load(Relaxed)),
        ("santral_sip_streams_refused_total", "counter", wire.refused_streams.load(Relaxed)),
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
