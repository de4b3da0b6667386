//! Why the system refused something, as a phrase of the catalogue, so that its own English is never shown to a person.

use std::io::{Error, ErrorKind};

/// Too many open files, of this process and of the machine (`errno`).
const TOO_MANY_FILES: [i32; 2] = [24, 23];
/// Input/output error (`errno`).
const IO: i32 = 5;

/// The phrase: `@io-denied`, `@io-full`, …, and `@io-number 71` for what has no words here.
pub fn cause(error: &Error) -> String {
    if let Some(number) = error.raw_os_error() {
        if TOO_MANY_FILES.contains(&number) {
            return "@io-files".to_owned();
        }
        if number == IO {
            return "@io-disk".to_owned();
        }
    }
    let phrase = match error.kind() {
        ErrorKind::NotFound => "@io-missing",
        ErrorKind::PermissionDenied => "@io-denied",
        ErrorKind::AlreadyExists => "@io-exists",
        ErrorKind::AddrInUse => "@io-in-use",
        ErrorKind::AddrNotAvailable => "@io-not-ours",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "@io-full",
        ErrorKind::ReadOnlyFilesystem => "@io-read-only",
        ErrorKind::NotADirectory => "@io-no-folder",
        ErrorKind::IsADirectory => "@io-a-folder",
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "@io-nobody",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "@io-late",
        ErrorKind::UnexpectedEof => "@io-short",
        ErrorKind::InvalidData => "@io-damaged",
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => "@io-name",
        ErrorKind::FileTooLarge => "@io-large",
        ErrorKind::ResourceBusy => "@io-busy",
        ErrorKind::OutOfMemory => "@io-memory",
        _ => return format!("@io-number {}", error.raw_os_error().unwrap_or_default()),
    };
    phrase.to_owned()
}
