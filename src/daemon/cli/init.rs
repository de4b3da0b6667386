//! `santral init`: a commented configuration to begin with.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::{DONE, Init, NO, NOT_TRIED};
use crate::config::secrets::SecretsError;
use crate::config::{self, Language, cause, render, secrets, words};

/// Writes the sample into a folder and makes secrets for its extensions. Nothing that is there is touched.
///
/// # Errors
/// When `out` cannot be written to.
pub fn run(init: &Init, language: Language, out: &mut impl Write) -> std::io::Result<u8> {
    let words = words::of(language);
    let folder = init.folder.display().to_string();
    if let Some(there) = config::sample().map(|(name, _)| name).find(|name| init.folder.join(name).exists()) {
        let file = init.folder.join(there).display().to_string();
        writeln!(out, "{}", words.line("init-exists", &[("file", &file)]))?;
        return Ok(NO);
    }
    let written = write_sample(&init.folder).map_err(SecretsError::Io);
    match written.and_then(|()| secrets::ensure(&init.folder)) {
        Ok(numbers) => {
            let secrets = init.folder.join(secrets::FILE).display().to_string();
            let numbers = numbers.join(", ");
            let words = words.line("init-done", &[("folder", &folder), ("secrets", &secrets), ("numbers", &numbers)]);
            writeln!(out, "{words}")?;
            Ok(DONE)
        }
        Err(SecretsError::Io(error)) => {
            writeln!(out, "{}", words.line("init-failed", &[("folder", &folder), ("detail", &cause(&error))]))?;
            Ok(NOT_TRIED)
        }
        Err(SecretsError::Configuration(findings)) => {
            write!(out, "{}", render::text(&findings, language))?;
            Ok(NO)
        }
    }
}

fn write_sample(folder: &Path) -> std::io::Result<()> {
    for (name, bytes) in config::sample() {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(())
}
