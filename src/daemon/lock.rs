//! One daemon per data folder, per database file and per folder of recordings: locks that the system takes away with the
//! process that holds them. They lie beside what they protect, so that two daemons meet there whatever else they share.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// In the data folder.
const DATA: &str = "lock";
/// In the folder of recordings, which may be a data folder too.
const RECORDINGS: &str = ".lock";
/// Behind the name of a database's file.
const DATABASE: &str = ".lock";

/// The locks; given back when dropped.
#[derive(Debug)]
pub struct Lock {
    files: Vec<File>,
}

/// What two daemons cannot share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The data folder.
    Data,
    /// A database that is a file.
    Database,
    /// The folder of recordings.
    Recordings,
}

/// Why it is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error("{} is in use by another santral ({holder})", path.display())]
    Held {
        /// What.
        place: Place,
        /// Which one.
        path: PathBuf,
        /// What the other one wrote down: `pid 4711`.
        holder: String,
    },
    /// The folder cannot be used.
    #[error("cannot lock the data folder {}: {error}", folder.display())]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// The system's word.
        error: io::Error,
    },
}

/// Takes the data folder, or says who has it.
///
/// # Errors
/// [`LockError`].
pub fn take(data: &Path) -> Result<Lock, LockError> {
    let taken = std::fs::create_dir_all(data).and_then(|()| try_take(&data.join(DATA)));
    match taken {
        Ok(Ok(file)) => Ok(Lock { files: vec![file] }),
        Ok(Err(holder)) => Err(LockError::Held { place: Place::Data, path: data.to_owned(), holder }),
        Err(error) => Err(LockError::Folder { folder: data.to_owned(), error }),
    }
}

impl Lock {
    /// Takes the database's file as well. One that cannot be locked (its folder is missing or may not be written to)
    /// cannot be opened either, and says so in its own words then.
    ///
    /// # Errors
    /// [`LockError::Held`].
    pub fn and_database(self, file: &Path) -> Result<Self, LockError> {
        // The same file by another name is the same file.
        let real = file.canonicalize().or_else(|_| beside(file)).unwrap_or_else(|_| file.to_owned());
        let mut name = real.into_os_string();
        name.push(DATABASE);
        self.and(Place::Database, file, Path::new(&name))
    }

    /// Takes the folder of recordings as well. One that cannot be written to now is looked at again all the time.
    ///
    /// # Errors
    /// [`LockError::Held`].
    pub fn and_recordings(self, folder: &Path) -> Result<Self, LockError> {
        self.and(Place::Recordings, folder, &folder.join(RECORDINGS))
    }

    fn and(mut self, place: Place, path: &Path, lock: &Path) -> Result<Self, LockError> {
        let folder = lock.parent().map_or(Ok(()), |folder| match place {
            Place::Recordings => std::fs::create_dir_all(folder),
            Place::Data | Place::Database => Ok(()),
        });
        match folder.and_then(|()| try_take(lock)) {
            Ok(Ok(file)) => self.files.push(file),
            Ok(Err(holder)) => return Err(LockError::Held { place, path: path.to_owned(), holder }),
            Err(error) => {
                tracing::warn!(%error, ?place, "cannot be locked; another santral on it would not be noticed");
            }
        }
        Ok(self)
    }
}

/// The place of a file that is not there yet.
fn beside(file: &Path) -> io::Result<PathBuf> {
    let (folder, name) = (file.parent().unwrap_or(Path::new(".")), file.file_name().unwrap_or_default());
    Ok(folder.canonicalize()?.join(name))
}

fn try_take(lock: &Path) -> io::Result<Result<File, String>> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(lock)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            return Ok(Err(holder.trim().to_owned()));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Who holds it is a courtesy: a full disk must not keep anybody from starting.
    let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "pid {}", std::process::id()));
    Ok(Ok(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("santral-lock-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn the_second_one_is_told_who_has_the_folder_and_gets_it_when_the_first_is_gone() {
        let data = folder("data");
        let first = take(&data).unwrap();
        let Err(LockError::Held { holder, .. }) = take(&data) else { panic!("taken twice") };
        assert_eq!(holder, format!("pid {}", std::process::id()));
        drop(first);
        take(&data).unwrap();
        std::fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn a_database_by_another_name_and_recordings_in_a_data_folder_are_taken_once() {
        let root = folder("shared");
        let (one, other) = (root.join("one"), root.join("other"));
        std::fs::create_dir_all(&one).unwrap();
        let (database, link) = (one.join("santral.db"), root.join("link.db"));
        std::fs::write(&database, "").unwrap();
        std::os::unix::fs::symlink(&database, &link).unwrap();
        let first = take(&one).unwrap().and_database(&database).unwrap().and_recordings(&one).unwrap();
        let second = take(&other).unwrap();
        let Err(LockError::Held { place, .. }) = second.and_database(&link) else { panic!("taken twice") };
        assert_eq!(place, Place::Database);
        let Err(LockError::Held { place, .. }) = take(&other).unwrap().and_recordings(&one) else {
            panic!("taken twice")
        };
        assert_eq!(place, Place::Recordings);
        drop(first);
        take(&other).unwrap().and_database(&link).unwrap().and_recordings(&one).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
    }
}
