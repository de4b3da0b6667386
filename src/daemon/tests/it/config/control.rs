//! The control socket with a daemon's end played by the test.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::JoinHandle;

use daemon::cli::Cli;
use daemon::config::compare::Changes;
use daemon::control::{Request, Response, Status, Trouble, socket_to_ask, socket_to_serve};

use super::folder::{Folder, environment};

/// Answers one request and hands it back.
fn daemon_that_answers(socket: &Path, response: Response) -> JoinHandle<Request> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        (&stream).write_all(format!("{}\n", response.to_line()).as_bytes()).unwrap();
        Request::from_line(&line).unwrap()
    })
}

fn ask(folder: &Folder, command: &[&str], response: Response) -> (Option<u8>, String, Request) {
    let socket = folder.path.join("ctl.sock");
    let daemon = daemon_that_answers(&socket, response);
    let (code, text) = run(folder, command);
    (code, text, daemon.join().unwrap())
}

fn run(folder: &Folder, command: &[&str]) -> (Option<u8>, String) {
    let data = folder.path.to_str().unwrap();
    let args = std::iter::once("santral").chain(command.iter().copied()).chain(["--lang", "en", "--data", data]);
    let mut out = Vec::new();
    let env = environment(&[]);
    let code = Cli::read(args.map(Into::into), &env).unwrap().run_here(&env, &mut out).unwrap();
    (code, String::from_utf8(out).unwrap())
}

#[test]
fn a_reload_tells_what_changed_and_what_waits_for_a_restart() {
    let changes = Changes { changed: vec!["+queue:satis".into()], needs_restart: vec!["db.url".into()] };
    let (code, text, asked) = ask(&Folder::empty(), &["reload"], Response::Reloaded { changes, warnings: Vec::new() });
    assert_eq!((code, asked), (Some(0), Request::Reload));
    assert!(text.contains("+queue:satis") && text.contains("db.url"), "{text}");
}

#[test]
fn a_refused_reload_prints_the_findings_in_the_askers_language() {
    let broken = Folder::good();
    broken.write("numbers.toml", "[number.500]\ngoto = \"ivr:anna\"\n");
    let findings = broken.load().unwrap_err();
    let (code, text, _) = ask(&Folder::empty(), &["reload"], Response::Refused { findings });
    assert_eq!(code, Some(1));
    assert!(text.contains("no menu named `anna`") && text.contains("numbers.toml:2:8"), "{text}");
    assert!(text.contains("the old configuration goes on"), "{text}");
}

#[test]
fn status_is_a_page_or_a_line_of_json() {
    let status = Status {
        calls: 3,
        max_calls: 100,
        waiting: [("destek".to_owned(), 2)].into(),
        uptime_seconds: 93_784,
        ..Status::default()
    };
    let (code, text, _) = ask(&Folder::empty(), &["status"], Response::Status(status.clone()));
    assert!(
        code == Some(0) && text.contains("3 / 100") && text.contains("destek 2") && text.contains("1d 02:03:04"),
        "{text}"
    );
    let (code, text, _) = ask(&Folder::empty(), &["status", "--json"], Response::Status(status.clone()));
    assert_eq!((code, serde_json::from_str::<Status>(&text).unwrap()), (Some(0), status.clone()));
    let ill = Status { faults: vec!["disk full".into()], ..status };
    let (code, text, _) = ask(&Folder::empty(), &["status"], Response::Status(ill));
    assert!(code == Some(1) && text.contains("disk full"), "{text}");
}

#[test]
fn a_fault_is_told_in_the_askers_language_and_one_event_is_one_event() {
    let trouble = |part: &str, state: &str, count| Trouble { part: part.to_owned(), state: state.to_owned(), count };
    let status = Status {
        faults: vec!["database: is locked".into(), "journal: 1 events wait".into()],
        troubles: vec![trouble("database", "busy", 0), trouble("journal", "waiting", 1)],
        ..Status::default()
    };
    let (_, english, _) = ask(&Folder::empty(), &["status"], Response::Status(status.clone()));
    assert!(english.contains("1 event waits for the database"), "{english}");
    let unknown = Status { troubles: vec![trouble("database", "melted", 0)], faults: vec!["melted".into()], ..status };
    let (_, english, _) = ask(&Folder::empty(), &["status"], Response::Status(unknown));
    assert!(english.contains("melted"), "{english}");
}

#[test]
fn stop_waits_until_the_daemon_is_gone() {
    let response = Response::Stopping { calls: 2, drain_seconds: 60 };
    let (code, text, asked) = ask(&Folder::empty(), &["stop"], response);
    assert_eq!((code, asked), (Some(0), Request::Stop));
    assert!(text.contains("stopped (2"), "{text}");
}

#[test]
fn without_a_daemon_the_exit_code_is_2() {
    let (code, text) = run(&Folder::empty(), &["reload"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("no running santral") && !text.contains("os error"), "{text}");
}

#[test]
fn the_socket_lies_in_the_runtime_folder_of_a_service_and_else_beside_the_data() {
    let data = Path::new("/veri");
    assert_eq!(socket_to_serve(data, &environment(&[])), Path::new("/veri/ctl.sock"));
    let service = environment(&[("RUNTIME_DIRECTORY", "/run/santral")]);
    assert_eq!(socket_to_serve(data, &service), Path::new("/run/santral/ctl.sock"));
    assert_eq!(socket_to_ask(None, data), Path::new("/run/santral/ctl.sock"));
}
