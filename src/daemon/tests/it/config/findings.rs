//! Findings about files, the environment and sounds; guesses; and that one mistake does not hide the next.

use daemon::config::{Code, Diagnostic, Language, Severity, Source};

use super::folder::{Folder, environment, wav};

fn codes(findings: &[Diagnostic]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}

fn only(folder: &Folder) -> Diagnostic {
    let mut findings = folder.findings_with(&[]);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

#[test]
fn the_good_folder_of_these_tests_is_good() {
    assert_eq!(Folder::good().findings_with(&[]), []);
}

#[test]
fn mistakes_in_one_file_and_in_many_are_told_together() {
    let folder = Folder::good();
    folder.write(
        "queues/destek.toml",
        "[queue.destek]\nstrateji = \"x\"\nring = \"20\"\nmembers = [ { ext = \"999\" }, { ext = \"101\", katman = 2 } ]\n",
    );
    folder.write("numbers.toml", "[number.500]\ngoto = \"ivr:anna\"\n");
    folder.write("trunks.toml", "[trunk.a]\naddresses = [\"x\"]\n");
    folder.write("z-bozuk.toml", "= bozuk\n");
    let findings = folder.load().unwrap_err();
    let errors: Vec<Code> = findings.iter().filter(|f| f.is_error()).map(|f| f.code).collect();
    let expected = [
        Code::UnknownMenu,
        Code::UnknownKey,
        Code::BadDuration,
        Code::UnknownExtension,
        Code::UnknownKey,
        Code::BadAddress,
        Code::Syntax,
    ];
    assert_eq!(errors, expected, "{findings:#?}");
    assert_eq!(findings.last().map(|f| (f.code, f.severity)), Some((Code::MenuUnreachable, Severity::Warning)));
}

#[test]
fn a_queue_that_records_callers_whom_nothing_told_is_warned_about() {
    let straight = "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = \"queue:destek\"\n";
    let silent = "[queue.destek]\nmembers = [ { ext = \"101\" } ]\n";
    let telling_menu = "[ivr.ana]\nprompt = \"menu.wav\"\nnotice = \"notice.wav\"\n";
    let keys = "[ivr.ana.keys]\n1 = \"queue:destek\"\ntimeout = \"hangup\"\n";
    let rule = "when = [ { schedule = \"mesai\", goto = \"queue:destek\" } ]\n";
    let other =
        "[queue.satis]\nmembers = [ { ext = \"102\" } ]\nnotice = \"notice.wav\"\noverflow = \"queue:destek\"\n";
    let menu = format!("{telling_menu}{keys}");
    let only_menu = "[number.500]\ngoto = \"ivr:ana\"\n";
    let to_other = "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = \"queue:satis\"\n";
    let cases = [
        ("straight from a number", straight, menu.clone(), silent.to_owned(), Some("501")),
        ("through a menu that tells", only_menu, menu.clone(), silent.to_owned(), None),
        ("past the menu by its rule", only_menu, format!("{telling_menu}{rule}{keys}"), silent.to_owned(), Some("500")),
        ("the queue itself tells", straight, menu.clone(), format!("{silent}notice = \"notice.wav\"\n"), None),
        ("nothing is recorded", straight, menu.clone(), format!("{silent}record = \"none\"\n"), None),
        ("from a full queue that tells", to_other, menu, format!("{silent}{other}"), Some("501")),
    ];
    for (name, numbers, menu, queues, expected) in cases {
        let folder = Folder::good();
        folder.write("numbers.toml", numbers);
        folder.write("ivr/ana.toml", &menu);
        folder.write("queues/destek.toml", &queues);
        let findings = folder.load().unwrap_or_else(|findings| panic!("{name}: {findings:#?}")).warnings;
        let told: Vec<String> = findings.iter().map(|finding| finding.message(Language::English)).collect();
        let sentence = |number| {
            format!(
                "callers of `{number}` can come to the queue `destek` and be recorded without having heard a notice"
            )
        };
        assert_eq!(told, expected.map(sentence).into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn the_same_id_in_two_files_names_both() {
    let folder = Folder::good();
    folder.write("queues/yedek.toml", "\n[queue.destek]\nmembers = [ { ext = \"102\" } ]\n");
    let finding = only(&folder);
    assert_eq!((finding.code, folder.short(&finding.file).as_str()), (Code::Twice, "queues/yedek.toml"));
    assert_eq!((finding.line, finding.column), (2, 8));
    assert!(finding.label(Language::English).unwrap().ends_with("queues/destek.toml:1"), "{finding:?}");
}

#[test]
fn one_number_in_two_spellings_names_both() {
    let number = |number: &str| format!("[number.\"{number}\"]\ngoto = \"ivr:ana\"\n");
    let cases = [
        ("+905321112233", "05321112233"),
        ("5321112233", "00905321112233"),
        ("4441444", "904441444"),
        ("+902121234567", "902121234567"),
    ];
    for (one, other) in cases {
        let folder = Folder::good();
        folder.write("numbers.toml", &format!("{}{}", number("500"), number(one)));
        folder.write("other.toml", &format!("\n{}", number(other)));
        let finding = only(&folder);
        assert_eq!((finding.code, folder.short(&finding.file).as_str()), (Code::NumberTwice, "other.toml"));
        assert_eq!((finding.line, finding.column), (2, 9));
        assert_eq!(finding.message(Language::English), format!("{other} and {one} are the same number"));
        assert_eq!(finding.message(Language::Turkish), format!("{other} ile {one} aynı numara"));
        for language in [Language::English, Language::Turkish] {
            assert!(finding.label(language).unwrap().contains("numbers.toml:3"), "{finding:?}");
        }
    }
    let folder = Folder::good();
    folder.write("numbers.toml", &format!("{}{}{}", number("500"), number("02121234567"), number("02121234568")));
    assert!(folder.load().is_ok(), "neighbours are two numbers");
}

#[test]
fn a_number_that_is_an_extension_in_another_spelling_names_both() {
    let folder = Folder::good();
    folder
        .write("others.toml", "[extension.4441444]\nname = \"Kapı\"\nuser = \"kapi\"\nsecret = \"k4m3r7w2qhz9xyr\"\n");
    folder.write("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.904441444]\ngoto = \"ivr:ana\"\n");
    let finding = only(&folder);
    assert_eq!((finding.code, finding.line, finding.column), (Code::ExtensionIsNumber, 3, 9));
    let label = finding.label(Language::Turkish).unwrap();
    assert!(label.starts_with("[extension.4441444]") && label.ends_with("others.toml:1"), "{label}");
}

#[test]
fn what_stands_twice_in_one_file_is_one_finding_that_names_both_places() {
    let queue = "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nnotice = \"notice.wav\"\n";
    let with = |text: &str| format!("{queue}{text}");
    let person = "name = \"Ali\"\nuser = \"ali\"\nsecret = \"k4m3r7w2qhz9xyq\"\n";
    let cases = [
        // A table, with every key of it standing twice as well.
        ("people.toml", format!("[extension.103]\n{person}\n[extension.103]\n{person}"), "extension.103", 1, 6, 12),
        ("people.toml", format!("[extension.103]\n{person}[extension.\"103\"]\n{person}"), "extension.103", 1, 5, 12),
        ("queues/destek.toml", with("ring = \"9s\"\nmax_len = 3\nring = \"8s\"\n"), "queue.destek.ring", 4, 6, 1),
        (
            "queues/destek.toml",
            "[queue.destek]\nnotice = \"notice.wav\"\nmembers = [\n  { ext = \"101\", tier = 1, ext = \"102\" },\n]\n"
                .into(),
            "queue.destek.members.ext",
            4,
            4,
            28,
        ),
        (
            "ivr/ana.toml",
            "[ivr.ana]\nprompt = \"menu.wav\"\n[ivr.ana.keys]\n1 = \"queue:destek\"\n\"1\" = \"hangup\"\n".into(),
            "ivr.ana.keys.1",
            4,
            5,
            1,
        ),
        ("log.toml", "[log]\nlevel = \"info\"\n[rtp]\n[log]\nformat = \"text\"\n".into(), "log", 1, 4, 2),
        ("more.toml", "log.level = \"info\"\nlog.level = \"warn\"\n".into(), "log.level", 1, 2, 5),
    ];
    for (name, text, id, first, line, column) in cases {
        let folder = Folder::good();
        folder.write(name, &text);
        let finding = only(&folder);
        assert_eq!((finding.code, finding.line, finding.column), (Code::Twice, line, column), "{text}\n{finding:#?}");
        assert_eq!(finding.message(Language::English), format!("`{id}` is given twice"));
        let label = finding.label(Language::Turkish).unwrap();
        assert!(label.ends_with(&format!("{name}:{first}")), "{label}");
    }
}

#[test]
fn what_is_known_is_listed_once() {
    let folder = Folder::good();
    folder.write(
        "queues/destek.toml",
        "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nnotice = \"notice.wav\"\nx = 1\n",
    );
    folder.write("ivr/ana.toml", "[ivr.ana]\nprompt = \"menu.wav\"\nx = 1\n[ivr.ana.keys]\n1 = \"queue:destek\"\n");
    folder.write("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\nx = 1\n");
    folder.write("schedules.toml", "[schedule.mesai]\nweekly = { mon-fri = [\"09:00-18:00\"] }\nx = 1\n");
    folder.write("more.toml", "[limits]\nx = 1\n[rtp]\nx = 1\n[extension.109]\nx = 1\n[trunk.a]\nx = 1\n");
    let findings = folder.findings_with(&[]);
    let unknown: Vec<&Diagnostic> = findings.iter().filter(|finding| finding.code == Code::UnknownKey).collect();
    assert_eq!(unknown.len(), 8, "{findings:#?}");
    for finding in unknown {
        let label = finding.label(Language::English).unwrap();
        let known: Vec<&str> = label.trim_start_matches("known here: ").split(", ").collect();
        let mut once = known.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), known.len(), "{label}");
    }
}

#[test]
fn what_was_meant_is_guessed() {
    let cases = [
        ("queue:dstek", Some("queue:destek")),
        ("destek", Some("queue:destek")),
        ("ivr:destek", Some("queue:destek")),
        ("kuyruk:destek", Some("queue:destek")),
        ("que:satis", Some("queue:satis")),
        ("hangpu", Some("hangup")),
        ("101", Some("ext:101")),
        ("ext:110", Some("ext:101")),
        ("tamamen başka", None),
    ];
    for (written, guess) in cases {
        let folder = Folder::good();
        folder
            .write("numbers.toml", &format!("[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = \"{written}\"\n"));
        let help = only(&folder).help(Language::English);
        let guessed = help.as_ref().and_then(|help| help.split('`').nth(1));
        assert_eq!(guessed, guess, "{written}");
    }
}

#[test]
fn a_folder_that_is_not_there_and_an_empty_one_are_two_findings() {
    let folder = Folder::empty();
    assert_eq!(codes(&folder.findings_with(&[])), [Code::FolderEmpty]);
    let nowhere = Source::Folder(folder.path.join("yok"));
    let findings = daemon::config::load(&nowhere, &environment(&[])).unwrap_err();
    assert_eq!(codes(&findings), [Code::FolderUnreadable]);
}

#[test]
fn an_unreadable_file_and_a_file_that_is_not_text_are_named() {
    let folder = Folder::good();
    folder.write_bytes("kotu.toml", b"[db]\nurl = \"sqlite:\xff\"\n");
    let finding = only(&folder);
    assert_eq!((finding.code, folder.short(&finding.file).as_str(), finding.line), (Code::NotUtf8, "kotu.toml", 0));

    let folder = Folder::good();
    // The first page of a process's memory is never mapped, so that reading this file fails for every user.
    std::os::unix::fs::symlink("/proc/self/mem", folder.path.join("kotu.toml")).unwrap();
    assert_eq!(only(&folder).code, Code::FileUnreadable);
}

#[test]
fn a_misspelt_sub_folder_is_noticed_and_an_unrelated_one_is_not() {
    let folder = Folder::good();
    folder.write("ivrs/yeni.toml", "[ivr.yeni]\nprompt = \"menu.wav\"\n");
    folder.write("notlar/oku.txt", "not");
    let finding = only(&folder);
    assert_eq!(
        (finding.code, finding.severity, folder.short(&finding.file).as_str()),
        (Code::FolderNotRead, Severity::Warning, "ivrs")
    );
}

#[test]
fn sounds_that_cannot_be_played_are_found_where_they_are_named_or_else_where_they_lie() {
    let folder = Folder::good();
    folder.own_sounds();
    folder.write_bytes("sounds/tr/stereo.wav", &wav(2, 8_000));
    folder.write_bytes("sounds/tr/menu.wav", &wav(1, 44_100));
    folder.write_bytes("sounds/tr/n3.wav", b"ID3 mp3");
    let findings = folder.findings_with(&[]);
    let found: Vec<_> = findings.iter().map(|f| (f.code, folder.short(&f.file), f.line)).collect();
    let expected = [
        (Code::SoundFormat, "ivr/ana.toml".to_owned(), 2),
        (Code::SoundUnreadable, "sounds/tr/n3.wav".to_owned(), 0),
        (Code::SoundFormat, "sounds/tr/stereo.wav".to_owned(), 0),
        (Code::SystemSoundMissing, "sounds/tr".to_owned(), 0),
    ];
    assert_eq!(found, expected);
    assert!(findings[0].message(Language::Turkish).contains("44100"), "{:?}", findings[0]);
    assert!(findings[1].message(Language::Turkish).ends_with("okunabilir bir WAV dosyası değil"), "{:?}", findings[1]);
    assert!(findings[3].message(Language::English).ends_with(": n3"), "{:?}", findings[3]);
}

#[test]
fn a_sixteen_kilohertz_prompt_is_taken() {
    let folder = Folder::good();
    folder.own_sounds();
    folder.write_bytes("sounds/tr/menu.wav", &wav(1, 16_000));
    assert_eq!(folder.findings_with(&[]), []);
}

#[test]
fn the_environment_overrides_settings_and_fills_values_in() {
    let folder = Folder::good();
    folder.write(
        "db.toml",
        "[db]\nurl = \"postgres://santral:${env:DB_PASSWORD}@db/santral\"\n[sip]\nrealm = \"a$${b}\"\n",
    );
    let env = [
        ("DB_PASSWORD", "çok/gizli"),
        ("SANTRAL__LISTEN__HTTP", "127.0.0.1:9999"),
        ("SANTRAL__LIMITS__MAX_CALLS", "7"),
        ("SANTRAL__METRICS__ENABLED", "false"),
        ("SANTRAL__BUSINESS__LANGUAGES", "[\"en\"]"),
        ("SANTRAL_CONFIG", "not a setting"),
    ];
    let loaded = folder.load_with(&env).unwrap();
    assert_eq!(loaded.settings.database.0, "postgres://santral:çok/gizli@db/santral");
    assert_eq!(loaded.settings.listen.http.to_string(), "127.0.0.1:9999");
    assert_eq!((loaded.plan.max_calls, loaded.settings.metrics), (7, false));
    assert_eq!(loaded.plan.languages, ["en"]);
    assert_eq!(loaded.plan.realm, "a${b}");
    let url = folder.load_with(&[("SANTRAL__DB__URL", "sqlite:${env:NAME}.db"), ("NAME", "baska")]).unwrap();
    assert_eq!(url.settings.database_url(std::path::Path::new("/veri")), "sqlite:/veri/baska.db");
}

#[test]
fn a_wrong_override_is_reported_with_the_variables_name() {
    let cases = [
        ("SANTRAL__LISTEN__HTTPX", "x", Code::UnknownKey),
        ("SANTRAL__LIMIT__MAX_CALLS", "7", Code::BadOverride),
        ("SANTRAL__QUEUE__DESTEK__RING", "5s", Code::BadOverride),
        ("SANTRAL__LIMITS__MAX_CALLS", "çok", Code::WrongType),
    ];
    for (name, value, code) in cases {
        let findings = Folder::good().findings_with(&[(name, value)]);
        assert_eq!(codes(&findings), [code], "{name}");
        assert_eq!(findings[0].file, format!("${name}"));
    }
}

#[test]
fn no_finding_shows_a_secret_or_a_database_address() {
    let folder = Folder::good();
    folder.write("extensions2.toml", "[extension.103]\nname = \"Ali\"\nsecret = \"parola1\"\n");
    folder.write("db.toml", "[db]\nurl = \"mysql://kisi:parola2@host/db\"\nurll = \"postgres://a:parola3@b\"\n");
    folder.write("inline.toml", "extension.104 = { name = \"Can\", secret = \"parola4\" }\n");
    let env = [("SANTRAL__DB__PASSWORD", "parola5")];
    let findings = folder.findings_with(&env);
    assert!(codes(&findings).contains(&Code::SecretShort) && codes(&findings).contains(&Code::BadDatabase));
    let shown = daemon::config::render::text(&findings, Language::Turkish) + &format!("{findings:?}");
    assert!(!shown.contains("parola"), "{shown}");
}

#[test]
fn a_line_of_several_bytes_per_letter_is_counted_in_letters() {
    let folder = Folder::good();
    folder.write("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\nwhen = [ { segment = \"çğşüöı\", goto = \"queue:yok\" } ]\ngoto = \"ivr:ana\"\n");
    let finding = only(&folder);
    assert_eq!((finding.line, finding.column, finding.span_len), (4, 39, 11));
}

#[test]
fn spoilt_files_are_reported_and_never_end_the_program() {
    let folder = Folder::good();
    let names =
        ["santral.toml", "extensions.toml", "numbers.toml", "schedules.toml", "ivr/ana.toml", "queues/destek.toml"];
    let rounds = std::env::var("SANTRAL_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(150);
    let mut seed: u64 = 0x5A17;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below.max(1)
    };
    let spoilers = [
        "",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        "ş",
        "0",
        "-",
        ":",
        "..",
        "*",
        "${",
        "#",
        "\t",
        "99999999999999999999",
        "'''",
    ];
    for _ in 0..rounds {
        let name = names[next(names.len())];
        let good = folder.read(name);
        let mut letters: Vec<char> = good.chars().collect();
        for _ in 0..=next(3) {
            let at = next(letters.len());
            let until = (at + next(6)).min(letters.len());
            letters.splice(at..until, spoilers[next(spoilers.len())].chars());
        }
        folder.write(name, &letters.into_iter().collect::<String>());
        let findings = folder.findings_with(&[]);
        for language in [Language::Turkish, Language::English] {
            assert!(!daemon::config::render::text(&findings, language).is_empty());
        }
        folder.write(name, &good);
    }
}
