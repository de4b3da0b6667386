//! One event in the file: checksum, blank, JSON, end of line. A line is whole when its checksum says so.

use pbx::event::Event;
use sha2::{Digest, Sha256};

/// Letters of the checksum before each line.
pub(super) const MARK: usize = 16;

/// An event as the file holds it: checksum, blank, JSON, end of line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// `None` for an event that cannot be written as JSON.
    pub fn of(event: &Event) -> Option<Self> {
        let body = store::journal_body(event).ok()?;
        Some(Self(format!("{} {body}\n", mark(body.as_bytes()))))
    }

    /// The whole line that ends here; what lies before it may be damaged or never written.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let line = text.rsplit(|byte| *byte == 0).next()?;
        let body = line.strip_suffix(b"\n")?.get(MARK + 1..)?;
        let line = str::from_utf8(line).ok()?;
        (line.get(..MARK)? == mark(body)).then(|| Self(line.to_owned()))
    }

    pub(super) fn event(&self) -> Option<Event> {
        serde_json::from_str(self.0.get(MARK + 1..)?).ok()
    }

    pub(super) fn mark(&self) -> String {
        self.0.chars().take(MARK).collect()
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// The checksum before a line's JSON.
pub(crate) fn mark(body: &[u8]) -> String {
    let sum = Sha256::digest(body);
    sum.iter().take(MARK / 2).map(|byte| format!("{byte:02x}")).collect()
}
