//! The demo's folder: a new one, an empty one, or one of its own. It gives the sample people new passwords, so it must never
//! open a folder in which somebody works; and a folder that `santral serve` has worked in is the demo's no longer.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::config::words::{self, Language};
use crate::serve::StartError;

/// The file that marks a folder as the demo's.
const MARK: &str = "santral-demo.txt";

/// Opens the folder asked for, or makes a temporary one, which is given back a second time: it is to be removed at the end.
pub fn open(asked: Option<&Path>) -> Result<(PathBuf, Option<PathBuf>), StartError> {
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |error| StartError::Folder { path, error }
    };
    let Some(asked) = asked else {
        let data = std::env::temp_dir().join(format!("santral-demo-{}", uuid::Uuid::now_v7()));
        mark(&data).map_err(refused(&data))?;
        return Ok((data.clone(), Some(data)));
    };
    if !is_free(asked).map_err(refused(asked))? {
        return Err(StartError::NotADemo(asked.to_owned()));
    }
    mark(asked).map_err(refused(asked))?;
    Ok((asked.canonicalize().map_err(refused(asked))?, None))
}

/// Whether the folder is not there, empty, or the demo's own. A file without a byte is nothing either: the shell has just
/// opened it for our own log.
fn is_free(folder: &Path) -> io::Result<bool> {
    let holds_nothing = |entry: io::Result<fs::DirEntry>| {
        entry.and_then(|entry| entry.metadata()).is_ok_and(|about| about.is_file() && about.len() == 0)
    };
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(folder.join(MARK).is_file() || entries.all(holds_nothing)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Somebody works here now: the demo must not come back.
pub fn give_up(folder: &Path) {
    let _ = fs::remove_file(folder.join(MARK));
}

/// Marks it before anything else is written, so that a demo that was cut off finds its folder again.
fn mark(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let about = |language| words::of(language).text("demo", "about").unwrap_or_default();
    fs::write(folder.join(MARK), format!("{}\n{}\n", about(Language::Turkish), about(Language::English)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_and_its_own_are_taken_and_any_other_is_left_alone() {
        let place = std::env::temp_dir().join(format!("santral-demo-folder-{}", std::process::id()));
        let new = place.join("yeni");
        assert_eq!(open(Some(&new)).unwrap().1, None);
        fs::write(new.join("santral.db"), "rows").unwrap();
        assert!(open(Some(&new)).is_ok(), "its own folder is taken again");

        let used = place.join("is");
        fs::create_dir_all(&used).unwrap();
        fs::write(used.join("log.txt"), "").unwrap();
        assert!(open(Some(&used)).is_ok(), "an empty folder is taken, the log the shell opened in it or not");
        fs::write(used.join("santral.db"), "rows").unwrap();
        give_up(&used);
        assert!(matches!(open(Some(&used)), Err(StartError::NotADemo(_))));
        assert_eq!(fs::read_dir(&used).unwrap().count(), 2, "nothing was written");
        assert!(matches!(open(Some(&used.join("santral.db"))), Err(StartError::Folder { .. })));
        fs::remove_dir_all(&place).unwrap();
    }
}
