//! Where the files come from: a folder, or the sample that is compiled into the binary.

use std::path::{Component, Path, PathBuf};

use rust_embed::RustEmbed;

/// Where to load the configuration from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder (`/etc/santral`, `sip-config`).
    Folder(PathBuf),
    /// The commented sample in the binary, used by `santral demo` and `santral init`.
    Embedded,
}

/// The sample. Secrets that a developer's own start made beside it stay out of the binary.
#[derive(RustEmbed)]
#[folder = "../../sip-config"]
#[exclude = "secrets.toml"]
#[exclude = "*.sh"]
struct Sample;

/// Folders whose `*.toml` are read, beside the root itself.
const FOLDERS: [&str; 2] = ["ivr", "queues"];
/// Folders that may hold anything without being read for tables.
const OTHER_FOLDERS: [&str; 2] = ["sounds", "schema"];

impl Source {
    /// Names of the TOML files to read, relative, in a fixed order.
    pub fn tables(&self) -> std::io::Result<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        for folder in std::iter::once("").chain(FOLDERS) {
            let here = self.list(folder);
            let here = if folder.is_empty() { here? } else { here.unwrap_or_default() };
            names.extend(here.into_iter().filter(|name| name.ends_with(".toml")));
        }
        names.sort();
        Ok(names)
    }

    /// Sub-folders that hold TOML files but are not among those that are read.
    pub fn strange_folders(&self) -> Vec<String> {
        let Source::Folder(root) = self else {
            return Vec::new();
        };
        let Ok(entries) = std::fs::read_dir(root) else {
            return Vec::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let unread = |name: &String| !FOLDERS.contains(&name.as_str()) && !OTHER_FOLDERS.contains(&name.as_str());
        let holds_tables =
            |name: &String| self.list(name).is_ok_and(|files| files.iter().any(|f| f.ends_with(".toml")));
        let mut strange: Vec<String> = names.filter(unread).filter(holds_tables).collect();
        strange.sort();
        strange
    }

    /// Files directly in a folder, relative to the root.
    pub fn list(&self, folder: &str) -> std::io::Result<Vec<String>> {
        let mut names = match self {
            Source::Folder(root) => list_folder(root, folder)?,
            Source::Embedded => list_sample(folder),
        };
        names.sort();
        Ok(names)
    }

    /// Whether there is such a folder with something in it.
    pub fn has_folder(&self, folder: &str) -> bool {
        self.list(folder).is_ok_and(|files| !files.is_empty())
    }

    /// The bytes of a file.
    pub fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        match self {
            Source::Folder(root) => std::fs::read(root.join(name)),
            Source::Embedded => {
                let file = Sample::get(name).ok_or(std::io::ErrorKind::NotFound)?;
                Ok(file.data.into_owned())
            }
        }
    }

    /// The path a person would open.
    pub fn shown(&self, name: &str) -> PathBuf {
        let root = match self {
            Source::Folder(root) => root.as_path(),
            Source::Embedded => Path::new("sip-config"),
        };
        if name.is_empty() { root.to_owned() } else { root.join(name) }
    }

    /// The permission bits of a file, where there are any.
    #[cfg(unix)]
    pub fn mode(&self, name: &str) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt;
        let Source::Folder(root) = self else {
            return None;
        };
        Some(std::fs::metadata(root.join(name)).ok()?.permissions().mode() & 0o777)
    }
}

/// Every file of the sample, relative, with its bytes.
pub fn sample() -> impl Iterator<Item = (String, Vec<u8>)> {
    Sample::iter().filter_map(|name| Sample::get(&name).map(|file| (name.to_string(), file.data.into_owned())))
}

/// Whether a name given in a file stays inside the folder it is looked for in.
pub fn stays_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn list_folder(root: &Path, folder: &str) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // Editors leave `.name.toml.swp` and `.#name.toml` beside the file being written.
        if !name.starts_with('.') && entry.path().is_file() {
            names.push(if folder.is_empty() { name } else { format!("{folder}/{name}") });
        }
    }
    Ok(names)
}

fn list_sample(folder: &str) -> Vec<String> {
    let inside = |name: &String| name.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
    Sample::iter().map(|name| name.to_string()).filter(inside).collect()
}
