//! After a crash: recordings that were open are put right. Such a recording is a WAV file without a finished outline.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use ::media::peaks::Peaks;
use ::media::wav;
use hound::WavReader;

use super::take::{open_outline, outline};

/// Day folders looked at, from the newest back: no call is older than a day, and a day may have ended meanwhile.
const DAYS: usize = 3;
/// Files looked at in one folder; the start of the program must not take for ever.
const FILES: usize = 100_000;

/// One recording that was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The call: the file's name without its ending.
    pub call: String,
    /// The WAV file.
    pub path: PathBuf,
    /// Its length.
    pub millis: u64,
}

/// Mends what an earlier run left open under `root` (`YYYY/MM/DD/*.wav`, the newest days), makes missing outlines, and
/// says what it mended. Files that are no recordings of ours are left alone.
#[must_use]
pub fn repair(root: &Path) -> Vec<Repaired> {
    let mut repaired = Vec::new();
    for folder in newest_days(root) {
        for path in unfinished(&folder) {
            match mend(&path) {
                Ok(mended) => repaired.push(mended),
                Err(error) => tracing::warn!(path = %path.display(), %error, "a recording could not be mended"),
            }
        }
    }
    repaired
}

/// Folders below `folder` whose names are `digits` digits, the highest first.
fn numbered(folder: &Path, digits: usize) -> Vec<PathBuf> {
    let is_number = |name: &str| name.len() == digits && name.bytes().all(|byte| byte.is_ascii_digit());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_number))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn newest_days(root: &Path) -> Vec<PathBuf> {
    let months = numbered(root, 4).into_iter().flat_map(|year| numbered(&year, 2));
    months.flat_map(|month| numbered(&month, 2)).take(DAYS).collect()
}

fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(FILES);
    let wavs = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "wav"));
    wavs.filter(|path| path.is_file() && !path.is_symlink() && !outline(path).exists()).collect()
}

fn mend(path: &Path) -> io::Result<Repaired> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mended = wav::mend(&mut file)?;
    file.set_len(mended.length)?;
    file.sync_all()?;
    outline_anew(path)?;
    let call = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
    Ok(Repaired { call, path: path.to_owned(), millis: wav::millis(mended.frames) })
}

/// Makes the outline from the sound.
///
/// # Errors
/// Those of the files.
pub(super) fn outline_anew(path: &Path) -> io::Result<()> {
    let broken = |error: hound::Error| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let mut reader = WavReader::new(BufReader::new(File::open(path)?)).map_err(broken)?;
    let mut peaks = Peaks::default();
    let mut samples = reader.samples::<i16>();
    while let (Some(left), Some(right)) = (samples.next(), samples.next()) {
        peaks.add(&[[left.map_err(broken)?, right.map_err(broken)?]]);
    }
    peaks.end();
    let part = open_outline(path);
    File::create(&part)?.write_all(&peaks.take())?;
    fs::rename(&part, outline(path))
}
