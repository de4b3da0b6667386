use std::sync::Arc;
use std::sync::atomic::Ordering;

use ::media::order::{Heard, StreamKey};

use crate::media::MediaFigures;
use crate::media::report::Reporter;

#[test]
fn reports_to_a_slow_switch_wait_and_arrive_all_and_in_order() {
    let figures = Arc::new(MediaFigures::default());
    let (out, mut heard) = tokio::sync::mpsc::channel(2);
    let mut reporter = Reporter::new(out, figures.clone());
    for n in 0..100 {
        reporter.tell(StreamKey(n), Heard::Flowing);
    }
    let mut arrived = Vec::new();
    loop {
        while let Ok((key, _)) = heard.try_recv() {
            arrived.push(key.0);
        }
        if reporter.flush() && heard.is_empty() {
            break;
        }
    }
    assert_eq!(arrived, (0..100).collect::<Vec<_>>());
    assert_eq!(figures.reports_waited.load(Ordering::Relaxed), 98);
    assert_eq!(figures.reports_lost.load(Ordering::Relaxed), 0);
}
