//! `--help` in the person's language: the texts of the catalogues put over those of the derived command.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use crate::config::Language;
use crate::config::words::{self, Catalogue};

/// The whole command line, in one language.
pub(super) fn command(language: Language) -> Command {
    let words = words::of(language);
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).global(true);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    translated(Cli::command().disable_version_flag(true).arg(help).arg(version), "santral", words)
}

/// As much of a command as the arguments name: `santral user` of `santral --lang tr user ad`.
pub(super) fn asked(args: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut path = vec![command.get_name().to_owned()];
    for arg in args.iter().skip(1).filter_map(|arg| arg.to_str()) {
        if let Some(inner) = command.find_subcommand(arg).cloned() {
            path.push(arg.to_owned());
            command = inner;
        }
    }
    path.join(" ")
}

/// `[help]` of the catalogue has `santral`, `demo`, `user-add` for commands, and `demo.port` or `lang` for arguments.
fn translated(command: Command, path: &str, words: &'static Catalogue) -> Command {
    let text = |name: &str| words.text("help", name).map(str::to_owned);
    let heading = |name: &'static str| words.text("line", name).unwrap_or(name);
    let template =
        format!("{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}{{after-help}}", heading("help-usage"));
    let command = command.help_template(template).subcommand_help_heading(heading("help-commands"));
    let command = match text(path) {
        Some(about) => command.about(about).long_about(None),
        None => command,
    };
    let command = command.subcommand_value_name(heading("help-a-command")).mut_args(|arg| {
        let name = arg.get_id().to_string();
        let title = if arg.is_positional() { heading("help-arguments") } else { heading("help-options") };
        let arg = named_value(arg.help_heading(title), words);
        match text(&format!("{path}.{name}")).or_else(|| text(&name)) {
            Some(help) => explained(arg, help, words),
            None => arg,
        }
    });
    command.mut_subcommands(|inner| {
        let name = inner.get_name().to_owned();
        let path = if path == "santral" { name } else { format!("{path}-{name}") };
        translated(inner, &path, words)
    })
}

/// The name of an argument's value, from `[value]` of the catalogue.
fn named_value(arg: Arg, words: &'static Catalogue) -> Arg {
    if !arg.get_action().takes_values() {
        return arg;
    }
    let written = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let name = written.unwrap_or_else(|| arg.get_id().to_string().to_uppercase());
    match words.text("value", &name) {
        Some(name) => arg.value_name(name),
        None => arg,
    }
}

/// The help with the default behind it: the parser would say "default" and "possible values" in English.
fn explained(arg: Arg, help: String, words: &Catalogue) -> Arg {
    let defaults: Vec<String> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !arg.get_action().takes_values() {
        return arg.help(help).long_help(None);
    }
    let default = words.line("help-default", &[("value", &defaults.join(", "))]);
    let help = if defaults.is_empty() { help } else { format!("{help} {default}") };
    arg.help(help).long_help(None).hide_default_value(true).hide_possible_values(true)
}

#[cfg(test)]
mod tests {
    use super::{command, words};
    use crate::config::Language;

    fn names(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        found.push((path.to_owned(), path.to_owned()));
        found.extend(command.get_arguments().map(|arg| (format!("{path}.{}", arg.get_id()), arg.get_id().to_string())));
        for inner in command.get_subcommands() {
            let inner_path =
                if path == "santral" { inner.get_name().to_owned() } else { format!("{path}-{}", inner.get_name()) };
            names(inner, &inner_path, found);
        }
    }

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        for language in [Language::Turkish, Language::English] {
            let mut found = Vec::new();
            names(&command(language), "santral", &mut found);
            let words = words::of(language);
            let explained = |(long, short): &(String, String)| {
                words.text("help", long).is_some() || words.text("help", short).is_some()
            };
            let missing: Vec<_> = found.iter().filter(|names| !explained(names)).collect();
            assert!(missing.is_empty(), "{language:?}: {missing:?}");
        }
    }
}
