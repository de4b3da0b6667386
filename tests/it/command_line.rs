//! The command line as a newcomer meets it: what it says when it works, and when a port, a folder or a person is not as
//! it should be; in Turkish and English, with the exit codes that scripts rely on.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::world::desk::Desk;
use crate::world::free_even_port;
use crate::world::santral::{folder, signal};
use crate::world::wait_for;

const PASSWORD: &str = "correct horse battery";

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn santral(language: &str, args: &[&str], env: &[(&str, &str)], typed: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(args)
        .envs(env.iter().copied())
        .env("LANG", if language == "tr" { "tr_TR.UTF-8" } else { "en_GB.UTF-8" })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A configuration in a folder of its own, on free ports.
fn installation() -> (std::path::PathBuf, Vec<(&'static str, String)>) {
    let place = folder("command-line");
    let said = santral("tr", &["init", place.join("cfg").to_str().unwrap()], &[], "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("santral user add"), "init says how the first person gets in: {}", said.out);
    let env = vec![
        ("SANTRAL__LISTEN__HTTP", format!("127.0.0.1:{}", free_even_port())),
        ("SANTRAL__LISTEN__SIP", format!("127.0.0.1:{}", free_even_port())),
        ("SANTRAL_CONFIG", place.join("cfg").display().to_string()),
        ("SANTRAL_DATA", place.join("data").display().to_string()),
    ];
    (place, env)
}

fn borrowed<'e>(env: &'e [(&'static str, String)]) -> Vec<(&'e str, &'e str)> {
    env.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn a_taken_port_is_told_with_its_number_its_setting_and_who_holds_it() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (http, sip) = (tcp.local_addr().unwrap().port().to_string(), udp.local_addr().unwrap().port().to_string());
    let data = folder("taken");
    let demo = |http: &str, sip: &str, language: &str| {
        let at = data.to_str().unwrap();
        santral(language, &["demo", "--port", http, "--sip-port", sip, "--data", at, "--no-caller"], &[], "")
    };
    for (language, taken, held) in [("tr", "portu dolu", "tutan"), ("en", "port is taken", "held by")] {
        for (said, port, option) in
            [(demo(&http, "0", language), &http, "--port"), (demo("0", &sip, language), &sip, "--sip-port")]
        {
            assert_eq!(said.code, Some(2), "{}", said.err);
            for word in [taken, held, port, option, &std::process::id().to_string()] {
                assert!(said.err.contains(word), "{language}: {word} in {}", said.err);
            }
            for foreign in ["os error", "Address already in use", "panicked"] {
                assert!(!said.err.contains(foreign), "{}", said.err);
            }
        }
    }
    let (place, mut env) = installation();
    for (key, setting) in [("SANTRAL__LISTEN__HTTP", "listen.http"), ("SANTRAL__LISTEN__SIP", "listen.sip")] {
        let mut env = env.clone();
        env.iter_mut().find(|(name, _)| *name == key).unwrap().1 = format!("127.0.0.1:{http}");
        let said = santral("tr", &["serve"], &borrowed(&env), "");
        assert_eq!(said.code, Some(2));
        assert!(said.err.contains(setting) && said.err.contains(&http), "{}", said.err);
    }
    env[0].1 = "192.0.2.7:8080".to_owned();
    let said = santral("en", &["serve"], &borrowed(&env), "");
    assert!(said.err.contains("this machine does not have that address"), "{}", said.err);
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        entries.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap_or_default())).collect();
    all.sort();
    all
}

#[test]
fn the_demo_leaves_a_folder_in_which_somebody_works_alone() {
    let (place, env) = installation();
    let added = santral("en", &["user", "add", "ayse", "--role", "admin"], &borrowed(&env), &format!("{PASSWORD}\n"));
    assert_eq!(added.code, Some(0), "{}", added.err);
    let data = place.join("data");
    let before = contents(&data);
    for (language, words) in [("tr", "demonun klasörü değil"), ("en", "is not a folder of the demo")] {
        let at = data.to_str().unwrap();
        let said = santral(language, &["demo", "--port", "0", "--sip-port", "0", "--data", at], &[], "");
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(said.err.contains(words) && said.out.is_empty(), "{}", said.err);
        assert_eq!(contents(&data), before, "nothing was touched");
    }
    // A file is no folder, and a folder that is not the demo's needs no database to be left alone.
    std::fs::write(place.join("letter.txt"), "dear").unwrap();
    for path in [place.join("letter.txt"), place.clone()] {
        let said =
            santral("tr", &["demo", "--port", "0", "--sip-port", "0", "--data", path.to_str().unwrap()], &[], "");
        assert!(matches!(said.code, Some(1 | 2)) && !said.err.contains("os error"), "{}", said.err);
    }
    assert_eq!(std::fs::read_to_string(place.join("letter.txt")).unwrap(), "dear");
    std::fs::remove_dir_all(&place).unwrap();
}

#[test]
fn people_are_added_listed_changed_and_blocked_and_each_command_says_what_it_did() {
    let (place, env) = installation();
    let env = borrowed(&env);
    let typed = format!("{PASSWORD}\n");
    let user = |language: &str, args: &[&str]| {
        let args: Vec<&str> = ["user"].into_iter().chain(args.iter().copied()).collect();
        santral(language, &args, &env, &typed)
    };
    let all = |said: &Said, words: &[&str]| {
        for word in words {
            assert!(said.out.contains(word), "{word} in {} {}", said.out, said.err);
        }
    };
    let http = env.iter().find(|(name, _)| *name == "SANTRAL__LISTEN__HTTP").unwrap().1;

    assert!(user("tr", &["list"]).out.contains("Henüz kimse giremiyor"));
    // The configuration says that 101 is Zeynep's.
    all(&user("tr", &["add", "zeynep"]), &["zeynep eklendi", "temsilci", "dahili 101", http]);
    all(&user("en", &["add", "ayse", "--role", "admin"]), &["ayse is added", "administrator", "no extension", http]);
    all(
        &user("en", &["add", "ali", "--extension", "777"]),
        &["extension 777", "the configuration has no extension 777"],
    );
    let taken = user("tr", &["add", "zeynep"]);
    assert_eq!((taken.code, taken.out.as_str()), (Some(1), ""));
    assert!(taken.err.contains("`zeynep` adında biri zaten var"), "{}", taken.err);
    let taken = user("en", &["add", "veli", "--extension", "101"]);
    assert!(taken.code == Some(1) && taken.err.contains("belongs to `zeynep`"), "{}", taken.err);

    all(&user("tr", &["set", "ali", "--role", "supervisor", "--no-extension"]), &["süpervizör", "dahilisi yok"]);
    all(&user("en", &["passwd", "ali"]), &["ali has a new password"]);
    all(&user("tr", &["block", "ali"]), &["ali artık giremez"]);
    let rows: Vec<serde_json::Value> =
        user("en", &["list", "--json"]).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ali = rows.iter().find(|row| row["name"] == "ali").unwrap();
    assert_eq!(
        (&ali["role"], &ali["extension"], &ali["signs_in"]),
        (&"supervisor".into(), &serde_json::Value::Null, &false.into())
    );
    for (args, code) in [
        (vec!["set", "yok", "--role", "agent"], 1),
        (vec!["passwd", "yok"], 1),
        (vec!["block", "yok"], 1),
        (vec!["set", "ali"], 2),
        (vec!["add", "Ali Veli"], 2),
    ] {
        let said = user("tr", &args);
        assert_eq!(said.code, Some(code), "{args:?}: {}", said.err);
        assert!(said.err.starts_with("hata: ") && said.out.is_empty(), "{args:?}: {}", said.err);
    }
    let short = santral("en", &["user", "add", "can"], &env, "short\n");
    assert!(short.code == Some(2) && short.err.contains("at least 10 characters"), "{}", short.err);
    std::fs::remove_dir_all(&place).unwrap();
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_switch_without_people_says_how_the_first_one_gets_in_and_lets_them_in_without_a_restart() {
    let (place, env) = installation();
    let child = Command::new(env!("CARGO_BIN_EXE_santral"))
        .arg("serve")
        .envs(borrowed(&env))
        .env("LANG", "tr_TR.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut serving = Serving(child);
    let mut lines = BufReader::new(serving.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("girebilecek kimse yok")), "it says that nobody can sign in");
    let command = lines.find(|line| line.contains("santral user add")).expect("and what to do");
    assert!(command.contains(place.join("data").to_str().unwrap()), "{command}");
    std::thread::spawn(move || lines.for_each(drop));

    let url = format!("http://{}", env[0].1);
    let page = |path: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("{url}{path}")).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    assert!(page("/api/v1/session").contains("\"nobody-yet\""), "the page can say it too: {}", page("/api/v1/session"));

    let said = santral("tr", &["user", "add", "zeynep"], &borrowed(&env), &format!("{PASSWORD}\n"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let desk = Desk::sign_in_at(&url, "zeynep", PASSWORD);
    assert_eq!(desk.session["me"]["extension"], "101", "{}", desk.session);
    assert!(!page("/api/v1/session").contains("nobody-yet"));

    let stopped = santral("tr", &["stop"], &borrowed(&env), "");
    assert!(stopped.code == Some(0) && stopped.out.contains("durduruldu"), "{} {}", stopped.out, stopped.err);
    let code = wait_for("santral to end", Duration::from_secs(10), || serving.0.try_wait().unwrap());
    assert_eq!(code.code(), Some(0));
    let gone = santral("en", &["status"], &borrowed(&env), "");
    assert_eq!(gone.code, Some(2), "{}", gone.out);
    std::fs::remove_dir_all(&place).unwrap();
}

#[test]
fn whoever_is_added_while_it_runs_is_among_the_agents_and_on_the_desks_that_are_open() {
    let (place, env) = installation();
    let add = |args: &[&str]| {
        let args: Vec<&str> = ["user", "add"].into_iter().chain(args.iter().copied()).collect();
        let said = santral("en", &args, &borrowed(&env), &format!("{PASSWORD}\n"));
        assert_eq!(said.code, Some(0), "{}", said.err);
    };
    add(&["boss", "--role", "supervisor"]);
    let child = Command::new(env!("CARGO_BIN_EXE_santral"))
        .arg("serve")
        .envs(borrowed(&env))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let serving = Serving(child);
    let url = format!("http://{}", env[0].1);
    wait_for("the page", Duration::from_secs(20), || ureq::get(format!("{url}/health")).call().ok());
    let desk = Desk::sign_in_at(&url, "boss", PASSWORD);
    let mut board = desk.stream();
    let first = board.hear("the board", Duration::from_secs(5), |message| message["type"] == "snapshot");
    assert_eq!((&first["data"]["agents"], &desk.get("/agents")), (&serde_json::json!([]), &serde_json::json!([])));

    add(&["zeynep"]);
    let has = |rows: &serde_json::Value| {
        let mut rows = rows.as_array().into_iter().flatten();
        rows.any(|row| row["name"] == "zeynep" && row["extension"] == "101" && row["state"] == "idle")
    };
    board.hear("the new one on the open board", Duration::from_secs(10), |message| has(&message["data"]["agents"]));
    assert!(has(&desk.get("/agents")), "{}", desk.get("/agents"));
    signal(serving.0.id(), "TERM");
    drop(serving);
    std::fs::remove_dir_all(&place).unwrap();
}

#[test]
fn the_demo_in_english_is_english_and_its_calls_can_be_replayed() {
    let data = folder("demo-en");
    let mut child = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(["demo", "--json", "--lang", "en", "--port", "0", "--sip-port", "0", "--no-caller", "--data"])
        .arg(&data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let serving = Serving(child);
    let facts: serde_json::Value = serde_json::from_str(&line).unwrap();
    let boss = facts["users"].as_array().unwrap().iter().find(|user| user["role"] == "supervisor").unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let desk = Desk::sign_in_at(&text(&facts["http"]), &text(&boss["name"]), &text(&boss["password"]));
    assert_eq!(desk.session["me"]["language"], "en");
    let mut shown = desk.session.to_string();
    for list in
        ["/customers?limit=100", "/calls?limit=100", "/tickets?limit=100", "/orders?limit=100", "/recordings?limit=100"]
    {
        shown.push_str(&desk.get(list).to_string());
    }
    let found: Vec<char> = shown.chars().filter(|letter| "çğıİöşüÇĞÖŞÜ".contains(*letter)).collect();
    assert_eq!(found, Vec::<char>::new());

    let page = desk.get("/recordings?limit=100");
    let recordings = page["items"].as_array().unwrap();
    assert!(recordings.len() >= 50, "{}", recordings.len());
    for recording in recordings.iter().step_by(9) {
        let id = text(&recording["id"]);
        let wav = hound::WavReader::new(std::io::Cursor::new(desk.bytes(&format!("/recordings/{id}/audio")))).unwrap();
        assert_eq!((wav.spec().channels, wav.spec().sample_rate), (2, 8_000));
        let millis = u64::from(wav.duration()) / 8;
        let talked = recording["talk_ms"].as_u64().unwrap();
        assert_eq!(millis, talked, "{recording}");
    }
    signal(serving.0.id(), "TERM");
    drop(serving);
    std::fs::remove_dir_all(&data).unwrap();
}
