//! `secrets.toml`: made by the daemon, readable by its owner only, never in version control.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::diagnostic::Diagnostic;
use super::merge::SECRET;
use super::{Source, people, read_tables};

/// Name of the file.
pub const FILE: &str = "secrets.toml";
/// Letters and digits nobody takes for another one, in print or on the phone: 32, so each carries five bits.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 24 letters carry 120 bits.
const LENGTH: usize = 24;
const HEAD: &str = "# Dahililerin SIP şifreleri. Santral yazdı; yalnız sahibi okuyabilir (0600). Depoya koymayın, yedekleyin.\n\
                    # SIP secrets of the extensions. Written by santral; keep it out of version control, and back it up.\n\n\
                    [secret]\n";

/// Why the secrets could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The folder's files cannot be read as configuration; [`super::load`] tells the rest.
    #[error("the configuration has errors")]
    Configuration(Vec<Diagnostic>),
    /// The file cannot be written, or the system gives no randomness.
    #[error("cannot write secrets: {0}")]
    Io(#[from] std::io::Error),
}

/// Gives every extension of the folder a secret that has none, in `secrets.toml` (mode 0600), and names those extensions.
///
/// What is in the file already stays as it is, comments too. The new file replaces the old one at once, so a power cut
/// leaves one or the other.
pub fn ensure(folder: &Path) -> Result<Vec<String>, SecretsError> {
    let source = Source::Folder(folder.to_owned());
    let (merged, report) = read_tables(&source, &std::collections::BTreeMap::new());
    let missing = people::missing_secrets(&merged);
    if missing.is_empty() {
        return Ok(missing);
    }
    if report.has_errors() {
        return Err(SecretsError::Configuration(report.into_findings()));
    }
    let path = folder.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
        Err(error) => return Err(error.into()),
    };
    let text = with_secrets(&text, &missing)?;
    replace(&path, &text)?;
    Ok(missing)
}

/// The text with a new secret for each number. Comments and what else is in the file stay.
fn with_secrets(text: &str, numbers: &[String]) -> std::io::Result<String> {
    let mut file: toml_edit::DocumentMut = text.parse().map_err(std::io::Error::other)?;
    let table = file.entry(SECRET).or_insert_with(toml_edit::table);
    let Some(table) = table.as_table_like_mut() else {
        return Err(std::io::Error::other("[secret] is not a table"));
    };
    for number in numbers {
        table.insert(number, toml_edit::value(random()?));
    }
    Ok(file.to_string())
}

/// A new secret, from the operating system's randomness.
pub fn random() -> std::io::Result<String> {
    let mut bytes = [0; LENGTH];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("toml.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
