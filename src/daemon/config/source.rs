//! The texts findings point into, and the report that collects the findings.

use std::ops::Range;

use super::code::Code;
use super::diagnostic::Diagnostic;

/// A stretch of one source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    file: usize,
    span: Range<usize>,
}

impl Place {
    /// `span` is in bytes.
    pub fn new(file: FileNumber, span: Range<usize>) -> Self {
        Self { file: file.0, span }
    }
}

/// A source text of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileNumber(usize);

impl FileNumber {
    /// The first text taken in.
    pub const FIRST: FileNumber = FileNumber(0);
}

/// One text, with its name as the reader knows it.
#[derive(Debug)]
struct SourceText {
    name: String,
    text: String,
    secret: bool,
}

/// Findings so far, with the texts they point into.
#[derive(Debug, Default)]
pub struct Report {
    sources: Vec<SourceText>,
    found: Vec<Diagnostic>,
}

impl Report {
    /// Takes a text in. Of a `secret` text no value is ever shown.
    pub fn add_source(&mut self, name: impl Into<String>, text: impl Into<String>, secret: bool) -> FileNumber {
        self.sources.push(SourceText { name: name.into(), text: text.into(), secret });
        FileNumber(self.sources.len() - 1)
    }

    /// A finding at a place. Its words are added to what is given back.
    pub fn add(&mut self, place: &Place, code: Code) -> &mut Diagnostic {
        let found = self.sources.get(place.file).map(|source| source.finding(place, code));
        self.push(found.unwrap_or_else(|| Diagnostic::of_file(code, "")))
    }

    /// A finding about a whole file.
    pub fn add_for_file(&mut self, code: Code, file: impl Into<String>) -> &mut Diagnostic {
        self.push(Diagnostic::of_file(code, file))
    }

    fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        let at = self.found.len();
        self.found.push(diagnostic);
        &mut self.found[at]
    }

    /// `file:line` of a place, to name it in another finding.
    pub fn locate(&self, place: &Place) -> String {
        self.sources.get(place.file).map_or_else(String::new, |source| {
            let (line, _, _) = source.position(place.span.start);
            format!("{}:{line}", source.name)
        })
    }

    /// Whether an error was found.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// All findings by severity, file and place.
    ///
    /// What could be read of a file that is not TOML keeps its ids known to the others, but what seems to be missing or
    /// unknown in it is only a shadow of the broken line; such findings are left out, and so are those about a value that
    /// could not be filled in.
    pub fn into_findings(self) -> Vec<Diagnostic> {
        let mut found = self.found;
        let broken: Vec<String> = found.iter().filter(|d| d.code == Code::Syntax).map(|d| d.file.clone()).collect();
        found.retain(|d| d.code == Code::Syntax || !broken.contains(&d.file));
        let unfilled: Vec<_> = found.iter().filter(|d| is_unfilled(d)).map(spot).collect();
        found.retain(|d| is_unfilled(d) || d.line == 0 || !unfilled.contains(&spot(d)));
        found.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.severity, d.file.clone(), d.line, d.column, d.code);
            key(a).cmp(&key(b))
        });
        found.dedup();
        found
    }
}

fn spot(finding: &Diagnostic) -> (String, usize, usize) {
    (finding.file.clone(), finding.line, finding.column)
}

/// A value that could not be filled in is empty, and that it is empty need not be said as well.
fn is_unfilled(finding: &Diagnostic) -> bool {
    matches!(finding.code, Code::VariableMissing | Code::ValueFileMissing | Code::BadExpansion)
}

impl SourceText {
    fn finding(&self, place: &Place, code: Code) -> Diagnostic {
        let (line, column, text) = self.position(place.span.start);
        let before: usize = text.chars().take(column - 1).map(char::len_utf8).sum();
        let rest = text.get(before..).unwrap_or("");
        let wanted = place.span.end.saturating_sub(place.span.start);
        let shown = rest.char_indices().take_while(|(at, _)| *at < wanted).count();
        let source = if self.secret || holds_secret(text) { without_value(text) } else { text.to_owned() };
        let mut finding = Diagnostic::of_file(code, self.name.clone());
        finding.line = line;
        finding.column = column;
        finding.span_len = shown.max(1);
        finding.source = source;
        finding
    }

    /// Line and column (from 1, in characters) of a byte, and the line itself.
    fn position(&self, at: usize) -> (usize, usize, &str) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let start = self.text[..at].rfind('\n').map_or(0, |found| found + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        let line = self.text[..start].matches('\n').count() + 1;
        let column = self.text[start..at].chars().count() + 1;
        (line, column, self.text[start..end].trim_end_matches('\r'))
    }
}

/// Lines whose values must not reach a terminal or a log: secrets, and database addresses with a password in them.
fn holds_secret(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["secret", "password", "url"].iter().any(|word| lower.contains(word)) && line.contains('=')
}

/// The line up to the `=` of its first secret.
fn without_value(line: &str) -> String {
    let from = ["secret", "password", "url"].iter().filter_map(|word| line.find(word)).min().unwrap_or(0);
    match line[from..].find('=') {
        Some(found) => format!("{} …", &line[..=from + found]),
        None => line.to_owned(),
    }
}
