//! One daemon per data folder: a lock that the system takes away with the process that holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const FILE: &str = "lock";

/// The lock; given back when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error("{} is in use by another santral ({holder})", folder.display())]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// What the other one wrote down: `process 4711`.
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

/// Takes the folder, or says who has it.
///
/// # Errors
/// [`LockError`].
pub fn take(data: &Path) -> Result<Lock, LockError> {
    match try_take(data) {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(holder)) => Err(LockError::Held { folder: data.to_owned(), holder }),
        Err(error) => Err(LockError::Folder { folder: data.to_owned(), error }),
    }
}

fn try_take(data: &Path) -> io::Result<Result<Lock, String>> {
    std::fs::create_dir_all(data)?;
    let path = data.join(FILE);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
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
    Ok(Ok(Lock { _file: file }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_is_told_who_has_the_folder_and_gets_it_when_the_first_is_gone() {
        let data = std::env::temp_dir().join(format!("santral-lock-{}", std::process::id()));
        let first = take(&data).unwrap();
        let Err(LockError::Held { holder, .. }) = take(&data) else { panic!("taken twice") };
        assert_eq!(holder, format!("pid {}", std::process::id()));
        drop(first);
        take(&data).unwrap();
        std::fs::remove_dir_all(&data).unwrap();
    }
}
