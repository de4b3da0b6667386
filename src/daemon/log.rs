//! The log: one line per event on standard error, for people or as JSON. Phone numbers and names never stand in it whole.
//!
//! Strangers cause lines, so a line is bounded (`log/pen.rs`), so are lines of one kind (`log/repeats.rs`), and whoever
//! reads the log too slowly loses lines and holds nobody up.

mod pen;
mod repeats;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use self::pen::Pen;
use self::repeats::{Repeats, Throttle};
use crate::clock;
use crate::config::LogFormat;

/// At the end of the program, what is still to be written gets so long.
const LAST_LINES: Duration = Duration::from_secs(1);

static PEN: OnceLock<Pen> = OnceLock::new();

/// Starts the log. `level` is the configured one; the variable `SANTRAL_LOG` overrides it. A second call does nothing.
pub fn start(level: &str, format: LogFormat) {
    let filter = EnvFilter::try_from_env("SANTRAL_LOG")
        .or_else(|_| EnvFilter::try_new(format!("{level},sqlx=error,hyper=warn,tower_http=warn")))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let repeats = Arc::new(Repeats::default());
    let told = repeats.clone();
    let Ok(pen) = Pen::start(std::io::stderr(), move |lost| tell(lost, &told)) else { return };
    if subscriber(filter, format, pen.clone(), repeats).try_init().is_ok() {
        let _ = PEN.set(pen);
    }
}

/// Waits, a second at most, until everything is written that was said.
pub fn finish() {
    if let Some(pen) = PEN.get() {
        pen.finish(LAST_LINES);
    }
}

fn subscriber(filter: EnvFilter, format: LogFormat, pen: Pen, repeats: Arc<Repeats>) -> impl Subscriber + Send + Sync {
    let lines = fmt::layer().with_writer(pen);
    let lines = match format {
        LogFormat::Text => lines.compact().with_target(false).with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    Registry::default().with(lines).with(filter).with(Throttle(repeats))
}

/// What did not become a line of its own.
fn tell(lost: u64, repeats: &Repeats) {
    if lost > 0 {
        tracing::warn!(lost, "the log is read too slowly; lines were lost");
    }
    for (what, left_out) in repeats.left_out(clock::instant()) {
        tracing::warn!(what, left_out, "lines like this were left out");
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Standard error as somebody reads it.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, say: impl FnOnce()) -> String {
        let (paper, repeats) = (Paper::default(), Arc::new(Repeats::default()));
        let pen = Pen::start(paper.clone(), |_| {}).unwrap();
        let subscriber = subscriber(EnvFilter::new("info"), format, pen.clone(), repeats.clone());
        tracing::subscriber::with_default(subscriber, || {
            say();
            tell(0, &repeats);
        });
        pen.finish(Duration::from_secs(5));
        let text = paper.0.lock().unwrap().clone();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn one_stranger_gets_ten_lines_and_a_count_of_the_rest() {
        let log = written(LogFormat::Text, || {
            for at in 0..5_000 {
                tracing::warn!(event = "foreign-origin", address = "192.0.2.1", path = format!("/{at}"));
            }
            tracing::warn!(event = "foreign-origin", address = "192.0.2.2", path = "/other");
        });
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.len(), 12, "{log}");
        assert!(lines[10].contains("/other"), "another stranger is heard beside the first: {log}");
        assert!(lines[11].contains("foreign-origin") && lines[11].contains("left_out=4990"), "{log}");
    }

    #[test]
    fn many_strangers_together_get_a_hundred_lines_of_one_kind() {
        let log = written(LogFormat::Text, || {
            for at in 0..5_000 {
                tracing::warn!(event = "sign-in-failed", address = format!("10.0.{}.{}", at / 250, at % 250));
            }
            tracing::error!("the disk is full");
        });
        assert_eq!(log.lines().filter(|line| line.contains("address")).count(), 100);
        assert!(log.contains("the disk is full") && log.contains("left_out=4900"), "{log}");
    }

    #[test]
    fn a_line_is_short_and_stays_one_line_whatever_a_stranger_wrote() {
        let evil = format!("\u{1b}[2J\u{202e}a\nINFO all is well {}", "ğ".repeat(100_000));
        for format in [LogFormat::Text, LogFormat::Json] {
            let log = written(format, || tracing::warn!(path = %evil, "look"));
            assert_eq!(log.lines().count(), 1, "{log}");
            assert!(log.len() < 6_000, "{} bytes", log.len());
            assert!(!log.contains(['\u{1b}', '\u{202e}']) && log.contains("look"), "{log}");
        }
        let json = written(LogFormat::Json, || tracing::warn!(path = %evil, "look"));
        let line: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(line["message"], "look");
        assert!(line["path"].as_str().unwrap().ends_with('…'));
    }

    /// A pipe that nobody empties.
    struct Stuck(SyncSender<()>, Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(());
            let _ = self.1.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_holds_nobody_up_and_says_afterwards_what_was_lost() {
        let (begun, begins) = sync_channel(1);
        let (let_go, released) = sync_channel(0);
        let (told, lost) = sync_channel(16);
        let pen = Pen::start(Stuck(begun, released), move |count| _ = told.try_send(count)).unwrap();
        pen.line(b"first\n");
        begins.recv().unwrap();
        for _ in 0..10_000 {
            pen.line(b"more\n");
        }
        pen.finish(Duration::from_millis(50));
        drop((let_go, begins));
        assert!(lost.iter().any(|count| count > 8_000), "nothing is said of the lost lines");
    }
}
