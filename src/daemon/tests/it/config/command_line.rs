//! `santral check` and `santral init` from the arguments to the exit code.

use std::ffi::OsString;

use daemon::cli::{Cli, Command};
use daemon::config::{Language, secrets};
use daemon::lock::{LockError, Place};
use daemon::refusal::{self, Asked};
use daemon::serve::StartError;
use store::Rival;

use super::folder::{Folder, environment};

/// Runs a command line; the exit code and what was printed.
fn santral(args: &[&str], env: &[(&str, &str)]) -> (Option<u8>, String) {
    let args = std::iter::once("santral").chain(args.iter().copied()).map(OsString::from);
    let env = environment(env);
    let mut out = Vec::new();
    let code = Cli::read(args, &env).unwrap().run_here(&env, &mut out).unwrap();
    (code, String::from_utf8(out).unwrap())
}

fn path(folder: &Folder) -> &str {
    folder.path.to_str().unwrap()
}

#[test]
fn check_ends_with_0_1_or_2() {
    let folder = Folder::good();
    let (code, text) = santral(&["check", path(&folder), "--lang", "en"], &[]);
    assert_eq!(code, Some(0));
    assert!(text.contains("no errors, no warnings") && text.contains("the configuration is good"), "{text}");
    folder.write("queues/destek.toml", "[queue.destek]\n");
    assert_eq!(santral(&["check", path(&folder)], &[]).0, Some(0), "a warning is no error");
    folder.write("numbers.toml", "[number.500]\n");
    assert_eq!(santral(&["check", path(&folder)], &[]).0, Some(1));
    assert_eq!(santral(&["--check-config", path(&folder)], &[]).0, Some(1));
    assert_eq!(santral(&["check", "/yok/boyle/klasor"], &[]).0, Some(2));
}

#[test]
fn check_speaks_the_language_of_the_environment_unless_told_otherwise() {
    let folder = Folder::good();
    for (args, env, expected) in [
        (vec![], vec![("LANG", "en_GB.UTF-8")], "no errors"),
        (vec![], vec![("LANG", "tr_TR.UTF-8")], "hata yok"),
        (vec![], vec![("LANG", "C.UTF-8")], "hata yok"),
        (vec![], vec![("LC_ALL", "de_DE"), ("LANG", "tr_TR")], "no errors"),
        (vec!["--lang", "tr"], vec![("LANG", "en_GB.UTF-8")], "hata yok"),
    ] {
        let args: Vec<&str> = ["check", path(&folder)].into_iter().chain(args).collect();
        let (_, text) = santral(&args, &env);
        assert!(text.starts_with(expected), "{env:?}: {text}");
    }
}

#[test]
fn check_finds_the_folder_by_the_environment_and_prints_json() {
    let folder = Folder::good();
    folder.write("numbers.toml", "[number.500]\n");
    let (code, text) = santral(&["check", "--format", "json"], &[("SANTRAL_CONFIG", path(&folder))]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, json["errors"].as_u64()), (Some(1), Some(1)));
    assert_eq!(json["findings"][0]["code"], "missing-key");
}

#[test]
fn init_writes_a_folder_that_is_good_and_never_writes_over_anything() {
    let folder = Folder::empty();
    let target = folder.path.join("yeni");
    let target = target.to_str().unwrap();
    let (code, text) = santral(&["init", target, "--lang", "tr"], &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("santral serve") && text.contains("101, 102"), "{text}");
    assert!(folder.path.join("yeni").join(secrets::FILE).exists());
    let (code, text) = santral(&["check", target, "--lang", "en"], &[]);
    assert!(code == Some(0) && text.contains("no errors, no warnings"), "{text}");

    folder.write("yeni/numbers.toml", "# benim\n");
    let (code, text) = santral(&["init", target], &[]);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(folder.read("yeni/numbers.toml"), "# benim\n");
}

#[test]
fn init_says_so_when_it_cannot_write() {
    let folder = Folder::empty();
    folder.write("dosya", "x");
    let (code, text) = santral(&["init", folder.path.join("dosya/alt").to_str().unwrap(), "--lang", "tr"], &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("yazılamıyor") && !text.contains("os error") && !text.contains('@'), "{text}");
}

#[test]
fn the_demo_and_the_service_are_left_to_the_daemon_with_their_arguments() {
    let read = |args: &[&str]| {
        let args = std::iter::once("santral").chain(args.iter().copied()).map(OsString::from);
        Cli::read(args, &environment(&[])).unwrap()
    };
    let demo = read(&["demo", "--port", "0", "--sip-port", "0", "--no-caller", "--json", "--lang", "en"]);
    assert_eq!(demo.language(&environment(&[])), Language::English);
    assert!(matches!(demo.command, Some(Command::Demo(d)) if d.port == 0 && d.sip_port == 0 && d.no_caller && d.json));
    let serve = read(&["serve", "--config", "/etc/santral"]);
    assert!(matches!(serve.command, Some(Command::Serve(s)) if s.config.is_some() && s.data.is_none()));
    assert!(read(&[]).command.is_none());
}

#[test]
fn help_is_in_the_language_and_a_wrong_argument_is_exit_code_2() {
    let read = |args: &[&str], env: &[(&str, &str)]| {
        let args = std::iter::once("santral").chain(args.iter().copied()).map(OsString::from);
        Cli::read(args, &environment(env)).unwrap_err()
    };
    let turkish = read(&["--help"], &[("LANG", "tr_TR.UTF-8")]);
    assert_eq!(turkish.exit_code(), 0);
    assert!(
        turkish.to_string().contains("Komutlar:") && turkish.to_string().contains("Santrali çalıştır"),
        "{turkish}"
    );
    let english = read(&["serve", "--help"], &[("LANG", "en_US")]);
    assert!(english.to_string().contains("Folder of the configuration"), "{english}");
    assert_eq!(read(&["serv"], &[]).exit_code(), 2);
}

#[test]
fn completions_name_the_commands() {
    let (code, text) = santral(&["completions", "bash"], &[]);
    assert!(code == Some(0) && text.contains("check") && text.contains("--sip-port"));
}

#[test]
fn a_new_user_needs_a_name_of_plain_letters_and_a_long_password() {
    use daemon::cli::{Role, Serve, UserAdd, user};
    let ask = |name: &str, typed: &str| {
        let place = Serve { config: None, data: None };
        let add = UserAdd { name: name.to_owned(), display_name: None, role: Role::Admin, extension: None, place };
        user::ask(&add, Language::English, &mut typed.as_bytes(), &mut Vec::new())
    };
    let user = ask("zeynep", "on-iki-karakter\r\n").unwrap();
    assert_eq!((user.password.0.as_str(), user.display_name.as_str()), ("on-iki-karakter", "zeynep"));
    assert!(ask("zeynep", "kısa\n").unwrap_err().to_string().contains("10"));
    assert!(ask("Zeynep Kaya", "on-iki-karakter\n").is_err());
}

#[test]
fn whoever_holds_the_data_folder_is_named_in_the_language_where_it_is_known() {
    for place in [Place::Data, Place::Database, Place::Recordings] {
        let held = |holder: &str, language| {
            let error = LockError::Held { place, path: "/var/lib/santral".into(), holder: holder.to_owned() };
            refusal::of_start(&StartError::Lock(error), Asked::Serve).text(language)
        };
        assert!(held("pid 71", Language::Turkish).contains("santral (süreç 71)"), "{place:?}");
        assert!(held("pid 71", Language::English).contains("santral (process 71)"), "{place:?}");
        assert!(held("", Language::Turkish).contains("`/var/lib/santral`"), "{place:?}");
        assert!(held("", Language::Turkish).contains("kullanıyor"), "{place:?}");
    }
}

#[test]
fn whoever_holds_the_database_is_a_process_on_a_machine() {
    let held = |name: &str, address: Option<&str>, language| {
        let rival = Rival { name: name.to_owned(), address: address.map(str::to_owned) };
        refusal::of_start(&StartError::Taken(rival), Asked::Serve).text(language)
    };
    let turkish = held("santral pid 4711 on ofis-1", Some("10.0.0.7"), Language::Turkish);
    assert!(turkish.contains("santral (ofis-1 makinesinde süreç 4711, adresi 10.0.0.7)"), "{turkish}");
    let english = held("santral pid 4711 on ofis-1", None, Language::English);
    assert!(english.contains("santral (process 4711 on ofis-1, address ofis-1)"), "{english}");
    let unknown = held("pgbouncer", Some("10.0.0.7"), Language::English);
    assert!(unknown.contains("in use by another santral") && !unknown.contains("process"), "{unknown}");
}

#[test]
fn what_cannot_be_offered_or_counted_in_sip_is_a_finding_at_its_place() {
    for (line, setting) in [
        ("digest = \"crc32\"", "digest"),
        ("digest = 256", "digest"),
        ("ban_after = -1", "ban_after"),
        ("ban_after = 1001", "ban_after"),
        ("ban_after = \"five\"", "ban_after"),
        ("ban_time = \"soon\"", "ban_time"),
        ("ban_time = 600", "ban_time"),
    ] {
        let folder = Folder::good();
        let main = folder.read("santral.toml");
        folder.write("santral.toml", &format!("{main}\n[sip]\n{line}\n"));
        let (code, text) = santral(&["check", path(&folder), "--lang", "en"], &[]);
        assert_eq!(code, Some(1), "{line}: {text}");
        assert!(text.contains(setting) && text.contains("santral.toml"), "{line}: {text}");
    }
    for line in ["ban_after = 0", "ban_after = 1000\nban_time = \"1h\""] {
        let folder = Folder::good();
        let main = folder.read("santral.toml");
        folder.write("santral.toml", &format!("{main}\n[sip]\n{line}\n"));
        let (code, text) = santral(&["check", path(&folder), "--lang", "en"], &[]);
        assert_eq!(code, Some(0), "{line}: {text}");
    }
}
