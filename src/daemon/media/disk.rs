//! The disk as the recorder needs it; a test puts a full one in its place.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// Files by path.
pub(super) trait Disk {
    /// An open file.
    type File: Read + Write + Seek;

    /// A new file and the folders above it; an error when it exists already.
    fn create(&mut self, path: &Path) -> io::Result<Self::File>;

    /// An existing file, for reading and writing from its start.
    fn open(&mut self, path: &Path) -> io::Result<Self::File>;

    /// Cuts a file off at `length` bytes.
    fn cut(&mut self, path: &Path, length: u64) -> io::Result<()>;

    /// Gives a file its final name.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a file away.
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

/// The real one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files;

impl Disk for Files {
    type File = File;

    fn create(&mut self, path: &Path) -> io::Result<File> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        }
        OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)
    }

    fn open(&mut self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path)
    }

    fn cut(&mut self, path: &Path, length: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.set_len(length)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}
