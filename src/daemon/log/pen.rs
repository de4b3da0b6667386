//! Lines on their way out: bounded, harmless, and written by a thread of its own, so that a reader that stops reading
//! stops nobody.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::clock;

/// Lines that wait; what comes beyond is lost and counted.
const WAITING: usize = 1_024;
/// Longest line, characters.
const LONGEST: usize = 2_000;
/// Longest text in a line that was too long and is JSON, characters.
const LONGEST_TEXT: usize = 200;
/// How often it is told what was lost.
const TOLD: Duration = Duration::from_secs(5);
/// Between two looks whether the last lines are out.
const LOOK: Duration = Duration::from_millis(5);

enum Note {
    Line(String),
    /// Answered when everything before it is written.
    Done(SyncSender<()>),
}

/// The way to the writing thread.
#[derive(Clone)]
pub(super) struct Pen {
    notes: SyncSender<Note>,
    lost: Arc<AtomicU64>,
}

impl Pen {
    /// Starts the thread. `tell` is called now and then with the number of lines lost since the last time.
    pub fn start(out: impl Write + Send + 'static, tell: impl FnMut(u64) + Send + 'static) -> io::Result<Self> {
        let (notes, inbox) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = lost.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&inbox, out, &counted, tell))?;
        Ok(Self { notes, lost })
    }

    /// Takes a line, or counts it as lost when too many wait.
    pub fn line(&self, bytes: &[u8]) {
        if let Err(TrySendError::Full(_)) = self.notes.try_send(Note::Line(fit(bytes))) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything is written, or for so long.
    pub fn finish(&self, limit: Duration) {
        let until = clock::instant() + limit;
        let (done, written) = sync_channel(1);
        let mut note = Note::Done(done);
        while let Err(TrySendError::Full(again)) = self.notes.try_send(note) {
            if clock::instant() >= until {
                return;
            }
            note = again;
            std::thread::park_timeout(LOOK);
        }
        let _ = written.recv_timeout(until.saturating_duration_since(clock::instant()));
    }
}

impl io::Write for Pen {
    /// One call brings one event's whole line.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Pen {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn write(inbox: &Receiver<Note>, mut out: impl Write, lost: &AtomicU64, mut tell: impl FnMut(u64)) {
    let mut due = clock::instant() + TOLD;
    loop {
        match inbox.recv_timeout(due.saturating_duration_since(clock::instant())) {
            // Nobody can be told that the log cannot be written.
            Ok(Note::Line(line)) => drop(out.write_all(line.as_bytes())),
            Ok(Note::Done(done)) => {
                let _ = out.flush();
                let _ = done.try_send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                tell(lost.swap(0, Ordering::Relaxed));
                return;
            }
        }
        if clock::instant() >= due {
            due = clock::instant() + TOLD;
            tell(lost.swap(0, Ordering::Relaxed));
        }
    }
}

/// A line as it may stand in a log: one line, of bounded length, without characters that move a cursor or turn text.
fn fit(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let long = text.chars().nth(LONGEST).is_some();
    let shortened = if long { shortened(text) } else { None };
    let text = shortened.as_deref().unwrap_or(text);
    let mut line = String::with_capacity(text.len() + 1);
    for letter in text.chars().take(LONGEST) {
        if crm::text::is_disturbing(letter) {
            line.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            line.push(letter);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line.push('\n');
    line
}

/// The same JSON object with its long texts cut; `None` for what is none.
fn shortened(text: &str) -> Option<String> {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else { return None };
    for field in fields.values_mut() {
        if let Value::String(text) = field
            && let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT)
        {
            text.truncate(at);
            text.push('…');
        }
    }
    serde_json::to_string(&fields).ok()
}
