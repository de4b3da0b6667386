//! Events that the database has not taken yet, in a file beside the data: one line each, checksummed and synced, so that
//! neither a kill nor a stop while the database is away loses one. Reading them into the database twice is reading them
//! once, since an event is known by its id; so a place in the file need not be remembered.
//!
//! Room is reserved while there is some: the disk that fills the database is often the disk this file lies on.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use pbx::event::Event;
use rustix::fs::{FallocateFlags, fallocate};

mod line;

pub use line::Line;
#[cfg(test)]
pub(crate) use line::mark;

/// Most bytes of the file; what does not fit stays in memory, and new calls are refused.
const MOST: u64 = 256 * 1024 * 1024;
/// Bytes read at once. A line is at most a few kilobytes.
const CHUNK: usize = 256 * 1024;

/// The file.
#[derive(Debug)]
pub struct Spool {
    file: File,
    /// Bytes kept free for it on the disk.
    reserve: u64,
    /// What lies before this has been taken.
    taken: u64,
    /// Where the next line goes.
    end: u64,
    /// Lines between the two.
    waiting: usize,
    /// Checksums of the lines, where none is to be there twice.
    once: Option<HashSet<String>>,
}

/// Part of the file.
struct Stretch {
    /// Whole lines, each with the place after it.
    lines: Vec<(u64, Line)>,
    /// Where to read on: behind the last line, or behind what is none.
    next: u64,
}

/// Events read from the file, and where the next ones begin.
#[derive(Debug)]
pub struct Read {
    /// In the order they happened.
    pub events: Vec<Event>,
    /// Whole lines of events that this program does not know: another version wrote them.
    pub foreign: Vec<Line>,
    upto: u64,
}

impl Spool {
    /// Opens the file, for its owner only, and counts what an earlier run left in it. A line that a crash tore ends it;
    /// damaged ones, however many, cost themselves.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(path: &Path, reserve: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut spool = Self { file, reserve, taken: 0, end: 0, waiting: 0, once: None };
        spool.keep_room();
        // What is no file (a device) has no length, and nothing is looked for in it.
        let length = spool.file.metadata()?.len().min(MOST);
        let mut at = 0;
        while at < length {
            let Some(stretch) = spool.stretch(at)? else { break };
            spool.waiting += stretch.lines.len();
            spool.end = stretch.lines.last().map_or(spool.end, |(end, _)| *end);
            at = stretch.next;
        }
        Ok(spool)
    }

    /// The same; a line that is in the file already is not added again.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open_once(path: &Path) -> io::Result<Self> {
        let mut spool = Self::open(path, 0)?;
        let (mut once, mut at) = (HashSet::new(), 0);
        while at < spool.end {
            let Some(stretch) = spool.stretch(at)? else { break };
            once.extend(stretch.lines.iter().map(|(_, line)| line.mark()));
            at = stretch.next;
        }
        spool.once = Some(once);
        Ok(spool)
    }

    /// How many events wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds events. When this returns they survive a power cut; after an error none of them counts as kept.
    ///
    /// # Errors
    /// When the disk refuses, or the file has grown to its limit.
    pub fn append(&mut self, events: &[Event]) -> io::Result<()> {
        let lines: Vec<Line> = events.iter().filter_map(Line::of).collect();
        self.append_lines(&lines)
    }

    /// Adds lines, as [`Spool::append`].
    ///
    /// # Errors
    /// When the disk refuses, or the file has grown to its limit.
    pub fn append_lines(&mut self, lines: &[Line]) -> io::Result<()> {
        let is_new = |line: &&Line| self.once.as_ref().is_none_or(|once| !once.contains(&line.mark()));
        let lines: Vec<&Line> = lines.iter().filter(is_new).collect();
        let text: String = lines.iter().map(|line| line.text()).collect();
        if self.end + text.len() as u64 > MOST {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(text.as_bytes(), self.end)?;
        self.file.sync_data()?;
        self.end += text.len() as u64;
        self.waiting += lines.len();
        if let Some(once) = &mut self.once {
            once.extend(lines.iter().map(|line| line.mark()));
        }
        Ok(())
    }

    /// The oldest that wait, at most `most`; `None` when there are none, or none that can be read.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn oldest(&self, most: usize) -> io::Result<Option<Read>> {
        self.read(self.taken, most)
    }

    /// Those after what was read, which still counts as waiting.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn next(&self, read: &Read, most: usize) -> io::Result<Option<Read>> {
        self.read(read.upto, most)
    }

    fn read(&self, from: u64, most: usize) -> io::Result<Option<Read>> {
        let mut at = from;
        while at < self.end {
            let Some(Stretch { mut lines, next }) = self.stretch(at)? else { break };
            // Behind the end may lie what could not be synced.
            lines.retain(|(end, _)| *end <= self.end);
            lines.truncate(most);
            if let Some((upto, _)) = lines.last() {
                let mut read = Read { events: Vec::new(), foreign: Vec::new(), upto: *upto };
                for (_, line) in lines {
                    match line.event() {
                        Some(event) => read.events.push(event),
                        None => read.foreign.push(line),
                    }
                }
                return Ok(Some(read));
            }
            at = next;
        }
        Ok(None)
    }

    /// What was read is in the database now, or in another file.
    ///
    /// # Errors
    /// When the disk refuses; the events are then taken once more after the next start, which changes nothing.
    pub fn take(&mut self, read: &Read) -> io::Result<()> {
        self.taken = read.upto;
        self.waiting = self.waiting.saturating_sub(read.events.len() + read.foreign.len());
        if self.waiting == 0 { self.clear() } else { Ok(()) }
    }

    /// Waits no longer for lines that cannot be read any more; how many. They stay in the file until it is emptied.
    pub fn give_up(&mut self) -> usize {
        self.taken = self.end;
        std::mem::take(&mut self.waiting)
    }

    /// The same file with other lines, all at once: a crash finds the old ones or the new ones.
    ///
    /// # Errors
    /// When the disk refuses; the file is as it was.
    pub fn replace(&mut self, path: &Path, lines: &[Line]) -> io::Result<()> {
        let beside = path.with_extension("new");
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut spool = Self::open_once(&beside)?;
        spool.append_lines(lines)?;
        std::fs::rename(&beside, path)?;
        *self = spool;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Empties the file without giving its room back to others.
    ///
    /// # Errors
    /// When the disk refuses; the events are then read once more after the next start.
    pub fn clear(&mut self) -> io::Result<()> {
        self.waiting = 0;
        self.once.iter_mut().for_each(HashSet::clear);
        let zeros = [0; 4096];
        let mut at = 0;
        while at < self.end {
            let length = usize::try_from(self.end - at).unwrap_or(zeros.len()).min(zeros.len());
            self.file.write_all_at(&zeros[..length], at)?;
            at += length as u64;
        }
        (self.taken, self.end) = (0, 0);
        if self.file.metadata()?.len() > self.reserve {
            self.file.set_len(self.reserve)?;
        }
        self.file.sync_data()
    }

    /// A disk that cannot give the room now, or a file system that does not know how, is no reason not to start.
    fn keep_room(&self) {
        if self.reserve > 0 {
            let _ = fallocate(&self.file, FallocateFlags::empty(), 0, self.reserve);
        }
    }

    /// What the next [`CHUNK`] bytes hold; `None` at the end of the file.
    fn stretch(&self, from: u64) -> io::Result<Option<Stretch>> {
        let mut bytes = vec![0; CHUNK];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(&mut bytes[filled..], from + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let bytes = &bytes[..filled];
        let mut stretch = Stretch { lines: Vec::new(), next: from };
        for text in bytes.split_inclusive(|byte| *byte == b'\n').filter(|text| text.ends_with(b"\n")) {
            stretch.next += text.len() as u64;
            stretch.lines.extend(Line::read(text).map(|line| (stretch.next, line)));
        }
        if stretch.next == from {
            // No line ends here. One may begin behind the last byte that was never written; damage is passed over.
            stretch.next += bytes.iter().rposition(|byte| *byte == 0).map_or(filled, |at| at + 1) as u64;
        }
        Ok((filled > 0).then_some(stretch))
    }
}

#[cfg(test)]
mod tests;
