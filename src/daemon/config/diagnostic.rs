//! One finding about the configuration: what, where, and the words to say it with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::code::{Code, Severity};
use super::words::{self, Language};

/// One finding. It holds no sentence: the words are put together in the reader's language when it is shown,
/// so the same value serves the terminal of `santral check`, the control socket and the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// File as the reader knows it (`sip-config/ivr/ana-menu.toml`), or an environment variable.
    pub file: String,
    /// 1-based; 0 when the finding is about the file as a whole.
    pub line: usize,
    /// 1-based, in characters; 0 when the finding is about the file as a whole.
    pub column: usize,
    /// Characters to underline on that line.
    pub span_len: usize,
    /// What is wrong.
    pub code: Code,
    /// What the sentences are filled with.
    pub words: BTreeMap<String, String>,
    /// The line itself, with what follows a secret's `=` taken out.
    pub source: String,
}

impl Diagnostic {
    /// A finding about a file as a whole.
    pub fn of_file(code: Code, file: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            file: file.into(),
            line: 0,
            column: 0,
            span_len: 0,
            code,
            words: BTreeMap::new(),
            source: String::new(),
        }
    }

    /// Fills one gap of the sentences.
    pub fn with(&mut self, name: &str, text: impl Into<String>) -> &mut Self {
        self.words.insert(name.to_owned(), text.into());
        self
    }

    /// Fills one gap when there is something to fill it with. A label or help with an empty gap is not shown.
    pub fn with_some(&mut self, name: &str, text: Option<impl Into<String>>) -> &mut Self {
        if let Some(text) = text {
            self.with(name, text);
        }
        self
    }

    /// The sentence.
    pub fn message(&self, language: Language) -> String {
        let text = words::of(language).sentence(self.code.as_str(), "message", &self.words);
        text.unwrap_or_else(|| self.code.as_str().to_owned())
    }

    /// What stands beside the underline.
    pub fn label(&self, language: Language) -> Option<String> {
        words::of(language).sentence(self.code.as_str(), "label", &self.words)
    }

    /// What to do about it.
    pub fn help(&self, language: Language) -> Option<String> {
        words::of(language).sentence(self.code.as_str(), "help", &self.words)
    }

    /// Where it is: `file:line:column`, or the file alone.
    pub fn location(&self) -> String {
        if self.line == 0 { self.file.clone() } else { format!("{}:{}:{}", self.file, self.line, self.column) }
    }

    /// Whether it stops the configuration from being taken.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for Diagnostic {
    /// One English line, for the log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} [{}]", self.location(), self.message(Language::English), self.code.as_str())
    }
}
