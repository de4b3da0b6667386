//! Events that the database has not taken yet, in a file beside the data: one line each, checksummed and synced, so that
//! neither a kill nor a stop while the database is away loses one. Reading them into the database twice is reading them
//! once, since an event is known by its id; so a place in the file need not be remembered.
//!
//! Room is reserved while there is some: the disk that fills the database is often the disk this file lies on.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use pbx::event::Event;
use rustix::fs::{FallocateFlags, fallocate};
use sha2::{Digest, Sha256};

/// Most bytes of the file; what does not fit stays in memory, and new calls are refused.
const MOST: u64 = 256 * 1024 * 1024;
/// Letters of the checksum before each line.
const MARK: usize = 16;
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
}

/// Events, each with the place where its line ends.
type Lines = Vec<(u64, Event)>;

/// Events read from the file, and where the next ones begin.
#[derive(Debug)]
pub struct Read {
    /// In the order they happened.
    pub events: Vec<Event>,
    upto: u64,
}

impl Spool {
    /// Opens the file, for its owner only, and counts what an earlier run left in it. A line that a crash tore ends it;
    /// a damaged one costs itself.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(path: &Path, reserve: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut spool = Self { file, reserve, taken: 0, end: 0, waiting: 0 };
        spool.keep_room();
        while let Some((end, lines)) = spool.whole_lines(spool.end)? {
            spool.end = end;
            spool.waiting += lines.len();
        }
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
        let text: String = events.iter().filter_map(|event| line(event).ok()).collect();
        if self.end + text.len() as u64 > MOST {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(text.as_bytes(), self.end)?;
        self.file.sync_data()?;
        self.end += text.len() as u64;
        self.waiting += events.len();
        Ok(())
    }

    /// The oldest that wait, at most `most`; `None` when none do.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn oldest(&self, most: usize) -> io::Result<Option<Read>> {
        self.read(self.taken, most)
    }

    fn read(&self, from: u64, most: usize) -> io::Result<Option<Read>> {
        if from >= self.end {
            return Ok(None);
        }
        let Some((_, mut lines)) = self.whole_lines(from)? else { return Ok(None) };
        // Behind the end may lie what could not be synced.
        lines.retain(|(end, _)| *end <= self.end);
        lines.truncate(most);
        let upto = lines.last().map_or(from, |(end, _)| *end);
        Ok(Some(Read { events: lines.into_iter().map(|(_, event)| event).collect(), upto }))
    }

    /// Those after what was read, which still counts as waiting.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn next(&self, read: &Read, most: usize) -> io::Result<Option<Read>> {
        self.read(read.upto, most)
    }

    /// What was read is in the database now.
    ///
    /// # Errors
    /// When the disk refuses; the events are then taken once more after the next start, which changes nothing.
    pub fn take(&mut self, read: &Read) -> io::Result<()> {
        self.taken = read.upto;
        self.waiting -= read.events.len();
        if self.waiting == 0 { self.clear() } else { Ok(()) }
    }

    /// Empties the file without giving its room back to others.
    ///
    /// # Errors
    /// When the disk refuses; the events are then read once more after the next start.
    pub fn clear(&mut self) -> io::Result<()> {
        self.waiting = 0;
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

    /// Whole lines from a place on, with the place after each, without damaged ones; `None` where none follows.
    fn whole_lines(&self, from: u64) -> io::Result<Option<(u64, Lines)>> {
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
        let (mut lines, mut at) = (Vec::new(), from);
        for text in bytes[..filled].split_inclusive(|byte| *byte == b'\n') {
            if !text.ends_with(b"\n") {
                break;
            }
            at += text.len() as u64;
            lines.extend(read_line(text).map(|event| (at, event)));
        }
        Ok((!lines.is_empty()).then_some((at, lines)))
    }
}

fn mark(body: &[u8]) -> String {
    let sum = Sha256::digest(body);
    sum.iter().take(MARK / 2).map(|byte| format!("{byte:02x}")).collect()
}

fn line(event: &Event) -> serde_json::Result<String> {
    let body = store::journal_body(event)?;
    Ok(format!("{} {body}\n", mark(body.as_bytes())))
}

fn read_line(text: &[u8]) -> Option<Event> {
    let text = text.strip_suffix(b"\n")?;
    let (sum, body) = (text.get(..MARK)?, text.get(MARK + 1..)?);
    if sum != mark(body).as_bytes() {
        return None;
    }
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use pbx::event::What;
    use pbx::id::{CallId, UserId};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("santral-spool-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn spool(&self, reserve: u64) -> Spool {
            Spool::open(&self.0.join("spool"), reserve).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn event(n: u64) -> Event {
        let what = What::CallHeld { call: CallId::new(format!("c_{n}")), agent: UserId::new("zeynep") };
        Event { id: format!("evt_{n}"), at: 0, rev: n, what }
    }

    fn ids(spool: &Spool, most: usize) -> Vec<u64> {
        let read = spool.oldest(most).unwrap();
        read.map_or_else(Vec::new, |read| read.events.iter().map(|event| event.rev).collect())
    }

    #[test]
    fn events_come_back_in_order_in_parts_and_after_a_restart() {
        let folder = Folder::new("order");
        let mut spool = folder.spool(1 << 20);
        spool.append(&[event(1), event(2)]).unwrap();
        spool.append(&[event(3)]).unwrap();
        assert_eq!((ids(&spool, 2), ids(&spool, 9)), (vec![1, 2], vec![1, 2, 3]));
        let first = spool.oldest(2).unwrap().unwrap();
        spool.take(&first).unwrap();
        assert_eq!((spool.waiting(), ids(&spool, 9)), (1, vec![3]));
        // What was taken but not wiped comes once more.
        let mut again = folder.spool(1 << 20);
        assert_eq!((again.waiting(), ids(&again, 9)), (3, vec![1, 2, 3]));
        let all = again.oldest(9).unwrap().unwrap();
        again.take(&all).unwrap();
        assert_eq!(folder.spool(1 << 20).waiting(), 0);
        again.append(&[event(4)]).unwrap();
        assert_eq!(ids(&folder.spool(1 << 20), 9), [4]);
    }

    #[test]
    fn a_torn_line_ends_the_file_and_a_damaged_one_costs_only_itself() {
        let folder = Folder::new("torn");
        let mut spool = folder.spool(0);
        spool.append(&(1..=5).map(event).collect::<Vec<_>>()).unwrap();
        let whole = std::fs::read(folder.0.join("spool")).unwrap();
        let line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in 4 * line..whole.len() {
            std::fs::write(folder.0.join("spool"), &whole[..cut]).unwrap();
            assert_eq!(ids(&folder.spool(0), 9), [1, 2, 3, 4], "cut at {cut}");
        }
        let mut damaged = whole;
        damaged[2 * line + MARK + 9] ^= 1;
        std::fs::write(folder.0.join("spool"), &damaged).unwrap();
        let mut spool = folder.spool(0);
        assert_eq!(ids(&spool, 9), [1, 2, 4, 5]);
        spool.append(&[event(6)]).unwrap();
        assert_eq!(ids(&folder.spool(0), 9), [1, 2, 4, 5, 6]);
    }

    #[test]
    fn a_file_longer_than_one_look_is_read_whole() {
        let folder = Folder::new("long");
        let mut spool = folder.spool(4096);
        let all: Vec<Event> = (0..5_000).map(event).collect();
        for part in all.chunks(64) {
            spool.append(part).unwrap();
        }
        let mut spool = folder.spool(4096);
        assert_eq!(spool.waiting(), all.len());
        let mut seen = Vec::new();
        while let Some(read) = spool.oldest(512).unwrap() {
            spool.take(&read).unwrap();
            seen.extend(read.events.iter().map(|event| event.rev));
        }
        assert_eq!(seen, (0..5_000).collect::<Vec<_>>());
        assert_eq!((spool.waiting(), std::fs::metadata(folder.0.join("spool")).unwrap().len()), (0, 4096));
    }

    #[test]
    fn the_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("mode");
        drop(folder.spool(0));
        let mode = std::fs::metadata(folder.0.join("spool")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
