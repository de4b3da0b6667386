//! What each command of the command line does, and with which exit code.

mod alone;
mod seed;
mod user;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use rustix::fs::Mode;

use crate::cli::{self, Cli, Command};
use crate::config::{self, Language, Source, cause, render, secrets, words};
use crate::demo::{self, Options};
use crate::log;
use crate::refusal::{self, Refusal};
use crate::service::{self, Service};
use crate::vitals::Backlog;

/// How long the end waits for a thread that a file holds up: a network folder that is gone may hold it for ever.
const FAREWELL: Duration = Duration::from_secs(1);

/// Runs the command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let env: BTreeMap<String, String> = std::env::vars().collect();
    // What is made here is for its owner and for those the owner puts into its group, never for everybody.
    rustix::process::umask(Mode::from_raw_mode(0o027));
    let cli = match Cli::read(args, &env) {
        Ok(cli) => cli,
        Err(not_run) => {
            not_run.print();
            return ExitCode::from(not_run.exit_code());
        }
    };
    match cli.run_here(&env, &mut io::stdout().lock()) {
        Ok(Some(code)) => ExitCode::from(code),
        Ok(None) => ExitCode::from(in_runtime(&cli, &env)),
        // Nobody reads what is printed any longer: there is nobody to tell either.
        Err(_) => ExitCode::from(cli::NOT_TRIED),
    }
}

fn in_runtime(cli: &Cli, env: &BTreeMap<String, String>) -> u8 {
    // Journal, look-ups and board. The switch, the page and the sound have threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(cli, env));
            runtime.shutdown_timeout(FAREWELL);
            outcome
        }
        Err(error) => Err(Refusal::new("system").with("detail", cause(&error))),
    };
    outcome.unwrap_or_else(|refusal| {
        eprint!("{}", refusal.text(cli.language(env)));
        refusal.exit_code()
    })
}

async fn dispatch(cli: &Cli, env: &BTreeMap<String, String>) -> Result<u8, Refusal> {
    let language = cli.language(env);
    match &cli.command {
        Some(Command::Demo(options)) => run_demo(options, language).await,
        Some(Command::Serve(place)) => run_service(place, env, language).await,
        Some(Command::Seed(asked)) => seed::run(asked, env, language).await,
        Some(Command::User(command)) => user::run(command, env, language).await,
        _ => {
            let place = cli::Serve { config: None, data: None };
            if cli::config_folder(None, env).join("santral.toml").exists() {
                run_service(&place, env, language).await
            } else {
                println!("{}", words::of(language).line("begin", &[]));
                Ok(cli::NOT_TRIED)
            }
        }
    }
}

async fn run_demo(asked: &cli::Demo, language: Language) -> Result<u8, Refusal> {
    log::start("info", config::LogFormat::Text);
    let options = Options {
        port: asked.port,
        sip_port: asked.sip_port,
        data: asked.data.clone(),
        caller: !asked.no_caller,
        language,
    };
    let demo = demo::start(&options).await.map_err(|error| refusal::of_start(&error, refusal::Asked::Demo))?;
    let ready = if asked.json {
        serde_json::to_string(&demo.facts).map_err(|_| Refusal::new("system").with("detail", "@io-damaged"))?
    } else {
        demo.facts.words(language)
    };
    let printed = writeln!(io::stdout(), "{ready}");
    printed.map_err(|error| Refusal::new("system").with("detail", cause(&error)))?;
    service::until_asked_to_stop().await.map_err(|error| Refusal::new("system").with("detail", cause(&error)))?;
    Ok(ended(demo.stop(service::DEMO_DRAIN).await))
}

async fn run_service(place: &cli::Serve, env: &BTreeMap<String, String>, language: Language) -> Result<u8, Refusal> {
    let folder = cli::config_folder(place.config.as_deref(), env);
    let data = cli::data_folder(place.data.as_deref(), env);
    secrets::ensure(&folder).map_err(|error| refusal::of_secrets(&error, &folder))?;
    let loaded = match config::load(&Source::Folder(folder.clone()), env) {
        Ok(loaded) => loaded,
        Err(findings) => {
            eprint!("{}", render::text(&findings, language));
            return Ok(if render::is_unreadable(&findings) { cli::NOT_TRIED } else { cli::NO });
        }
    };
    log::start(loaded.settings.log.level.as_str(), loaded.settings.log.format);
    for warning in &loaded.warnings {
        tracing::warn!(file = %warning.file, line = warning.line, code = warning.code.as_str(), "{warning}");
    }
    let started = Service::start(loaded, folder.clone(), data.clone(), env.clone()).await;
    let service = started.map_err(|error| refusal::of_start(&error, refusal::Asked::Serve))?;
    if service.nobody_can_sign_in().await {
        tracing::warn!("nobody can sign in yet: add a person with `santral user add`");
        let (folder, data) = (folder.display().to_string(), data.display().to_string());
        eprintln!("{}", words::of(language).line("serve-nobody", &[("folder", &folder), ("data", &data)]));
    }
    let backlog = service.run().await.map_err(|error| Refusal::new("system").with("detail", cause(&error)))?;
    Ok(ended(backlog))
}

/// The truth in one number.
fn ended(backlog: Backlog) -> u8 {
    match backlog {
        Backlog { memory: 1.., .. } => cli::LOST,
        Backlog { waiting: 1.., .. } => cli::WAITING,
        _ => cli::DONE,
    }
}
