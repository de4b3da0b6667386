//! `santral reload`, `status` and `stop`: ask the running daemon and say what it answered.

use std::collections::BTreeMap;
use std::io::Write;

use super::{DONE, NO, NOT_TRIED, Running, StatusArgs, data_folder};
use crate::config::words::{self, Catalogue};
use crate::config::{Language, cause, render};
use crate::control::{self, Request, Response, Status, Trouble};

/// Reads the configuration again. 1 when it has errors: the old one goes on.
///
/// # Errors
/// When `out` cannot be written to.
pub fn reload(
    running: &Running,
    env: &BTreeMap<String, String>,
    language: Language,
    out: &mut impl Write,
) -> std::io::Result<u8> {
    let words = words::of(language);
    match ask(running, env, &Request::Reload) {
        Ok(Response::Reloaded { changes, warnings }) => {
            let line = if changes.is_empty() { "reload-same" } else { "reload-done" };
            writeln!(out, "{}", words.line(line, &[("changes", &changes.changed.join(" "))]))?;
            if !changes.needs_restart.is_empty() {
                writeln!(out, "{}", words.line("reload-restart", &[("keys", &changes.needs_restart.join(", "))]))?;
            }
            if !warnings.is_empty() {
                out.write_all(render::text(&warnings, language).as_bytes())?;
            }
            Ok(DONE)
        }
        Ok(Response::Refused { findings }) => {
            out.write_all(render::text(&findings, language).as_bytes())?;
            writeln!(out, "{}", words.line("reload-refused", &[]))?;
            Ok(NO)
        }
        other => unexpected(other, words, out),
    }
}

/// Prints the state. 1 when something is wrong.
///
/// # Errors
/// When `out` cannot be written to.
pub fn status(
    status: &StatusArgs,
    env: &BTreeMap<String, String>,
    language: Language,
    out: &mut impl Write,
) -> std::io::Result<u8> {
    let words = words::of(language);
    match ask(&status.running, env, &Request::Status) {
        Ok(Response::Status(state)) => {
            if status.json {
                writeln!(out, "{}", serde_json::to_string(&state)?)?;
            } else {
                out.write_all(page(&state, words).as_bytes())?;
            }
            Ok(if state.faults.is_empty() { DONE } else { NO })
        }
        other => unexpected(other, words, out),
    }
}

/// Stops the daemon and waits until it is gone.
///
/// # Errors
/// When `out` cannot be written to.
pub fn stop(
    running: &Running,
    env: &BTreeMap<String, String>,
    language: Language,
    out: &mut impl Write,
) -> std::io::Result<u8> {
    let words = words::of(language);
    match ask(running, env, &Request::Stop) {
        Ok(Response::Stopping { calls, .. }) => {
            writeln!(out, "{}", words.line("stop-done", &[("calls", &calls.to_string())]))?;
            Ok(DONE)
        }
        other => unexpected(other, words, out),
    }
}

/// A daemon that could not be asked.
struct Unasked {
    socket: String,
    /// As a phrase of the catalogue.
    why: String,
}

fn ask(running: &Running, env: &BTreeMap<String, String>, request: &Request) -> Result<Response, Unasked> {
    let socket = control::socket_to_ask(running.socket.as_deref(), &data_folder(running.data.as_deref(), env));
    control::ask(&socket, request).map_err(|error| Unasked { socket: socket.display().to_string(), why: cause(&error) })
}

fn unexpected(answer: Result<Response, Unasked>, words: &Catalogue, out: &mut impl Write) -> std::io::Result<u8> {
    let line = match answer {
        Err(Unasked { socket, why }) => words.line("ask-nobody", &[("socket", &socket), ("detail", &why)]),
        Ok(Response::Fault { message }) => words.line("ask-fault", &[("detail", &message)]),
        Ok(other) => words.line("ask-fault", &[("detail", &other.to_line())]),
    };
    writeln!(out, "{line}")?;
    Ok(NOT_TRIED)
}

/// The state as one page of text.
fn page(state: &Status, words: &Catalogue) -> String {
    let life = format!("{} ({})", span(state.uptime_seconds), state.version);
    let calls = format!("{} / {}", state.calls, state.max_calls);
    let phones = format!("{} / {}", state.registered, state.extensions);
    let mut rows = vec![
        ("status-life", life),
        ("status-http", state.http.clone()),
        ("status-sip", state.sip.clone()),
        ("status-calls", calls),
        ("status-phones", phones),
        ("status-agents", state.agents_available.to_string()),
    ];
    let waiting: Vec<String> = state.waiting.iter().map(|(queue, count)| format!("{queue} {count}")).collect();
    rows.push(("status-waiting", waiting.join(", ")));
    if state.draining {
        rows.push(("status-draining", String::new()));
    }
    // A daemon of another version may know more faults than these words.
    let told = state.troubles.iter().filter_map(|trouble| fault(trouble, words)).collect::<Vec<_>>();
    let faults = if told.len() == state.faults.len() { &told } else { &state.faults };
    rows.extend(faults.iter().map(|fault| ("status-fault", fault.clone())));
    let line = |(name, value): &(&str, String)| format!("{:<24}{value}\n", words.line(name, &[]));
    rows.iter().map(line).collect()
}

fn fault(trouble: &Trouble, words: &Catalogue) -> Option<String> {
    let fillings = [("count".to_owned(), trouble.count.to_string())].into();
    words.sentence("fault", &format!("{}-{}", trouble.part, trouble.state), &fillings)
}

/// `3d 04:05:06`
fn span(seconds: u64) -> String {
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    if seconds < 86_400 { clock } else { format!("{}d {clock}", seconds / 86_400) }
}
