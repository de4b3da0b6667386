//! The command line: what can be asked for, and the commands that need no daemon of their own.

pub mod ask;
pub mod check;
mod help;
pub mod init;
pub mod user;
mod wrong;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::config::Language;

pub use wrong::NotRun;

/// Everything went well.
pub const DONE: u8 = 0;
/// The answer is no: errors in the configuration, a refused reload.
pub const NO: u8 = 1;
/// It could not be tried: wrong usage, an unreadable folder, no daemon.
pub const NOT_TRIED: u8 = 2;
/// It ended, and events wait in a file for the database; the next start takes them in.
pub const WAITING: u8 = 3;
/// It ended, and neither the database nor the disk took some events.
pub const LOST: u8 = 4;

/// A virtual telephone exchange and call centre.
#[derive(Debug, Clone, Parser)]
#[command(name = "santral", version, disable_help_subcommand = true, disable_help_flag = true)]
pub struct Cli {
    /// Language of what is printed; without it `LANG` decides.
    #[arg(long, global = true, value_enum, value_name = "tr|en", hide_possible_values = true)]
    pub lang: Option<Lang>,
    /// The same as `check`.
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    pub check_config: Option<Option<PathBuf>>,
    /// What to do; without a command: start when configured, else show how to begin.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Languages of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Türkçe.
    Tr,
    /// English.
    En,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// A made-up business with made-up calls, in memory.
    Demo(Demo),
    /// Run the exchange.
    Serve(Serve),
    /// Fill an empty database with made-up customers and calls.
    Seed(Seed),
    /// Check the configuration and tell every mistake.
    Check(Check),
    /// Write a commented sample configuration.
    Init(Init),
    /// Let the running exchange read its configuration again.
    Reload(Running),
    /// How the running exchange is doing.
    Status(StatusArgs),
    /// Stop the running exchange once its calls are over.
    Stop(Running),
    /// People who sign in.
    #[command(subcommand)]
    User(User),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        #[arg(value_name = "bash|zsh|fish|elvish|powershell")]
        shell: clap_complete::Shell,
    },
}

/// `santral demo`
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Port of the page; 0 lets the system choose.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Port of SIP; 0 lets the system choose.
    #[arg(long, default_value_t = 5060)]
    pub sip_port: u16,
    /// Keep database and recordings in this folder; without it they go with the demo.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// No simulated caller: the phone rings only when somebody really calls.
    #[arg(long)]
    pub no_caller: bool,
    /// Print addresses, link and secrets as one JSON line.
    #[arg(long)]
    pub json: bool,
}

/// `santral serve`
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Folder of the configuration.
    #[arg(long, value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// Folder of database and recordings.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `santral seed`
#[derive(Debug, Clone, Args)]
pub struct Seed {
    /// Customers in all.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    pub customers: u64,
    /// Calls in all.
    #[arg(long, value_name = "NUMBER", default_value_t = 5_000_000)]
    pub calls: u64,
    /// Where the database is.
    #[command(flatten)]
    pub place: Serve,
}

/// `santral check`
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// Folder of the configuration.
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// For people or for programs.
    #[arg(long, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = Format::Text)]
    pub format: Format,
}

/// Forms of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `santral init`
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// Folder to write.
    #[arg(value_name = "DIR", default_value = "sip-config")]
    pub folder: PathBuf,
}

/// Which running exchange is meant.
#[derive(Debug, Clone, Args)]
pub struct Running {
    /// Its control socket.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Its data folder.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `santral status`
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// Which one.
    #[command(flatten)]
    pub running: Running,
    /// Print one JSON line.
    #[arg(long)]
    pub json: bool,
}

/// `santral user`
#[derive(Debug, Clone, Subcommand)]
pub enum User {
    /// Let a person sign in.
    Add(UserAdd),
    /// Show who can sign in.
    List(UserList),
    /// Change a person's role, extension or displayed name.
    Set(UserSet),
    /// Give a person a new password.
    Passwd(UserName),
    /// Let a person sign in no longer.
    Block(UserName),
}

/// `santral user add`
#[derive(Debug, Clone, Args)]
pub struct UserAdd {
    /// Name to sign in with.
    pub name: String,
    /// Name colleagues see.
    #[arg(long)]
    pub display_name: Option<String>,
    /// What they may do.
    #[arg(long, value_enum, value_name = "agent|supervisor|admin", hide_possible_values = true, default_value_t = Role::Agent)]
    pub role: Role,
    /// Their extension.
    #[arg(long)]
    pub extension: Option<String>,
    /// Where the database is.
    #[command(flatten)]
    pub place: Serve,
}

/// `santral user list`
#[derive(Debug, Clone, Args)]
pub struct UserList {
    /// Print one JSON line for each person.
    #[arg(long)]
    pub json: bool,
    /// Where the database is.
    #[command(flatten)]
    pub place: Serve,
}

/// `santral user set`
#[derive(Debug, Clone, Args)]
pub struct UserSet {
    /// Name they sign in with.
    pub name: String,
    /// Name colleagues see.
    #[arg(long)]
    pub display_name: Option<String>,
    /// What they may do.
    #[arg(long, value_enum, value_name = "agent|supervisor|admin", hide_possible_values = true)]
    pub role: Option<Role>,
    /// Their extension.
    #[arg(long, conflicts_with = "no_extension")]
    pub extension: Option<String>,
    /// They have no extension any longer.
    #[arg(long)]
    pub no_extension: bool,
    /// Where the database is.
    #[command(flatten)]
    pub place: Serve,
}

/// `santral user passwd`, `santral user block`
#[derive(Debug, Clone, Args)]
pub struct UserName {
    /// Name they sign in with.
    pub name: String,
    /// Where the database is.
    #[command(flatten)]
    pub place: Serve,
}

/// Roles, as the API names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Takes calls.
    Agent,
    /// Sees the team.
    Supervisor,
    /// May do everything.
    Admin,
}

impl Cli {
    /// Reads the arguments, the first of which is the program's name. What is printed about wrong ones, and what
    /// `--help` prints, is in the person's language.
    ///
    /// # Errors
    /// For wrong arguments, and for `--help` and `--version`; [`NotRun::exit_code`] tells them apart.
    pub fn read(args: impl IntoIterator<Item = OsString>, env: &BTreeMap<String, String>) -> Result<Self, NotRun> {
        let args: Vec<OsString> = args.into_iter().collect();
        let language = asked_language(&args).unwrap_or_else(|| Language::from_env(env));
        let command = help::asked(&args);
        let read = help::command(language).try_get_matches_from(args);
        let read = read.and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches));
        read.map_err(|error| NotRun::new(&error, &command, language))
    }

    /// The language to print in.
    pub fn language(&self, env: &BTreeMap<String, String>) -> Language {
        match self.lang {
            Some(Lang::Tr) => Language::Turkish,
            Some(Lang::En) => Language::English,
            None => Language::from_env(env),
        }
    }

    /// Runs a command that needs no daemon in this process and gives its exit code; `None` for the others
    /// (`demo`, `serve`, `user`, and no command at all).
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn run_here(&self, env: &BTreeMap<String, String>, out: &mut impl Write) -> std::io::Result<Option<u8>> {
        let language = self.language(env);
        if let Some(folder) = &self.check_config {
            let check = Check { folder: folder.clone(), format: Format::Text };
            return check::run(&check, env, language, out).map(Some);
        }
        let Some(command) = &self.command else {
            return Ok(None);
        };
        match command {
            Command::Check(check) => check::run(check, env, language, out).map(Some),
            Command::Init(init) => init::run(init, language, out).map(Some),
            Command::Reload(running) => ask::reload(running, env, language, out).map(Some),
            Command::Status(status) => ask::status(status, env, language, out).map(Some),
            Command::Stop(running) => ask::stop(running, env, language, out).map(Some),
            Command::Completions { shell } => {
                clap_complete::generate(*shell, &mut help::command(language), "santral", out);
                Ok(Some(DONE))
            }
            Command::Demo(_) | Command::Serve(_) | Command::Seed(_) | Command::User(_) => Ok(None),
        }
    }
}

/// `--lang` before the arguments are understood, for the words of what is wrong with them.
fn asked_language(args: &[OsString]) -> Option<Language> {
    let mut texts = args.iter().filter_map(|arg| arg.to_str());
    while let Some(text) = texts.next() {
        match text.split_once('=') {
            Some(("--lang", code)) => return Language::from_code(code),
            _ if text == "--lang" => return texts.next().and_then(Language::from_code),
            _ => {}
        }
    }
    None
}

/// The configuration folder: what was asked for, `SANTRAL_CONFIG`, `./sip-config` where there is one, `/etc/santral`.
pub fn config_folder(asked: Option<&Path>, env: &BTreeMap<String, String>) -> PathBuf {
    let here = Path::new("sip-config");
    match (asked, env.get("SANTRAL_CONFIG").filter(|folder| !folder.is_empty())) {
        (Some(folder), _) => folder.to_owned(),
        (None, Some(folder)) => PathBuf::from(folder),
        (None, None) if here.is_dir() => here.to_owned(),
        (None, None) => PathBuf::from("/etc/santral"),
    }
}

/// The data folder: what was asked for, `SANTRAL_DATA`, systemd's state folder, else the working directory.
pub fn data_folder(asked: Option<&Path>, env: &BTreeMap<String, String>) -> PathBuf {
    let state = env.get("STATE_DIRECTORY").and_then(|list| list.split(':').next());
    let wished = env.get("SANTRAL_DATA").map(String::as_str).or(state).filter(|folder| !folder.is_empty());
    match (asked, wished) {
        (Some(folder), _) => folder.to_owned(),
        (None, Some(folder)) => PathBuf::from(folder),
        (None, None) => PathBuf::from("."),
    }
}
