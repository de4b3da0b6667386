//! A small, faultless configuration in a folder of its own, to be spoilt by a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use daemon::config::{self, Diagnostic, Loaded, Source};

static NUMBER: AtomicUsize = AtomicUsize::new(0);
/// Silence under the names of the sample's sounds, written once for all tests of this run.
static SOUNDS: LazyLock<Folder> = LazyLock::new(|| {
    let folder = Folder::empty();
    folder.write_silence();
    folder
});

const BASE: [(&str, &str); 6] = [
    (
        "santral.toml",
        "[business]\nname = \"Deneme\"\nlanguages = [\"tr\", \"en\"]\n\n[listen]\nhttp = \"127.0.0.1:8080\"\nsip = \"127.0.0.1:5060\"\n",
    ),
    (
        "extensions.toml",
        "[extension.101]\nname = \"Zeynep\"\nuser = \"zeynep\"\nsecret = \"k4m3r7w2qhz9xyp\"\n\n\
         [extension.102]\nname = \"Murat\"\nuser = \"murat\"\nsecret = \"h8t5zv6jw3nq2bc\"\n",
    ),
    ("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n"),
    ("schedules.toml", "[schedule.mesai]\nweekly = { mon-fri = [\"09:00-18:00\"] }\n"),
    (
        "ivr/ana.toml",
        "[ivr.ana]\nprompt = \"menu.wav\"\n\n[ivr.ana.keys]\n1 = \"queue:destek\"\ntimeout = \"hangup\"\n",
    ),
    ("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nnotice = \"notice.wav\"\n"),
];

/// A folder that goes away with the test.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
}

impl Folder {
    /// Nothing in it.
    pub fn empty() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("santral-config-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// The faultless configuration.
    pub fn good() -> Self {
        let folder = Self::empty();
        for (name, text) in BASE {
            folder.write(name, text);
        }
        std::os::unix::fs::symlink(SOUNDS.path.join("sounds"), folder.path.join("sounds")).unwrap();
        folder
    }

    pub fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Sounds of its own instead of the shared ones, so that a test may spoil them.
    pub fn own_sounds(&self) {
        fs::remove_file(self.path.join("sounds")).unwrap();
        self.write_silence();
    }

    fn write_silence(&self) {
        let silence = wav(1, 8_000);
        for (name, _) in config::sample().filter(|(name, _)| name.ends_with(".wav")) {
            self.write_bytes(&name, &silence);
        }
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap()
    }

    pub fn source(&self) -> Source {
        Source::Folder(self.path.clone())
    }

    pub fn load(&self) -> Result<Loaded, Vec<Diagnostic>> {
        self.load_with(&[])
    }

    pub fn load_with(&self, env: &[(&str, &str)]) -> Result<Loaded, Vec<Diagnostic>> {
        config::load(&self.source(), &environment(env))
    }

    /// Everything found, errors and warnings.
    pub fn findings_with(&self, env: &[(&str, &str)]) -> Vec<Diagnostic> {
        match self.load_with(env) {
            Ok(loaded) => loaded.warnings,
            Err(findings) => findings,
        }
    }

    /// A file's name without the folder, as an assertion wants it.
    pub fn short(&self, name: &str) -> String {
        Path::new(name).strip_prefix(&self.path).map_or_else(|_| name.to_owned(), |rest| rest.display().to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

pub fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A WAV file of silence.
pub fn wav(channels: u16, rate: u32) -> Vec<u8> {
    let data = u32::from(channels) * 2 * 80;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(channels) * 2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    bytes.resize(bytes.len() + data as usize, 0);
    bytes
}
