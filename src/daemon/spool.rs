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
use sha2::{Digest, Sha256};

/// Most bytes of the file; what does not fit stays in memory, and new calls are refused.
const MOST: u64 = 256 * 1024 * 1024;
/// Letters of the checksum before each line.
const MARK: usize = 16;
/// Bytes read at once. A line is at most a few kilobytes.
const CHUNK: usize = 256 * 1024;

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
    fn read(text: &[u8]) -> Option<Self> {
        let line = text.rsplit(|byte| *byte == 0).next()?;
        let body = line.strip_suffix(b"\n")?.get(MARK + 1..)?;
        let line = str::from_utf8(line).ok()?;
        (line.get(..MARK)? == mark(body)).then(|| Self(line.to_owned()))
    }

    fn event(&self) -> Option<Event> {
        serde_json::from_str(self.0.get(MARK + 1..)?).ok()
    }

    fn mark(&self) -> String {
        self.0.chars().take(MARK).collect()
    }
}

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
        let text: String = lines.iter().map(|line| line.0.as_str()).collect();
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

/// The checksum before a line's JSON.
pub(crate) fn mark(body: &[u8]) -> String {
    let sum = Sha256::digest(body);
    sum.iter().take(MARK / 2).map(|byte| format!("{byte:02x}")).collect()
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

    /// A damaged stretch of any length, of zeros or of anything else, at the start, in the middle, or where two looks meet,
    /// costs the lines it lies on.
    #[test]
    fn a_damaged_stretch_longer_than_one_look_costs_only_its_own_lines() {
        let all: Vec<Event> = (0..4_500).map(event).collect();
        let whole: String = all.iter().map(|event| Line::of(event).unwrap().0).collect();
        let place =
            |n: usize| whole.as_bytes().split_inclusive(|byte| *byte == b'\n').take(n).map(<[u8]>::len).sum::<usize>();
        for (first, last) in [(0, 0), (0, 2_000), (1_700, 1_710), (500, 2_600), (1_000, 4_498)] {
            for (filler, cut) in [(0, 0), (0, 7), (b'x', 0), (b'x', 7), (b'\n', 7)] {
                let folder = Folder::new("stretch");
                let (from, to) = (place(first) + cut, place(last + 1) - cut);
                let mut bytes = whole.clone().into_bytes();
                bytes[from..to].fill(filler);
                std::fs::write(folder.0.join("spool"), &bytes).unwrap();
                let mut spool = folder.spool(0);
                let mut seen = Vec::new();
                while let Some(read) = spool.oldest(512).unwrap() {
                    seen.extend(read.events.iter().map(|event| event.rev));
                    spool.take(&read).unwrap();
                }
                let mut left: Vec<u64> = (0..4_500).filter(|n| !(first as u64..=last as u64).contains(n)).collect();
                // Without the end of a line before it, the next one is not known for one.
                if (filler, cut) == (b'x', 0) {
                    left.retain(|n| *n != last as u64 + 1);
                }
                assert_eq!((seen.len(), spool.waiting()), (left.len(), 0), "{first}..{last} by {filler}, {cut}");
                assert_eq!(seen, left);
            }
        }
    }

    #[test]
    fn what_can_no_longer_be_read_is_given_up_and_what_comes_later_is_not() {
        let folder = Folder::new("lost");
        let mut spool = folder.spool(0);
        spool.append(&[event(1), event(2)]).unwrap();
        std::fs::write(folder.0.join("spool"), b"").unwrap();
        assert!(spool.oldest(9).unwrap().is_none());
        assert_eq!(spool.give_up(), 2);
        spool.append(&[event(3)]).unwrap();
        assert_eq!((spool.waiting(), ids(&spool, 9)), (1, vec![3]));
        let read = spool.oldest(9).unwrap().unwrap();
        spool.take(&read).unwrap();
        assert_eq!(spool.waiting(), 0);
    }

    #[test]
    fn an_event_of_another_version_is_handed_on_as_it_is() {
        let folder = Folder::new("foreign");
        let body = r#"{"id":"evt_9","at":0,"rev":9,"what":{"type":"call.beamed"}}"#;
        let line = format!("{} {body}\n", mark(body.as_bytes()));
        std::fs::write(folder.0.join("spool"), &line).unwrap();
        let mut spool = folder.spool(0);
        spool.append(&[event(1)]).unwrap();
        let read = spool.oldest(9).unwrap().unwrap();
        assert_eq!((read.events.len(), read.foreign.len(), spool.waiting()), (1, 1, 2));
        let mut aside = Spool::open_once(&folder.0.join("aside")).unwrap();
        aside.append_lines(&read.foreign).unwrap();
        aside.append_lines(&read.foreign).unwrap();
        let mut again = Spool::open_once(&folder.0.join("aside")).unwrap();
        again.append_lines(&read.foreign).unwrap();
        assert_eq!((aside.waiting(), again.waiting()), (1, 1));
        assert_eq!(std::fs::read_to_string(folder.0.join("aside")).unwrap(), line);
        spool.take(&read).unwrap();
        assert_eq!(spool.waiting(), 0);
    }

    /// A device that reads as zeros without end and refuses every write.
    #[test]
    fn a_full_device_is_opened_and_refuses() {
        let mut spool = Spool::open(Path::new("/dev/full"), 4096).unwrap();
        assert!(spool.append(&[event(1)]).is_err());
        assert_eq!(spool.waiting(), 0);
        assert!(spool.oldest(9).unwrap().is_none());
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
