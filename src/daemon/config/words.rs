//! The catalogues: every sentence of the configuration and of the command line, in Turkish and English.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Languages the daemon itself speaks (its prompts may be in others).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Türkçe.
    Turkish,
    /// English.
    English,
}

impl Language {
    /// `tr` or `en`; `None` for others.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "tr" => Some(Language::Turkish),
            "en" => Some(Language::English),
            _ => None,
        }
    }

    /// The language the environment asks for (`LC_ALL`, `LC_MESSAGES`, `LANG` in this order, as POSIX has it).
    ///
    /// No wish at all (unset, `C`, `POSIX`) means Turkish, the product's first language; a wish for a language
    /// that is not here means English.
    pub fn from_env(env: &BTreeMap<String, String>) -> Self {
        let wish = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| env.get(*name).filter(|v| !v.is_empty()));
        let code = wish.map_or("", |wish| wish.split(['_', '.', '@']).next().unwrap_or(""));
        match code {
            "" | "C" | "POSIX" | "tr" => Language::Turkish,
            _ => Language::English,
        }
    }

    /// `tr` or `en`.
    pub fn code(self) -> &'static str {
        match self {
            Language::Turkish => "tr",
            Language::English => "en",
        }
    }
}

/// What stands in the braces of a gap: the name of its filling, and the two words it chooses from.
struct Gap<'t> {
    name: &'t str,
    words: Option<(&'t str, &'t str)>,
}

/// Reads `calls` and `calls#call was|calls were`; other braces are TOML that a sentence shows.
fn gap(inside: &str) -> Option<Gap<'_>> {
    let (name, words) = match inside.split_once('#') {
        Some((name, words)) => (name, Some(words.split_once('|')?)),
        None => (inside, None),
    };
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
    named.then_some(Gap { name, words })
}

/// One language's sentences: table → name → text with `{gaps}`.
pub struct Catalogue {
    tables: BTreeMap<String, BTreeMap<String, String>>,
}

static TURKISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("words/tr.toml")));
static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::parse(include_str!("words/en.toml")));

/// The catalogue of a language.
pub fn of(language: Language) -> &'static Catalogue {
    match language {
        Language::Turkish => &TURKISH,
        Language::English => &ENGLISH,
    }
}

impl Catalogue {
    /// A catalogue that does not parse is empty; a test reads both, so that cannot be shipped.
    fn parse(text: &str) -> Self {
        Self { tables: toml::from_str(text).unwrap_or_default() }
    }

    /// A text as it stands in the file.
    pub fn text(&self, table: &str, name: &str) -> Option<&str> {
        self.tables.get(table)?.get(name).map(String::as_str)
    }

    /// A text with its gaps filled; `None` when there is no such text or a gap has nothing to fill it. `{calls}` is the
    /// filling itself, `{calls#call|calls}` the first word where the filling is 1 and else the second.
    pub fn sentence(&self, table: &str, name: &str, words: &BTreeMap<String, String>) -> Option<String> {
        let mut rest = self.text(table, name)?;
        let mut out = String::with_capacity(rest.len() + 32);
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}').and_then(|(inside, after)| Some((gap(inside)?, after))) {
                Some((gap, after)) => {
                    let filling = words.get(gap.name)?;
                    match gap.words {
                        Some((one, many)) => out.push_str(if filling == "1" { one } else { many }),
                        None => out.push_str(&self.phrase(filling)),
                    }
                    rest = after;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Some(out)
    }

    /// A line of the command line (`[line]` of the catalogue), with its gaps filled in order of `words`.
    pub fn line(&self, name: &str, words: &[(&str, &str)]) -> String {
        let words = words.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        self.sentence("line", name, &words).unwrap_or_else(|| name.to_owned())
    }

    /// A filling that begins with `@` names a phrase of this language: `@key 2` is `key 2` or `tuş 2`.
    fn phrase(&self, word: &str) -> String {
        let Some(named) = word.strip_prefix('@') else {
            return word.to_owned();
        };
        let (name, rest) = named.split_once(' ').unwrap_or((named, ""));
        if name == "syntax" {
            let translated = self.text("parser", rest).or_else(|| self.text("parser", "*"));
            return translated.unwrap_or(rest).to_owned();
        }
        self.text("phrase", name).map_or_else(|| word.to_owned(), |text| text.replace("{}", rest))
    }

    /// Every text as table, name and text, to hold two catalogues side by side.
    pub fn entries(&self) -> Vec<(String, String, String)> {
        let flat = |(table, names): (&String, &BTreeMap<String, String>)| {
            names.iter().map(|(name, text)| (table.clone(), name.clone(), text.clone())).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(flat).collect()
    }
}
