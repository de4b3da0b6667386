//! Notices that a file of the configuration changed. Whoever owns a timer asks it, every 300 ms to 1 s.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How deep sounds lie: `sounds/tr/menu.wav`.
const DEEPEST: usize = 3;

/// What is seen of a file without reading it. The change time moves even when an editor sets the modification time back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Watches a folder by looking at it.
///
/// A change is told once, and only after two looks in a row saw the same: an editor that writes three files, or one
/// file in two goes, causes one reload and not one of half a file.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    last: BTreeMap<PathBuf, Seen>,
    settling: bool,
}

impl Watch {
    /// Begins with the folder as it is now.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let last = look(&folder);
        Self { folder, last, settling: false }
    }

    /// Whether the files changed since the last time this was true, and have come to rest.
    pub fn changed(&mut self) -> bool {
        let now = look(&self.folder);
        if now != self.last {
            self.last = now;
            self.settling = true;
            return false;
        }
        std::mem::take(&mut self.settling)
    }
}

fn look(folder: &Path) -> BTreeMap<PathBuf, Seen> {
    let mut seen = BTreeMap::new();
    look_into(folder, DEEPEST, &mut seen);
    seen
}

fn look_into(folder: &Path, depth: usize, seen: &mut BTreeMap<PathBuf, Seen>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() && depth > 1 {
            look_into(&path, depth - 1, seen);
        } else if metadata.is_file() && is_ours(&path) {
            let modified = (metadata.mtime(), metadata.mtime_nsec());
            let changed = (metadata.ctime(), metadata.ctime_nsec());
            seen.insert(path, Seen { size: metadata.size(), inode: metadata.ino(), modified, changed });
        }
    }
}

/// Files that a loading reads; an editor's swap file beside them is nobody's business.
fn is_ours(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let read = path.extension().is_some_and(|kind| kind == "toml" || kind == "ics" || kind == "wav");
    read && !hidden
}
