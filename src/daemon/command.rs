//! What each command of the command line does, and with which exit code.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use store::{NewUser, Role, Store, UserPatch};

use crate::cli::{self, Cli, Command};
use crate::config::{self, Language, Source, render, secrets};
use crate::demo::{self, Options};
use crate::service::{self, Service};
use crate::{clock, log};

/// Runs the command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let env: BTreeMap<String, String> = std::env::vars().collect();
    let cli = match Cli::read(args, &env) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(cli::NOT_TRIED));
        }
    };
    match cli.run_here(&env, &mut io::stdout().lock()) {
        Ok(Some(code)) => ExitCode::from(code),
        Ok(None) => ExitCode::from(in_runtime(&cli, &env)),
        Err(error) => say(&error),
    }
}

fn say(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("santral: {error}");
    ExitCode::from(cli::NOT_TRIED)
}

fn in_runtime(cli: &Cli, env: &BTreeMap<String, String>) -> u8 {
    // Journal, look-ups and board. The switch, the page and the sound have threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(cli, env)),
        Err(error) => Err(error.to_string()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("santral: {error}");
        cli::NOT_TRIED
    })
}

async fn dispatch(cli: &Cli, env: &BTreeMap<String, String>) -> Result<u8, String> {
    let language = cli.language(env);
    match &cli.command {
        Some(Command::Demo(options)) => run_demo(options, language).await,
        Some(Command::Serve(place)) => run_service(place, env, language).await,
        Some(Command::User(cli::User::Add(add))) => add_user(add, env, language).await,
        Some(Command::User(cli::User::Passwd(passwd))) => change_password(passwd, env, language).await,
        _ => {
            let place = cli::Serve { config: None, data: None };
            if cli::config_folder(None, env).join("santral.toml").exists() {
                run_service(&place, env, language).await
            } else {
                println!("{}", how_to_begin(language));
                Ok(cli::NOT_TRIED)
            }
        }
    }
}

fn how_to_begin(language: Language) -> &'static str {
    match language {
        Language::Turkish => {
            "Henüz bir yapılandırma yok.\n\n  santral demo    örnek bir işletmeyle hemen deneyin\n  \
             santral init    ./sip-config klasörüne açıklamalı bir yapılandırma yazar\n  \
             santral serve   yazdıktan sonra başlatır"
        }
        Language::English => {
            "There is no configuration yet.\n\n  santral demo    try it at once with a sample business\n  \
             santral init    writes a commented configuration into ./sip-config\n  \
             santral serve   starts it after that"
        }
    }
}

async fn run_demo(asked: &cli::Demo, language: Language) -> Result<u8, String> {
    log::start("info", config::LogFormat::Text);
    let options = Options {
        port: asked.port,
        sip_port: asked.sip_port,
        data: asked.data.clone(),
        caller: !asked.no_caller,
        language: language.code().to_owned(),
    };
    let demo = demo::start(&options).await.map_err(|error| error.to_string())?;
    let ready = if asked.json {
        serde_json::to_string(&demo.facts).map_err(|error| error.to_string())?
    } else {
        demo.facts.words(language == Language::Turkish)
    };
    writeln!(io::stdout(), "{ready}").map_err(|error| error.to_string())?;
    service::until_asked_to_stop().await.map_err(|error| error.to_string())?;
    demo.stop(service::DEMO_DRAIN).await;
    Ok(cli::DONE)
}

async fn run_service(place: &cli::Serve, env: &BTreeMap<String, String>, language: Language) -> Result<u8, String> {
    let folder = cli::config_folder(place.config.as_deref(), env);
    let data = cli::data_folder(place.data.as_deref(), env);
    secrets::ensure(&folder).map_err(|error| match error {
        secrets::SecretsError::Configuration(findings) => render::text(&findings, language),
        secrets::SecretsError::Io(error) => error.to_string(),
    })?;
    let loaded = match config::load(&Source::Folder(folder.clone()), env) {
        Ok(loaded) => loaded,
        Err(findings) => {
            eprint!("{}", render::text(&findings, language));
            return Ok(cli::NO);
        }
    };
    log::start(loaded.settings.log.level.as_str(), loaded.settings.log.format);
    for warning in &loaded.warnings {
        tracing::warn!(file = %warning.file, line = warning.line, code = warning.code.as_str(), "{warning}");
    }
    let service = Service::start(loaded, folder, data, env.clone()).await.map_err(|error| error.to_string())?;
    service.run().await.map_err(|error| error.to_string())?;
    Ok(cli::DONE)
}

async fn add_user(add: &cli::UserAdd, env: &BTreeMap<String, String>, language: Language) -> Result<u8, String> {
    let asked =
        cli::user::ask(add, language, &mut io::stdin().lock(), &mut io::stdout()).map_err(|error| error.to_string())?;
    let store = open_store(&add.place, env, language).await?;
    let new = NewUser {
        name: asked.name,
        display_name: asked.display_name,
        role: match add.role {
            cli::Role::Agent => Role::Agent,
            cli::Role::Supervisor => Role::Supervisor,
            cli::Role::Admin => Role::Admin,
        },
        extension: asked.extension,
        password_hash: Some(api::sign_in::hash_password(&asked.password.0)?),
        language: language.code().to_owned(),
    };
    store.user_insert(&new, clock::wall()).await.map_err(|error| error.to_string())?;
    store.close().await;
    Ok(cli::DONE)
}

async fn change_password(
    passwd: &cli::UserPasswd,
    env: &BTreeMap<String, String>,
    language: Language,
) -> Result<u8, String> {
    let password = cli::user::ask_password(language, &mut io::stdin().lock(), &mut io::stdout())
        .map_err(|error| error.to_string())?;
    let store = open_store(&passwd.place, env, language).await?;
    let user = store.user_by_name(&passwd.name).await.map_err(|error| error.to_string())?;
    let user = user.ok_or_else(|| format!("{}: ?", passwd.name))?;
    let patch =
        UserPatch { password_hash: Some(Some(api::sign_in::hash_password(&password)?)), ..UserPatch::default() };
    store.user_patch(&user.id, &patch).await.map_err(|error| error.to_string())?;
    // Whoever knew the old password is signed out everywhere.
    store.sessions_delete_of(&user.id).await.map_err(|error| error.to_string())?;
    store.close().await;
    Ok(cli::DONE)
}

async fn open_store(place: &cli::Serve, env: &BTreeMap<String, String>, language: Language) -> Result<Store, String> {
    let folder = cli::config_folder(place.config.as_deref(), env);
    let data: PathBuf = cli::data_folder(place.data.as_deref(), env);
    let loaded = config::load(&Source::Folder(folder), env).map_err(|findings| render::text(&findings, language))?;
    std::fs::create_dir_all(&data).map_err(|error| error.to_string())?;
    Store::open(&loaded.settings.database_url(&data)).await.map_err(|error| error.to_string())
}
