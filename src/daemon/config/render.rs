//! Findings as people and as programs read them.

use super::diagnostic::Diagnostic;
use super::words::{self, Language};
use super::{Code, Severity};

/// All findings as text, in the manner of a compiler, with a closing count.
pub fn text(findings: &[Diagnostic], language: Language) -> String {
    let mut out = String::new();
    for finding in findings {
        out.push_str(&one(finding, language));
        out.push('\n');
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count().to_string();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let line = if findings.is_empty() { "count-none" } else { "count" };
    out.push_str(&words::of(language).line(line, &[("errors", &errors), ("warnings", &warnings)]));
    out.push('\n');
    out
}

/// One finding: what, where, the line with the fault underlined, and what to do.
pub fn one(finding: &Diagnostic, language: Language) -> String {
    let words = words::of(language);
    let severity = words.line(if finding.is_error() { "error" } else { "warning" }, &[]);
    let mut out = format!("{severity}: {}\n  --> {}\n", finding.message(language), finding.location());
    let gutter = if finding.line == 0 { 1 } else { finding.line.to_string().len() };
    if finding.line > 0 {
        out.push_str(&underlined(finding, gutter, finding.label(language)));
    }
    if let Some(help) = finding.help(language) {
        let title = words.line("help", &[]);
        out.push_str(&format!("{:gutter$} = {title}: {help}\n", ""));
    }
    out
}

fn underlined(finding: &Diagnostic, gutter: usize, label: Option<String>) -> String {
    // Tabs would put the marks elsewhere than under what they mark.
    let source = finding.source.replace('\t', " ");
    let left = source.chars().count().saturating_sub(finding.column - 1).max(1);
    let marks = "^".repeat(finding.span_len.min(left));
    let label = label.map_or_else(String::new, |label| format!(" {label}"));
    let blank = " ".repeat(finding.column - 1);
    format!("{} | {source}\n{:gutter$} | {blank}{marks}{label}\n", finding.line, "")
}

/// All findings as one JSON document. `code`, `file`, `line`, `column` are stable; the sentences are for people.
pub fn json(findings: &[Diagnostic], language: Language) -> String {
    let list: Vec<serde_json::Value> = findings.iter().map(|finding| one_json(finding, language)).collect();
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let all = serde_json::json!({ "errors": errors, "warnings": findings.len() - errors, "findings": list });
    format!("{all}\n")
}

fn one_json(finding: &Diagnostic, language: Language) -> serde_json::Value {
    let at = |number: usize| if finding.line == 0 { None } else { Some(number) };
    serde_json::json!({
        "severity": finding.severity,
        "code": finding.code,
        "file": finding.file,
        "line": at(finding.line),
        "column": at(finding.column),
        "length": at(finding.span_len),
        "message": finding.message(language),
        "label": finding.label(language),
        "help": finding.help(language),
    })
}

/// Whether the folder itself could not be read, which is another exit code than errors in its files.
pub fn is_unreadable(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| matches!(finding.code, Code::FolderUnreadable | Code::FolderEmpty))
}
