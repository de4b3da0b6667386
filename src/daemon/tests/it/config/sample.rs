//! The sample business: faultless, open when it says, and the same in the folder and in the binary.

use daemon::config::{self, Language, Source};
use jiff::civil::date;
use jiff::tz::TimeZoneDatabase;
use pbx::contract::Target;
use pbx::id::{Extension, MenuId, QueueId, ScheduleId};
use pbx::plan::{Condition, Plan, Strategy};
use pbx::schedule::{Hours, hours};

use super::folder::{Folder, environment};

fn embedded() -> config::Loaded {
    config::load(&Source::Embedded, &environment(&[])).unwrap()
}

/// The repository's own folder.
fn repository() -> Source {
    Source::Folder(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sip-config"))
}

/// The state of a schedule at a moment in Istanbul.
fn at(plan: &Plan, schedule: &str, (year, month, day): (i16, i8, i8), hour: i8, minute: i8) -> Hours {
    let zone = TimeZoneDatabase::bundled().get("Europe/Istanbul").unwrap();
    let moment = date(year, month, day).at(hour, minute, 0, 0).to_zoned(zone).unwrap();
    hours(&plan.schedules[&ScheduleId::new(schedule)], moment.timestamp().as_microsecond())
}

#[test]
fn the_sample_has_no_errors_and_no_warnings_in_the_folder_and_in_the_binary() {
    let in_binary = embedded();
    assert_eq!(in_binary.warnings, []);
    let in_folder = config::load(&repository(), &environment(&[])).unwrap();
    assert_eq!(in_folder.warnings, []);
    let queues = |loaded: &config::Loaded| format!("{:?}", loaded.plan.queues.keys());
    assert_eq!(queues(&in_binary), queues(&in_folder));
    assert_eq!(in_binary.files.len(), in_folder.files.iter().filter(|f| !f.ends_with("secrets.toml")).count());
}

#[test]
fn the_sample_is_the_business_of_the_demo() {
    let plan = embedded().plan;
    let menu = &plan.menus[&MenuId::new("ana-menu")];
    let queue = |name: &str| Target::Queue(QueueId::new(name));
    assert_eq!(plan.numbers["500"].rules.len(), 1, "500 has no opening hours");
    assert_eq!(plan.numbers["500"].rules[0].goto, Target::Menu(MenuId::new("ana-menu")));
    assert_eq!(menu.keys[&'1'], queue("destek"));
    assert_eq!(menu.keys[&'2'], queue("satis"));
    assert_eq!(menu.keys[&'0'], queue("destek"));
    assert_eq!((menu.keys[&'9'].clone(), menu.keys[&'*'].clone()), (Target::Repeat, Target::Language));
    assert!(menu.direct_dial && menu.notice.contains_key("tr") && menu.notice.contains_key("en"));
    let support = &plan.queues[&QueueId::new("destek")];
    assert_eq!(support.strategy, Strategy::LongestIdle);
    assert_eq!(support.members.iter().map(|m| m.extension.as_str()).collect::<Vec<_>>(), ["101", "102"]);
    assert!(support.music.is_some() && support.record);
    for queue in plan.queues.values() {
        assert!(queue.notice.contains_key("tr") && queue.notice.contains_key("en"), "{:?}", queue.name);
    }
    assert_eq!(plan.queues[&QueueId::new("satis")].strategy, Strategy::RoundRobin);
    let zeynep = &plan.extensions[&Extension::new("101")];
    assert_eq!(zeynep.user.as_ref().map(|user| user.as_str().to_owned()), Some("zeynep".to_owned()));
    for language in ["tr", "en"] {
        assert!((1..=20).all(|n| plan.sounds[language].contains_key(&format!("n{n}"))), "{language}");
    }
}

#[test]
fn the_second_number_looks_at_the_clock_and_at_the_holidays() {
    let plan = embedded().plan;
    let rules = &plan.numbers["501"].rules;
    assert!(matches!(&rules[0].when[..], [Condition::Open(id)] if id.as_str() == "resmi-tatil"));
    assert!(matches!(&rules[1].when[..], [Condition::Closed(id)] if id.as_str() == "mesai"));
    assert_eq!(rules[2].goto, Target::Menu(MenuId::new("ana-menu")));
}

#[test]
fn the_week_opens_and_closes_to_the_minute() {
    let plan = embedded().plan;
    let monday = (2026, 11, 23);
    assert_eq!(at(&plan, "mesai", monday, 8, 59), Hours::Closed);
    assert_eq!(at(&plan, "mesai", monday, 9, 0), Hours::Open);
    assert_eq!(at(&plan, "mesai", monday, 12, 30), Hours::Closed);
    assert_eq!(at(&plan, "mesai", monday, 13, 30), Hours::Open);
    assert_eq!(at(&plan, "mesai", monday, 18, 0), Hours::Closed);
    assert_eq!(at(&plan, "mesai", (2026, 11, 28), 13, 59), Hours::Open);
    assert_eq!(at(&plan, "mesai", (2026, 11, 29), 11, 0), Hours::Closed);
}

#[test]
fn holidays_close_all_day_and_their_eves_at_one_o_clock() {
    let plan = embedded().plan;
    for feast in
        [(2026, 10, 29), (2027, 4, 23), (2031, 8, 30), (2026, 3, 20), (2026, 5, 29), (2027, 3, 11), (2027, 5, 19)]
    {
        assert!(matches!(at(&plan, "mesai", feast, 10, 0), Hours::Holiday(name) if !name.is_empty()), "{feast:?}");
        assert!(at(&plan, "resmi-tatil", feast, 10, 0).is_open(), "{feast:?}");
    }
    // All of these eves are weekdays.
    for eve in [(2026, 10, 28), (2027, 10, 28), (2026, 3, 19), (2026, 5, 26), (2027, 3, 8)] {
        assert!(at(&plan, "mesai", eve, 12, 29).is_open(), "{eve:?}");
        assert!(!at(&plan, "mesai", eve, 13, 30).is_open(), "{eve:?}");
        assert!(!at(&plan, "resmi-tatil", eve, 12, 59).is_open(), "{eve:?}");
        assert!(at(&plan, "resmi-tatil", eve, 13, 0).is_open(), "{eve:?}");
    }
}

#[test]
fn an_eve_on_a_sunday_opens_nothing_and_on_a_saturday_keeps_saturdays_hours() {
    let plan = embedded().plan;
    // 28 October is a Saturday in 2028 and a Sunday in 2029; the eve of 15 May 2027 is a Saturday.
    assert!(at(&plan, "mesai", (2028, 10, 28), 12, 59).is_open());
    assert!(!at(&plan, "mesai", (2028, 10, 28), 13, 0).is_open());
    assert!(!at(&plan, "mesai", (2028, 10, 28), 9, 30).is_open());
    assert!(!at(&plan, "mesai", (2029, 10, 28), 10, 0).is_open());
    assert!(at(&plan, "mesai", (2027, 5, 15), 10, 0).is_open());
}

#[test]
fn days_of_a_calendar_file_close_the_business_too() {
    let folder = Folder::good();
    folder.write("schedules.toml", "[schedule.mesai]\nweekly = { mon-fri = [\"09:00-18:00\"] }\nexcept = [\"izin\"]\n[schedule.izin]\nics = \"izin.ics\"\n");
    folder.write("izin.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261124\r\nDTEND;VALUE=DATE:20261126\r\nSUMMARY:Sayım\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let plan = folder.load().unwrap().plan;
    assert_eq!(at(&plan, "mesai", (2026, 11, 24), 10, 0), Hours::Holiday("Sayım".to_owned()));
    assert_eq!(at(&plan, "mesai", (2026, 11, 25), 10, 0), Hours::Holiday("Sayım".to_owned()));
    assert_eq!(at(&plan, "mesai", (2026, 11, 26), 10, 0), Hours::Open);
}

#[test]
fn every_sentence_exists_in_both_languages_with_the_same_gaps() {
    let gaps = |text: &str| -> std::collections::BTreeSet<String> {
        let gap = |part: &str| Some(part.split_once('}')?.0.split('#').next()?.to_owned());
        text.split('{').skip(1).filter_map(gap).filter(|gap| gap.chars().all(|c| c.is_ascii_lowercase())).collect()
    };
    let [turkish, english] = [Language::Turkish, Language::English].map(config::words::of);
    for (table, name, text) in english.entries() {
        let other = turkish.text(&table, &name).unwrap_or_else(|| panic!("tr.toml lacks [{table}] {name}"));
        assert_eq!(gaps(&text), gaps(other), "[{table}] {name}");
    }
    for (table, name, _) in turkish.entries().into_iter().filter(|(table, _, _)| table != "parser") {
        assert!(english.text(&table, &name).is_some(), "en.toml lacks [{table}] {name}");
    }
    for code in config::Code::ALL {
        assert!(english.text(code.as_str(), "message").is_some(), "no sentence for {}", code.as_str());
    }
}
