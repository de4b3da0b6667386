//! `santral user add` and `passwd`: asks for the password; writing it is the store's.

use std::io::{BufRead, Error, ErrorKind, IsTerminal, Result, Write};
use std::process::{Command, Stdio};

use pbx::plan::Secret;

use super::UserAdd;
use crate::config::Language;
use crate::config::words;

/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 10;

/// A person to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Name to sign in with.
    pub name: String,
    /// Name colleagues see.
    pub display_name: String,
    /// Their extension.
    pub extension: Option<String>,
    /// The password in clear, to be hashed and forgotten.
    pub password: Secret,
}

/// Puts arguments and the answer of the person together.
///
/// # Errors
/// `InvalidInput`, with words for the person, when name or password will not do; what reading and writing give.
pub fn ask(add: &UserAdd, language: Language, input: &mut impl BufRead, out: &mut impl Write) -> Result<NewUser> {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if add.name.is_empty() || !add.name.chars().all(letter) {
        return Err(refused(language, "user-name"));
    }
    let password = ask_password(language, input, out)?;
    Ok(NewUser {
        name: add.name.clone(),
        display_name: add.display_name.clone().unwrap_or_else(|| add.name.clone()),
        extension: add.extension.clone(),
        password: Secret(password),
    })
}

/// Asks for a password: twice at a terminal, where it is not shown; a pipe is read without a word.
///
/// # Errors
/// `InvalidInput`, with words for the person, when it is too short or the two differ; what reading and writing give.
pub fn ask_password(language: Language, input: &mut impl BufRead, out: &mut impl Write) -> Result<String> {
    let terminal = std::io::stdin().is_terminal();
    let _hidden = terminal.then(Hidden::new);
    let mut asked = |line| if terminal { prompt(language, line, input, out) } else { typed(input) };
    let first = asked("user-password")?;
    if terminal && asked("user-again")? != first {
        return Err(refused(language, "user-differ"));
    }
    if first.chars().count() < SHORTEST_PASSWORD {
        return Err(refused(language, "user-short"));
    }
    Ok(first)
}

fn prompt(language: Language, line: &str, input: &mut impl BufRead, out: &mut impl Write) -> Result<String> {
    write!(out, "{}: ", words::of(language).line(line, &[]))?;
    out.flush()?;
    let answer = typed(input)?;
    writeln!(out)?;
    Ok(answer)
}

fn typed(input: &mut impl BufRead) -> Result<String> {
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(answer.trim_end_matches(['\r', '\n']).to_owned())
}

fn refused(language: Language, line: &str) -> Error {
    let least = SHORTEST_PASSWORD.to_string();
    Error::new(ErrorKind::InvalidInput, words::of(language).line(line, &[("least", &least)]))
}

/// A terminal that does not show what is typed, for as long as this lives.
struct Hidden;

impl Hidden {
    fn new() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        stty("echo");
    }
}

/// Where there is no `stty`, the password is shown: better than not being able to set one.
fn stty(mode: &str) {
    let _ = Command::new("stty").arg(mode).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
}
