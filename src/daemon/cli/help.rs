//! `--help` in the person's language: the texts of the catalogues put over those of the derived command.

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
    let command = command.mut_args(|arg| {
        let name = arg.get_id().to_string();
        let title = if arg.is_positional() { heading("help-arguments") } else { heading("help-options") };
        let arg = arg.help_heading(title);
        match text(&format!("{path}.{name}")).or_else(|| text(&name)) {
            Some(help) => arg.help(help).long_help(None),
            None => arg,
        }
    });
    command.mut_subcommands(|inner| {
        let name = inner.get_name().to_owned();
        let path = if path == "santral" { name } else { format!("{path}-{name}") };
        translated(inner, &path, words)
    })
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
