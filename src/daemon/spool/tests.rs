use std::path::PathBuf;

use pbx::event::What;
use pbx::id::{CallId, UserId};

use super::line::MARK;
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
    let whole: String = all.iter().map(|event| Line::of(event).unwrap().text().to_owned()).collect();
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
