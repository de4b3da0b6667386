//! That no English is shown to who reads Turkish and no Turkish to who reads English: every command's help, every kind of
//! wrong argument, every refusal of the system, every finding.

use std::ffi::OsString;
use std::io::{Error, ErrorKind};

use daemon::cli::Cli;
use daemon::config::{Language, cause, words};

use super::folder::{Folder, environment};

/// Words that only English sentences have.
const ENGLISH: [&str; 26] = [
    "the",
    "is",
    "not",
    "for",
    "with",
    "and",
    "no",
    "error",
    "file",
    "default",
    "possible",
    "values",
    "usage",
    "options",
    "commands",
    "arguments",
    "print",
    "help",
    "required",
    "invalid",
    "unexpected",
    "found",
    "permission",
    "denied",
    "address",
    "use",
];

/// Letters that only Turkish has, and words of ours.
fn is_turkish(text: &str) -> bool {
    text.chars().any(|letter| "çğıİöşüÇĞÖŞÜ".contains(letter)) || text.contains("hata")
}

fn english_words(text: &str) -> Vec<String> {
    // What stands in backquotes, and what a person types, is not ours to translate.
    let ours = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let words = ours.split(|c: char| !c.is_alphabetic() && c != '-').map(str::to_lowercase);
    words.filter(|word| ENGLISH.contains(&word.as_str())).collect()
}

#[track_caller]
fn speaks(language: Language, text: &str) {
    match language {
        Language::Turkish => assert_eq!(english_words(text), Vec::<String>::new(), "{text}"),
        Language::English => assert!(!is_turkish(text), "{text}"),
    }
}

/// What is printed instead of running this.
fn not_run(args: &[&str], language: Language) -> (u8, String) {
    let args = ["santral", "--lang", language.code()].into_iter().chain(args.iter().copied()).map(OsString::from);
    let not_run = Cli::read(args, &environment(&[])).expect_err("no such command");
    (not_run.exit_code(), not_run.to_string())
}

const COMMANDS: [&[&str]; 16] = [
    &[],
    &["demo"],
    &["serve"],
    &["check"],
    &["init"],
    &["reload"],
    &["status"],
    &["stop"],
    &["user"],
    &["user", "add"],
    &["user", "passwd"],
    &["user", "list"],
    &["user", "set"],
    &["user", "block"],
    &["completions"],
    &["seed"],
];

#[test]
fn every_commands_help_is_in_the_language() {
    for language in [Language::Turkish, Language::English] {
        for command in COMMANDS {
            let args: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
            let (code, text) = not_run(&args, language);
            assert_eq!(code, 0, "{command:?}");
            let text = text.replace(&format!("santral {}", command.join(" ")), "").replace("--help", "");
            speaks(language, &without_names(&text));
        }
    }
}

/// The help without what a person types: names of options and commands are the same in every language.
fn without_names(help: &str) -> String {
    help.lines()
        .map(|line| line.trim_start().split_once("  ").map_or(line, |(_, about)| about))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_kind_of_wrong_argument_is_told_in_the_language_with_exit_code_2() {
    let cases: &[(&[&str], &str)] = &[
        (&["serv"], "serve"),
        (&["user"], "add"),
        (&["user", "ad"], "add"),
        (&["user", "add"], "user add"),
        (&["demo", "--prot", "1"], "--port"),
        (&["demo", "--port", "seksen"], "seksen"),
        (&["demo", "--port", "70000"], "70000"),
        (&["demo", "--port"], "--port"),
        (&["demo", "--port", "1", "--port", "2"], "--port"),
        (&["check", "a", "b"], "b"),
        (&["check", "--format", "xml"], "xml"),
        (&["user", "add", "ali", "--role", "boss"], "supervisor"),
        (&["status", "--json=1"], "--json"),
        (&["completions", "cmd"], "bash"),
    ];
    for language in [Language::Turkish, Language::English] {
        for (args, named) in cases {
            let (code, text) = not_run(args, language);
            assert_eq!(code, 2, "{args:?}");
            assert!(text.contains(named), "{args:?}: {text}");
            let more = match language {
                Language::Turkish => "Ayrıntısı: santral",
                Language::English => "More about it: santral",
            };
            assert!(text.contains(more) || *args == ["user"], "{args:?}: {text}");
            if *args != ["user"] {
                let told: Vec<&str> = text.lines().filter(|line| !line.contains("santral")).collect();
                speaks(language, &told.join("\n"));
            }
        }
    }
}

#[test]
fn what_the_system_refuses_is_told_in_the_language() {
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::AlreadyExists,
        ErrorKind::AddrInUse,
        ErrorKind::AddrNotAvailable,
        ErrorKind::StorageFull,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::NotADirectory,
        ErrorKind::IsADirectory,
        ErrorKind::ConnectionRefused,
        ErrorKind::TimedOut,
        ErrorKind::UnexpectedEof,
        ErrorKind::InvalidData,
    ];
    let numbers = [1, 2, 5, 12, 13, 16, 17, 20, 21, 22, 23, 24, 27, 28, 30, 36, 98, 99, 110, 111, 122, 95];
    let errors = kinds.map(Error::from).into_iter().chain(numbers.map(Error::from_raw_os_error));
    for error in errors {
        for language in [Language::Turkish, Language::English] {
            let told = words::of(language).line("init-failed", &[("folder", "/x"), ("detail", &cause(&error))]);
            assert!(!told.contains('@') && !told.contains("os error"), "{error}: {told}");
            if language == Language::Turkish {
                speaks(language, &told);
            } else {
                assert!(!is_turkish(&told), "{told}");
            }
        }
    }
}

#[test]
fn every_way_to_break_a_file_is_told_in_turkish() {
    let broken = [
        "[log",
        "[[log",
        "[log]\nlevel",
        "[log]\nlevel =",
        "[log]\nlevel = info",
        "[log]\nlevel = 'a",
        "[log]\nlevel = \"a",
        "[log]\nlevel = \"\"\"a",
        "[log]\nlevel = '''a",
        "[log]\nlevel = [1 2]",
        "[log]\nlevel = [1,,2]",
        "[log]\nx = {a=1,,b=2}",
        "[log]\nx = {a=1",
        "[log]\nx = [1",
        "[log]\nx == 1",
        "= 1",
        "[log]\nx = 01",
        "[log]\nx = +-1",
        "[log]\nx = 1__0",
        "[log]\nx = 0xZZ",
        "[log]\nx = 2026-13-45",
        "[log]\nx = \"\\q\"",
        "[log]\nx = \"\\u12\"",
        "[log]\n\"\"\"x\"\"\" = 1",
        "[log]\nx = 1\rlevel = 2",
        "# \u{1}",
        "[log]\nx = {a = 1}\n[log.x]\nb = 1\n[log.x.y]\nc = 1",
        "[log]\nx = 1\nx.y = 2",
        "[log]\nx = tru",
        "[log]\nx = 1.2.3",
        "[log] x = 1",
        "[log]\nx = 1 y = 2",
        "[]",
        "[log]\n= = =",
        "}",
        "]",
        "'",
    ];
    for text in broken {
        let folder = Folder::good();
        folder.write("bozuk.toml", text);
        let findings = folder.load().expect_err(text);
        for finding in findings.iter().filter(|finding| finding.file.ends_with("bozuk.toml")) {
            speaks(Language::Turkish, &finding.message(Language::Turkish));
        }
    }
}
