//! What a person reads, letter by letter, in both languages.

use daemon::config::{Language, render};

use super::folder::Folder;

fn broken() -> Folder {
    let folder = Folder::good();
    folder.write(
        "ivr/ana.toml",
        "[ivr.ana]\nprompt   = \"menu.wav\"\nlanguage = [\"tr\"]\n\n[ivr.ana.keys]\n1 = \"queue:destek\"\n2 = \"queue:dstek\"\ntimeout = \"hangup\"\n",
    );
    folder.write("queues/destek.toml", "[queue.destek]\nmembers = []\nring    = 20\n");
    folder.write("schedules.toml", "[schedule.mesai]\nweekly = { mon-fri = [\"18:00-09:00\"] \n");
    folder
}

const TURKISH: &str = r#"hata: bilinmeyen anahtar: `language`
  --> sip-config/ivr/ana.toml:3:1
3 | language = ["tr"]
  | ^^^^^^^^ burada bilinenler: languages, keys, name, when, greeting, notice, prompt, timeout, retries, direct_dial
  = öneri: şunu mu demek istediniz: `languages`?

hata: `dstek` adında kuyruk yok (tuş 2)
  --> sip-config/ivr/ana.toml:7:5
7 | 2 = "queue:dstek"
  |     ^^^^^^^^^^^^^ tanımlı kuyruklar: destek
  = öneri: şunu mu demek istediniz: `queue:destek`?

hata: `20` bir süre değil (`ring`)
  --> sip-config/queues/destek.toml:3:11
3 | ring    = 20
  |           ^^ birimli bir sayı, "100ms" ile "24h" arasında: "20s", "5m", "1m30s"
  = öneri: şunu mu demek istediniz: "20s"?
"#;

const ENGLISH: &str = r#"error: unknown key `language`
  --> sip-config/ivr/ana.toml:3:1
3 | language = ["tr"]
  | ^^^^^^^^ known here: languages, keys, name, when, greeting, notice, prompt, timeout, retries, direct_dial
  = help: did you mean `languages`?

error: no queue named `dstek` (key 2)
  --> sip-config/ivr/ana.toml:7:5
7 | 2 = "queue:dstek"
  |     ^^^^^^^^^^^^^ defined queues: destek
  = help: did you mean `queue:destek`?

error: `20` is not a time span (`ring`)
  --> sip-config/queues/destek.toml:3:11
3 | ring    = 20
  |           ^^ a number with a unit, from "100ms" to "24h": "20s", "5m", "1m30s"
  = help: did you mean "20s"?
"#;

#[test]
fn a_broken_folder_reads_the_same_in_turkish_and_english() {
    let folder = broken();
    let findings = folder.load().unwrap_err();
    for (language, golden) in [(Language::Turkish, TURKISH), (Language::English, ENGLISH)] {
        let text = render::text(&findings, language).replace(&folder.path.display().to_string(), "sip-config");
        assert!(text.starts_with(golden), "{text}");
    }
}

#[test]
fn the_text_ends_with_a_count_and_warnings_come_last() {
    let folder = broken();
    let findings = folder.load().unwrap_err();
    let text = render::text(&findings, Language::Turkish);
    let last: Vec<&str> = text.lines().rev().take(7).collect();
    assert_eq!(last[0], "4 hata, 1 uyarı");
    assert_eq!(last[6], "uyarı: `destek` kuyruğunun üyesi yok");
}

#[test]
fn json_has_stable_codes_and_places_and_sentences_in_the_language() {
    let folder = broken();
    let findings = folder.load().unwrap_err();
    let json: serde_json::Value = serde_json::from_str(&render::json(&findings, Language::English)).unwrap();
    assert_eq!((json["errors"].as_u64(), json["warnings"].as_u64()), (Some(4), Some(1)));
    let queue = &json["findings"][1];
    assert_eq!(queue["code"], "unknown-queue");
    assert_eq!(
        (queue["line"].as_u64(), queue["column"].as_u64(), queue["length"].as_u64()),
        (Some(7), Some(5), Some(13))
    );
    assert_eq!(queue["severity"], "error");
    assert_eq!(queue["message"], "no queue named `dstek` (key 2)");
    assert_eq!(queue["help"], "did you mean `queue:destek`?");
}

#[test]
fn one_is_counted_as_one() {
    let folder = Folder::good();
    folder.write("numbers.toml", "[number.500]\n");
    let findings: Vec<_> = folder.load().unwrap_err().into_iter().filter(|finding| finding.is_error()).collect();
    let last = |count: usize, language| {
        let text = render::text(&findings.iter().cycle().take(count).cloned().collect::<Vec<_>>(), language);
        text.lines().last().map(str::to_owned)
    };
    assert_eq!(last(1, Language::English).as_deref(), Some("1 error, 0 warnings"));
    assert_eq!(last(2, Language::English).as_deref(), Some("2 errors, 0 warnings"));
    assert_eq!(last(1, Language::Turkish).as_deref(), Some("1 hata, 0 uyarı"));
}
