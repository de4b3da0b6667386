//! Every finding that has a place, with its place: in each text the stretch to be underlined stands between « and ».

use std::collections::BTreeSet;

use daemon::config::Code;

use super::folder::Folder;

type Case = (Code, &'static [(&'static str, &'static str)]);

/// One mistake per case, in an otherwise good folder. The text replaces the file of that name.
const CASES: &[Case] = &[
    (Code::Syntax, &[("trunks.toml", "[trunk.a]\naddresses «[»\"192.0.2.1\"]\n")]),
    (Code::UnknownTable, &[("trunks.toml", "# hat\n[«trunks».a]\naddresses = [\"192.0.2.1\"]\n")]),
    (
        Code::UnknownKey,
        &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\n«strateji» = \"longest-idle\"\n")],
    ),
    (Code::WrongType, &[("queues/destek.toml", "[queue.destek]\nmembers = «\"101\"»\n")]),
    (Code::MissingKey, &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n\n[number.«501»]\n")]),
    (
        Code::Twice,
        &[
            ("queues/baska.toml", "[queue.destek]\nmembers = [ { ext = \"102\" } ]\n"),
            ("queues/destek.toml", "\n[queue.«destek»]\nmembers = []\n"),
        ],
    ),
    (
        Code::UnknownValue,
        &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nstrategy = «\"longest-idel\"»\n")],
    ),
    (Code::OutOfRange, &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nmax_len = «0»\n")]),
    (Code::BadDuration, &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nring = «20»\n")]),
    (
        Code::BadSocketAddress,
        &[
            ("listen.toml", "[listen]\nmedia = \"127.0.0.1\"\n"),
            (
                "santral.toml",
                "[listen]\nhttp = «\"localhost\"»\nsip = \"127.0.0.1:5060\"\n[business]\nname = \"D\"\nlanguages = [\"tr\", \"en\"]\n",
            ),
        ],
    ),
    (Code::BadAddress, &[("trunks.toml", "[trunk.a]\naddresses = [«\"sip.operator.com.tr\"»]\n")]),
    (Code::VariableMissing, &[("db.toml", "[db]\nurl = «\"${env:YOK}\"»\n")]),
    (Code::ValueFileMissing, &[("db.toml", "[db]\nurl = «\"sqlite:${file:/yok/boyle/dosya}\"»\n")]),
    (Code::BadExpansion, &[("db.toml", "[db]\nurl = «\"sqlite:${env:X\"»\n")]),
    (Code::BadId, &[("queues/x.toml", "[queue.«\"satış ekibi\"»]\nmembers = [ { ext = \"101\" } ]\n")]),
    (Code::BadTarget, &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = «\"destek\"»\n")]),
    (
        Code::TargetUnsupported,
        &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = «\"voicemail:genel\"»\n")],
    ),
    (
        Code::TargetOnlyInMenu,
        &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = «\"repeat\"»\n")],
    ),
    (
        Code::UnknownQueue,
        &[("ivr/ana.toml", "[ivr.ana]\nprompt = \"menu.wav\"\n[ivr.ana.keys]\n2 = «\"queue:dstek\"»\n")],
    ),
    (Code::UnknownMenu, &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.501]\ngoto = «\"ivr:anna\"»\n")]),
    (
        Code::UnknownExtension,
        &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" }, { ext = «\"105\"» } ]\n")],
    ),
    (
        Code::UnknownSchedule,
        &[(
            "numbers.toml",
            "[number.500]\nwhen = [ { not_schedule = «\"mesayi\"», goto = \"hangup\" } ]\ngoto = \"ivr:ana\"\n",
        )],
    ),
    (
        Code::RuleWithoutCondition,
        &[("numbers.toml", "[number.500]\nwhen = [ «{ goto = \"hangup\" }» ]\ngoto = \"ivr:ana\"\n")],
    ),
    (
        Code::ExpressionUnsupported,
        &[(
            "numbers.toml",
            "[number.500]\nwhen = [ { «if» = \"caller.blocked\", goto = \"hangup\" } ]\ngoto = \"ivr:ana\"\n",
        )],
    ),
    (
        Code::BadMenuKey,
        &[("ivr/ana.toml", "[ivr.ana]\nprompt = \"menu.wav\"\n[ivr.ana.keys]\n«12» = \"queue:destek\"\n")],
    ),
    (Code::MenuUnreachable, &[("ivr/oksuz.toml", "# kimse gelmez\n[ivr.«oksuz»]\nprompt = \"menu.wav\"\n")]),
    (Code::MenuSilent, &[("ivr/ana.toml", "[ivr.«ana»]\n[ivr.ana.keys]\n1 = \"queue:destek\"\n")]),
    (
        Code::MenuLoop,
        &[
            ("ivr/ana.toml", "[ivr.ana]\nprompt = \"menu.wav\"\n[ivr.ana.keys]\ntimeout = «\"queue:destek\"»\n"),
            (
                "queues/destek.toml",
                "[queue.destek]\nmembers = [ { ext = \"101\" } ]\noverflow = \"ivr:ana\"\nnotice = \"notice.wav\"\n",
            ),
        ],
    ),
    (
        Code::OverflowLoop,
        &[
            ("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\noverflow = «\"queue:satis\"»\n"),
            ("queues/satis.toml", "[queue.satis]\nmembers = [ { ext = \"102\" } ]\noverflow = \"queue:destek\"\n"),
        ],
    ),
    (Code::QueueEmpty, &[("queues/destek.toml", "[queue.destek]\n«members» = []\nnotice = \"notice.wav\"\n")]),
    (Code::RecordedWithoutNotice, &[("queues/destek.toml", "[queue.«destek»]\nmembers = [ { ext = \"101\" } ]\n")]),
    (
        Code::MemberTwice,
        &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" }, { ext = «\"101\"» } ]\n")],
    ),
    (
        Code::MemberWithoutUser,
        &[
            ("extensions.toml", "[extension.101]\nname = \"Depo\"\nsecret = \"k4m3r7w2qhz9xyp\"\n"),
            ("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = «\"101\"» } ]\nnotice = \"notice.wav\"\n"),
        ],
    ),
    (
        Code::ExtensionCharacters,
        &[("extensions2.toml", "[extension.«zeynep»]\nname = \"Zeynep\"\nsecret = \"k4m3r7w2qhz9xyp\"\n")],
    ),
    (
        Code::ExtensionIsNumber,
        &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.«101»]\ngoto = \"hangup\"\n")],
    ),
    (
        Code::NumberTwice,
        &[
            ("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.05321112233]\ngoto = \"ivr:ana\"\n"),
            ("other.toml", "[number.«\"+905321112233\"»]\ngoto = \"hangup\"\n"),
        ],
    ),
    (
        Code::UserTwice,
        &[(
            "extensions2.toml",
            "[extension.103]\nname = \"Zeynep\"\nuser = «\"zeynep\"»\nsecret = \"r6p9d4j8m2x7t3q\"\n",
        )],
    ),
    (
        Code::AuthUserTwice,
        &[(
            "extensions2.toml",
            "[extension.103]\nname = \"Ali\"\nauth_user = «\"102\"»\nsecret = \"r6p9d4j8m2x7t3q\"\n",
        )],
    ),
    (
        Code::NumberCharacters,
        &[("numbers.toml", "[number.500]\ngoto = \"ivr:ana\"\n[number.«\"0212 555 11 22\"»]\ngoto = \"hangup\"\n")],
    ),
    (Code::SecretGuessable, &[("extensions2.toml", "[extension.103]\nname = \"Ali\"\nsecret = «\"103\"»\n")]),
    (Code::SecretShort, &[("extensions2.toml", "[extension.103]\nname = \"Ali\"\nsecret = «\"gizli\"»\n")]),
    (
        Code::TrunkAddressTwice,
        &[("trunks.toml", "[trunk.a]\naddresses = [\"192.0.2.1\"]\n[trunk.b]\naddresses = [«\"192.0.2.1\"»]\n")],
    ),
    (Code::TrunkWithoutAddress, &[("trunks.toml", "[trunk.«a»]\nmax_calls = 10\n")]),
    (
        Code::BadLanguage,
        &[(
            "santral.toml",
            "[business]\nname = \"D\"\nlanguages = [\"tr\", «\"English\"»]\n[listen]\nsip = \"127.0.0.1:5060\"\n",
        )],
    ),
    (Code::UnknownLanguage, &[("ivr/ana.toml", "[ivr.ana]\nlanguages = [\"tr\", «\"de\"»]\nprompt = \"menu.wav\"\n")]),
    (Code::LanguageWithoutSounds, &[("santral.toml", "[business]\nname = \"D\"\nlanguages = [\"tr\", «\"de\"»]\n")]),
    (Code::SoundMissing, &[("ivr/ana.toml", "[ivr.ana]\nprompt = { tr = «\"menü.wav\"», en = \"menu.wav\" }\n")]),
    (
        Code::SoundOutside,
        &[("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"101\" } ]\nmusic = «\"../../sir.wav\"»\n")],
    ),
    (Code::SoundLanguageMissing, &[("ivr/ana.toml", "[ivr.ana]\n«prompt» = { tr = \"menu.wav\" }\n")]),
    (
        Code::BadTimeZone,
        &[(
            "schedules.toml",
            "[schedule.mesai]\ntimezone = «\"Europe/Istambul\"»\nweekly = { mon = [\"09:00-18:00\"] }\n",
        )],
    ),
    (
        Code::BadWeekday,
        &[(
            "schedules.toml",
            "[schedule.mesai]\nweekly = { «pazartesi» = [\"09:00-18:00\"], mon = [\"09:00-18:00\"] }\n",
        )],
    ),
    (
        Code::DayTwice,
        &[(
            "schedules.toml",
            "[schedule.mesai]\nweekly = { mon-fri = [\"09:00-18:00\"], «fri» = [\"09:00-17:00\"] }\n",
        )],
    ),
    (Code::BadInterval, &[("schedules.toml", "[schedule.mesai]\nweekly = { mon = [\"09:00-12:00\", «\"13-18\"»] }\n")]),
    (
        Code::IntervalReversed,
        &[("schedules.toml", "[schedule.mesai]\nweekly = { mon = [\"09:00-12:00\", «\"18:00-13:00\"»] }\n")],
    ),
    (
        Code::IntervalOverlap,
        &[("schedules.toml", "[schedule.mesai]\nweekly = { mon = [\"09:00-12:30\", «\"12:00-18:00\"»] }\n")],
    ),
    (Code::BadDate, &[("schedules.toml", "[schedule.tatil]\ndates = [\"*-10-29\", «\"29 Ekim\"»]\n")]),
    (Code::NoSuchDay, &[("schedules.toml", "[schedule.tatil]\ndates = [«\"2026-02-29\"», \"*-10-29\"]\n")]),
    (
        Code::DateTwice,
        &[(
            "schedules.toml",
            "[schedule.tatil]\ndates = [\"*-10-29\", { date = «\"*-10-29\"», hours = [\"13:00-24:00\"] }]\n",
        )],
    ),
    (Code::ScheduleNeverOpens, &[("schedules.toml", "[schedule.«mesai»]\nweekly = { mon-fri = [] }\n")]),
    (
        Code::ScheduleLoop,
        &[(
            "schedules.toml",
            "[schedule.a]\nweekly = { mon = [\"09:00-18:00\"] }\nexcept = [\"b\"]\n[schedule.b]\nweekly = { tue = [\"09:00-18:00\"] }\nexcept = [«\"a\"»]\n",
        )],
    ),
    (
        Code::ScheduleZones,
        &[(
            "schedules.toml",
            "[schedule.a]\nweekly = { mon = [\"09:00-18:00\"] }\nexcept = [«\"b\"»]\n[schedule.b]\ntimezone = \"Europe/Berlin\"\nweekly = { mon = [\"12:00-13:00\"] }\n",
        )],
    ),
    (
        Code::CalendarUnreadable,
        &[("schedules.toml", "[schedule.a]\nweekly = { mon = [\"09:00-18:00\"] }\nics = «\"yok.ics\"»\n")],
    ),
    (
        Code::CalendarLine,
        &[
            ("schedules.toml", "[schedule.a]\nweekly = { mon = [\"09:00-18:00\"] }\nics = \"b.ics\"\n"),
            ("b.ics", "BEGIN:VEVENT\nSUMMARY:Ölçü\n«DTSTART:20260319T100000Z»\nEND:VEVENT\n"),
        ],
    ),
    (Code::BadPortRange, &[("rtp.toml", "[rtp]\nports = «\"20000\"»\n")]),
    (Code::RtpRangeOdd, &[("rtp.toml", "[rtp]\nports = «\"20001-21000\"»\n")]),
    (Code::RtpRangeSmall, &[("rtp.toml", "[rtp]\nports = «\"20000-20003\"»\n")]),
    (Code::RtpRangeForCalls, &[("rtp.toml", "[rtp]\nports = «\"20000-20099\"»\n")]),
    (Code::RtpRangeCovers, &[("rtp.toml", "[rtp]\nports = «\"5000-5999\"»\n")]),
    (
        Code::PortZero,
        &[(
            "santral.toml",
            "[business]\nname = \"D\"\nlanguages = [\"tr\", \"en\"]\n[listen]\nsip = «\"0.0.0.0:0\"»\n",
        )],
    ),
    (
        Code::PortTwice,
        &[(
            "santral.toml",
            "[business]\nname = \"D\"\nlanguages = [\"tr\", \"en\"]\n[listen]\nhttp = \"0.0.0.0:5060\"\nsip = «\"127.0.0.1:5060\"»\n",
        )],
    ),
    (Code::AdvertiseUnusable, &[("a.toml", "[listen]\nadvertise = «\"0.0.0.0\"»\n")]),
    (Code::BadHostName, &[("a.toml", "[listen]\nhosts = [\"santral.example\", «\"https://santral.example/\"»]\n")]),
    (Code::BadDatabase, &[("db.toml", "[db]\nurl = «\"mysql://kisi:parola@host/db\"»\n")]),
];

/// Codes whose findings are about a file, the environment or file permissions; proved in `findings.rs` and `secrets.rs`.
const ELSEWHERE: [Code; 12] = [
    Code::FolderUnreadable,
    Code::FolderEmpty,
    Code::FileUnreadable,
    Code::NotUtf8,
    Code::FolderNotRead,
    Code::BadOverride,
    Code::SecretsOpen,
    Code::SecretOrphan,
    Code::SecretTwice,
    Code::SoundUnreadable,
    Code::SoundFormat,
    Code::SystemSoundMissing,
];

#[test]
fn every_mistake_is_found_alone_and_at_its_place() {
    let mut wrong = Vec::new();
    for (code, files) in CASES {
        let folder = Folder::good();
        for (name, marked) in *files {
            folder.write(name, &marked.replace(['«', '»'], ""));
        }
        let (name, line, column, length) = files.iter().find_map(|(name, marked)| marked_place(name, marked)).unwrap();
        let expected = vec![(*code, name, line, column, length)];
        let findings = folder.findings_with(&[]);
        let found: Vec<_> =
            findings.iter().map(|f| (f.code, folder.short(&f.file), f.line, f.column, f.span_len)).collect();
        if found != expected {
            wrong.push((expected, found));
        }
    }
    assert!(wrong.is_empty(), "expected and found:\n{wrong:#?}");
}

/// Where the marks are: line, column and length in characters, from 1.
fn marked_place(name: &str, marked: &str) -> Option<(String, usize, usize, usize)> {
    let start = marked.find('«')?;
    let before = &marked[..start];
    let inside = &marked[start + '«'.len_utf8()..marked.find('»')?];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some((name.to_owned(), line, column, inside.chars().count()))
}

#[test]
fn no_code_is_without_a_proof() {
    let proved: BTreeSet<Code> = CASES.iter().map(|(code, _)| *code).chain(ELSEWHERE).collect();
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !proved.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
