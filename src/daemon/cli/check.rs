//! `santral check`: every mistake at once, and an exit code for scripts.

use std::collections::BTreeMap;
use std::io::Write;

use super::{Check, DONE, Format, NO, NOT_TRIED, config_folder};
use crate::config::{self, Language, Source, render, words};

/// Checks the folder. 0: it would be taken, 1: it has errors, 2: there is nothing to check.
///
/// # Errors
/// When `out` cannot be written to.
pub fn run(
    check: &Check,
    env: &BTreeMap<String, String>,
    language: Language,
    out: &mut impl Write,
) -> std::io::Result<u8> {
    let folder = config_folder(check.folder.as_deref(), env);
    let (findings, code) = match config::load(&Source::Folder(folder.clone()), env) {
        Ok(loaded) => (loaded.warnings, DONE),
        Err(findings) if render::is_unreadable(&findings) => (findings, NOT_TRIED),
        Err(findings) => (findings, NO),
    };
    if check.format == Format::Json {
        out.write_all(render::json(&findings, language).as_bytes())?;
        return Ok(code);
    }
    out.write_all(render::text(&findings, language).as_bytes())?;
    if code == DONE {
        let folder = folder.display().to_string();
        writeln!(out, "{}", words::of(language).line("check-good", &[("folder", &folder)]))?;
    }
    Ok(code)
}
