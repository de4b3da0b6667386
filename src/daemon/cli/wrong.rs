//! Arguments that were not understood, and `--help`, in the words of the catalogues: nothing of the parser's own English.

use std::collections::BTreeMap;
use std::io::{Write, stderr, stdout};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::config::Language;
use crate::config::words::{self, Catalogue};

/// What is printed instead of running a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    text: String,
    code: u8,
}

impl NotRun {
    /// In the person's language. `command` is as much of a command as was understood, `santral user`.
    pub(super) fn new(error: &clap::Error, command: &str, language: Language) -> Self {
        let words = words::of(language);
        let text = match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => error.to_string(),
            _ => refusal(error, command, words),
        };
        Self {
            text: text.replace("[OPTIONS]", &words.line("help-some-options", &[])),
            code: u8::try_from(error.exit_code()).unwrap_or(super::NOT_TRIED),
        }
    }

    /// The exit code: 0 when help or version were asked for.
    pub fn exit_code(&self) -> u8 {
        self.code
    }

    /// Prints it: to standard output what was asked for, to standard error what is wrong.
    pub fn print(&self) {
        let text = self.text.as_bytes();
        // Whoever reads it may have left; nobody is left to tell.
        let _ = if self.code == super::DONE { stdout().write_all(text) } else { stderr().write_all(text) };
    }
}

impl std::fmt::Display for NotRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// What is wrong, what was perhaps meant, and how the command is used.
fn refusal(error: &clap::Error, command: &str, words: &Catalogue) -> String {
    let said = said(error);
    let mut text = format!("{}: {}\n", words.line("error", &[]), sentence(error.kind(), &said, words));
    for (name, about) in [("known", "wrong-known"), ("suggestion", "wrong-suggestion")] {
        if let Some(value) = said.get(name).filter(|value| !value.is_empty()) {
            text.push_str(&format!("  {}\n", words.line(about, &[("words", value)])));
        }
    }
    text.push('\n');
    if let Some(usage) = said.get("usage") {
        text.push_str(&format!("{}: {usage}\n", words.line("help-usage", &[])));
    }
    text.push_str(&format!("{}\n", words.line("wrong-more", &[("command", command)])));
    text
}

fn sentence(kind: ErrorKind, said: &BTreeMap<&'static str, String>, words: &Catalogue) -> String {
    let word = |name: &str| said.get(name).map_or("", String::as_str);
    let name = match kind {
        ErrorKind::InvalidSubcommand => "wrong-command",
        ErrorKind::UnknownArgument => "wrong-argument",
        ErrorKind::InvalidValue if word("value").is_empty() => "wrong-no-value",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "wrong-value",
        ErrorKind::MissingRequiredArgument => "wrong-missing",
        ErrorKind::MissingSubcommand => "wrong-no-command",
        ErrorKind::ArgumentConflict if word("argument") == word("other") => "wrong-twice",
        ErrorKind::ArgumentConflict => "wrong-conflict",
        ErrorKind::TooManyValues => "wrong-too-many",
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => "wrong-no-value",
        ErrorKind::InvalidUtf8 => "wrong-utf8",
        _ => "wrong",
    };
    let fillings = ["argument", "other", "value", "command"].map(|name| (name, word(name)));
    words.line(name, &fillings)
}

/// What the parser knows about the mistake.
fn said(error: &clap::Error) -> BTreeMap<&'static str, String> {
    let mut said = BTreeMap::new();
    for (kind, value) in error.context() {
        let name = match kind {
            ContextKind::InvalidArg => "argument",
            ContextKind::PriorArg => "other",
            ContextKind::InvalidValue => "value",
            ContextKind::InvalidSubcommand => "command",
            ContextKind::ValidValue | ContextKind::ValidSubcommand => "known",
            ContextKind::SuggestedArg | ContextKind::SuggestedValue | ContextKind::SuggestedSubcommand => "suggestion",
            ContextKind::Usage => "usage",
            _ => continue,
        };
        let text = match value {
            ContextValue::String(text) => text.clone(),
            ContextValue::Strings(list) => list.join(", "),
            ContextValue::StyledStr(text) => text.to_string(),
            ContextValue::Number(number) => number.to_string(),
            _ => continue,
        };
        let text = if name == "usage" { text.trim_start_matches("Usage:").trim().to_owned() } else { text };
        said.insert(name, text);
    }
    said
}
