//! The business of the stories.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use media::order::Sound;
use pbx::contract::Target;
use pbx::id::{Extension, MenuId, QueueId, ScheduleId, TrunkId, UserId};
use pbx::plan::{
    Advertised, Condition, ExtensionPlan, Member, MenuPlan, NumberPlan, PerLanguage, Plan, QueuePlan, Rule, Schedule,
    Secret, SpecialDay, Strategy, TrunkPlan,
};

/// A sound of that many ms.
pub fn sound(name: &str, millis: usize) -> Arc<Sound> {
    Arc::new(Sound { name: name.to_owned(), samples: vec![0; millis * 8] })
}

pub fn tr_en(name: &str, millis: usize) -> PerLanguage<Arc<Sound>> {
    ["tr", "en"].map(|l| (l.to_owned(), sound(&format!("{l}/{name}"), millis))).into()
}

pub fn goto(target: Target) -> Rule {
    Rule { when: Vec::new(), goto: target, priority: 0 }
}

pub fn queue(id: &str) -> Target {
    Target::Queue(QueueId::new(id))
}

pub fn menu(id: &str) -> Target {
    Target::Menu(MenuId::new(id))
}

pub fn ext(number: &str) -> Target {
    Target::Extension(Extension::new(number))
}

fn extension(number: &str, user: Option<&str>) -> (Extension, ExtensionPlan) {
    let plan = ExtensionPlan {
        user: user.map(UserId::new),
        name: format!("Dahili {number}"),
        auth_user: format!("auth-{number}"),
        secret: Secret(format!("secret-{number}")),
        digest: None,
        ring: Duration::from_secs(20),
    };
    (Extension::new(number), plan)
}

pub fn member(number: &str, tier: u8, join_after: u64) -> Member {
    Member { extension: Extension::new(number), tier, join_after: Duration::from_secs(join_after) }
}

pub fn queue_plan(strategy: Strategy, members: &[&str]) -> QueuePlan {
    QueuePlan {
        name: [("tr".to_owned(), "Destek".to_owned())].into(),
        strategy,
        members: members.iter().map(|number| member(number, 1, 0)).collect(),
        ring: Duration::from_secs(15),
        wrap_up: Duration::from_secs(30),
        max_wait: Duration::from_secs(300),
        max_len: 5,
        music: Some(sound("music", 60_000)),
        notice: PerLanguage::new(),
        announce: None,
        record: true,
        overflow: Target::HangUp,
        overflow_when_empty: false,
        sla_within: Duration::from_secs(20),
    }
}

pub fn schedule() -> Schedule {
    let day = vec![(9 * 60, 12 * 60 + 30), (13 * 60 + 30, 18 * 60)];
    Schedule {
        timezone: "Europe/Istanbul".to_owned(),
        weekly: [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![(600, 840)], Vec::new()],
        days: vec![SpecialDay {
            year: None,
            month: 10,
            day: 29,
            name: "Cumhuriyet Bayramı".to_owned(),
            open: Vec::new(),
        }],
    }
}

fn menus() -> BTreeMap<MenuId, MenuPlan> {
    let keys = [
        ('1', queue("satis")),
        ('2', queue("destek")),
        ('3', ext("104")),
        ('8', Target::HangUp),
        ('9', Target::Repeat),
        ('*', Target::Language),
    ];
    let main = MenuPlan {
        name: [("tr".to_owned(), "Ana menü".to_owned())].into(),
        languages: vec!["tr".to_owned(), "en".to_owned()],
        when: Vec::new(),
        greeting: tr_en("greeting", 500),
        notice: tr_en("notice", 1_000),
        prompt: tr_en("menu", 2_000),
        timeout: Duration::from_secs(4),
        retries: 2,
        direct_dial: true,
        keys: keys.into(),
        on_timeout: queue("destek"),
        on_invalid: Target::Repeat,
    };
    [(MenuId::new("ana"), main)].into()
}

/// Three agents, one phone without a person, two queues, one menu; open by day.
pub fn plan() -> Plan {
    let mesai = ScheduleId::new("mesai");
    let closed = Rule { when: vec![Condition::Closed(mesai.clone())], goto: Target::HangUp, priority: 0 };
    let numbers = [
        ("500".to_owned(), NumberPlan { rules: vec![goto(menu("ana"))] }),
        ("501".to_owned(), NumberPlan { rules: vec![goto(queue("destek"))] }),
        ("502".to_owned(), NumberPlan { rules: vec![closed, goto(queue("satis"))] }),
        ("503".to_owned(), NumberPlan { rules: vec![goto(ext("101"))] }),
        ("+902121234567".to_owned(), NumberPlan { rules: vec![goto(menu("ana"))] }),
        ("4441444".to_owned(), NumberPlan { rules: vec![goto(menu("ana"))] }),
    ];
    let words = ["position", "n1", "n2", "n3", "n4", "n5", "invalid"];
    let words: BTreeMap<_, _> = words.iter().map(|w| ((*w).to_owned(), sound(w, 300))).collect();
    Plan {
        realm: "santral".to_owned(),
        home: crm::number::Home::TURKIYE,
        digest: sip::digest::Offer::Sha256First,
        ban: pbx::plan::BanPlan { after: 10, within: Duration::from_secs(600), time: Duration::from_secs(600) },
        advertised: Advertised { sip: crate::world::switch(), media: [127, 0, 0, 1].into() },
        languages: vec!["tr".to_owned(), "en".to_owned()],
        rtp_ports: (20_000, 20_999),
        max_calls: 100,
        rtp_timeout: Duration::from_secs(30),
        hold_timeout: Duration::from_secs(300),
        guests_from_loopback: true,
        extensions: [
            extension("101", Some("zeynep")),
            extension("102", Some("murat")),
            extension("103", Some("elif")),
            extension("104", None),
        ]
        .into(),
        trunks: [(
            TrunkId::new("telekom"),
            TrunkPlan { addresses: vec![[10, 0, 0, 50].into()], trusted_identity: true, max_calls: 30 },
        )]
        .into(),
        numbers: numbers.into(),
        schedules: [(mesai, schedule())].into(),
        menus: menus(),
        queues: [
            (QueueId::new("destek"), queue_plan(Strategy::LongestIdle, &["101", "102"])),
            (QueueId::new("satis"), queue_plan(Strategy::RingAll, &["101", "102", "103"])),
        ]
        .into(),
        sounds: [("tr".to_owned(), words.clone()), ("en".to_owned(), words)].into(),
    }
}

/// The plan with one queue changed.
pub fn with_queue(id: &str, change: impl FnOnce(&mut QueuePlan)) -> Plan {
    let mut plan = plan();
    change(plan.queues.get_mut(&QueueId::new(id)).unwrap());
    plan
}

/// The plan with its menu changed.
pub fn with_menu(change: impl FnOnce(&mut MenuPlan)) -> Plan {
    let mut plan = plan();
    change(plan.menus.get_mut(&MenuId::new("ana")).unwrap());
    plan
}
