//! Sound files: found, read once, checked, and shared by every menu and queue that names them.

use std::collections::BTreeMap;
use std::sync::Arc;

use media::order::Sound;
use media::sound::{SoundError, from_wav};
use pbx::plan::PerLanguage;

use super::cause::cause;
use super::code::Code;
use super::fields::{Fields, join, node_text, wrong_type};
use super::files::stays_inside;
use super::nearest::nearest;
use super::reading::Reading;
use super::source::Place;
use super::tree::Value;

/// Sounds read so far, by path; `None` for one that could not be used.
pub type Sounds = BTreeMap<String, Option<Arc<Sound>>>;

/// Folder of hold music, beside the folders of the languages.
const MUSIC: &str = "sounds/music";
/// Numbers the position announcement can say.
const NUMBERS: std::ops::RangeInclusive<u8> = 1..=20;
/// The other sounds the switch plays by itself.
const SYSTEM: [&str; 4] = ["position", "transfer", "goodbye", "invalid"];

/// Reads a sound given per language: one file name for all, or a table from language to file name.
pub fn spoken(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    languages: &[String],
) -> PerLanguage<Arc<Sound>> {
    let Some(entry) = fields.entry(key) else {
        return BTreeMap::new();
    };
    let mut files: Vec<(String, &str, &Place)> = Vec::new();
    match &entry.node.value {
        Value::Text(file) => {
            files.extend(languages.iter().map(|code| (code.clone(), file.as_str(), &entry.node.place)));
        }
        Value::Table(table) => {
            for one in &table.entries {
                check_language(reading, &one.key, &one.key_place);
                if let Some((file, place)) = node_text(&one.key, &one.node, &mut reading.report) {
                    files.push((one.key.clone(), file, place));
                }
            }
            report_gaps(reading, &entry.key_place, key, languages, &files);
        }
        _ => {
            wrong_type::<()>(key, &entry.node, "@text", &mut reading.report);
        }
    }
    // An unknown language, and one without any folder, have findings of their own.
    files.retain(|(code, _, _)| {
        reading.languages.contains(code) && reading.source.has_folder(&format!("sounds/{code}"))
    });
    let read = |(code, file, place): (String, &str, &Place)| {
        sound(reading, &format!("sounds/{code}"), file, place).map(|sound| (code, sound))
    };
    files.into_iter().filter_map(read).collect()
}

/// Reports a language the business does not have.
pub fn check_language(reading: &mut Reading<'_>, code: &str, place: &Place) {
    if !reading.languages.iter().any(|known| known == code) {
        let names = || reading.languages.iter().map(String::as_str);
        let (known, near) = (join(names()), nearest(code, names()).map(str::to_owned));
        let found = reading.report.add(place, Code::UnknownLanguage).with("value", code);
        found.with("known", known).with_some("suggestion", near);
    }
}

fn report_gaps(
    reading: &mut Reading<'_>,
    place: &Place,
    key: &str,
    languages: &[String],
    files: &[(String, &str, &Place)],
) {
    let lacking = |code: &&String| !files.iter().any(|(given, _, _)| given == *code);
    let missing: Vec<&str> = languages.iter().filter(lacking).map(String::as_str).collect();
    if !missing.is_empty() {
        reading.report.add(place, Code::SoundLanguageMissing).with("key", key).with("languages", join(missing));
    }
}

/// Reads a queue's music.
pub fn music(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<Arc<Sound>> {
    let (file, place) = fields.text("music", &mut reading.report)?;
    sound(reading, MUSIC, file, place)
}

fn sound(reading: &mut Reading<'_>, folder: &str, file: &str, place: &Place) -> Option<Arc<Sound>> {
    if !stays_inside(file) {
        reading.report.add(place, Code::SoundOutside).with("file", file).with("folder", folder);
        return None;
    }
    let name = format!("{folder}/{file}");
    if let Some(known) = reading.sounds.get(&name) {
        return known.clone();
    }
    let read = reading.source.read(&name);
    let sound = match read {
        Ok(bytes) => match from_wav(&name, &bytes) {
            Ok(sound) => Some(Arc::new(sound)),
            Err(error) => {
                let (code, detail) = fault(&error);
                let file = shown(reading, &name);
                reading.report.add(place, code).with("file", file).with("detail", detail);
                None
            }
        },
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let shown = shown(reading, &name);
            reading.report.add(place, Code::SoundUnreadable).with("file", shown).with("detail", cause(&error));
            None
        }
        Err(_) => {
            let there = reading.source.list(folder).unwrap_or_default();
            let names = || there.iter().filter_map(|path| path.rsplit('/').next());
            let shown = shown(reading, &name);
            let found = reading.report.add(place, Code::SoundMissing).with("file", shown);
            found.with_some("suggestion", nearest(file, names()));
            return None;
        }
    };
    reading.sounds.insert(name, sound.clone());
    sound
}

fn shown(reading: &Reading<'_>, name: &str) -> String {
    reading.source.shown(name).display().to_string()
}

/// The finding for a sound that cannot be used, and its detail as a phrase of the catalogue.
fn fault(error: &SoundError) -> (Code, String) {
    match error {
        SoundError::Channels(count) => (Code::SoundFormat, format!("@channels {count}")),
        SoundError::Rate(rate) => (Code::SoundFormat, format!("@rate {rate}")),
        SoundError::Samples(bits) => (Code::SoundFormat, format!("@bits {bits}")),
        SoundError::Empty => (Code::SoundUnreadable, "@empty".to_owned()),
        SoundError::TooLong => (Code::SoundUnreadable, "@too-long".to_owned()),
        SoundError::Unreadable(_) => (Code::SoundUnreadable, "@not-wav".to_owned()),
    }
}

/// Reads every file of the languages' folders: the switch says positions and farewells by the files' names.
pub fn system(reading: &mut Reading<'_>) -> PerLanguage<BTreeMap<String, Arc<Sound>>> {
    let mut all = BTreeMap::new();
    for code in reading.languages.clone() {
        let folder = format!("sounds/{code}");
        let sounds = system_of(reading, &folder);
        let wanted = NUMBERS.map(|number| format!("n{number}")).chain(SYSTEM.map(str::to_owned));
        let missing: Vec<String> = wanted.filter(|name| !sounds.contains_key(name)).collect();
        // A language without any folder has its own, stronger finding.
        if !missing.is_empty() && reading.source.has_folder(&folder) {
            let folder = shown(reading, &folder);
            let missing = join(missing.iter().map(String::as_str));
            reading
                .report
                .add_for_file(Code::SystemSoundMissing, folder)
                .with("value", code.clone())
                .with("names", missing);
        }
        all.insert(code, sounds);
    }
    all
}

fn system_of(reading: &mut Reading<'_>, folder: &str) -> BTreeMap<String, Arc<Sound>> {
    let mut sounds = BTreeMap::new();
    for path in reading.source.list(folder).unwrap_or_default() {
        let file = path.rsplit('/').next().unwrap_or(&path);
        let Some(stem) = file.strip_suffix(".wav") else {
            continue;
        };
        if let Some(sound) = system_sound(reading, &path) {
            sounds.insert(stem.to_owned(), sound);
        }
    }
    sounds
}

/// One file of a language's folder. A faulty one that a menu names has been reported there already.
fn system_sound(reading: &mut Reading<'_>, path: &str) -> Option<Arc<Sound>> {
    if let Some(known) = reading.sounds.get(path) {
        return known.clone();
    }
    let file = shown(reading, path);
    let bytes = match reading.source.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            reading.report.add_for_file(Code::FileUnreadable, file).with("detail", cause(&error));
            return None;
        }
    };
    match from_wav(path, &bytes) {
        Ok(sound) => {
            let sound = Arc::new(sound);
            reading.sounds.insert(path.to_owned(), Some(sound.clone()));
            Some(sound)
        }
        Err(error) => {
            let (code, detail) = fault(&error);
            reading.report.add_for_file(code, file.clone()).with("file", file).with("detail", detail);
            None
        }
    }
}
