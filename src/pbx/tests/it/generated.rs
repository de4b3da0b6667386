//! Two thousand days nobody planned: callers, agents, networks and media that do whatever they like.
//!
//! Each must end at rest: no call, no port, no stuck agent, one ending per call, revisions without a gap. A failing seed is
//! printed; `SANTRAL_SEED=<seed> cargo test -p pbx generated` plays it again, alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pbx::contract::{Status, Target};
use pbx::event::What;
use pbx::id::{CallId, QueueId};
use pbx::plan::{Plan, Strategy};
use pbx::record::CallRecord;
use pbx::rng::Rng;

use crate::plans::{self, ext, member, menu, queue};
use crate::world::{Act, Lookup, MediaFaults, NetFaults, OnRing, PhoneId, Want, World, user_of};

/// Stories per test; there are eight tests, so that they run beside each other.
const SHARE: u64 = 250;
/// How long people do things.
const DAY: u64 = 90_000;

fn choose<T: Clone>(rng: &mut Rng, from: &[T]) -> T {
    let at = usize::try_from(rng.below(from.len() as u64)).unwrap();
    from[at].clone()
}

fn chance(rng: &mut Rng, per_mille: u64) -> bool {
    rng.below(1_000) < per_mille
}

fn any_plan(rng: &mut Rng) -> Plan {
    let mut plan = plans::plan();
    for id in ["destek", "satis"] {
        let rules = plan.queues.get_mut(&QueueId::new(id)).unwrap();
        rules.strategy = choose(rng, &[Strategy::RingAll, Strategy::LongestIdle, Strategy::RoundRobin]);
        rules.members = vec![member("101", 1, 0), member("102", 1, 0), member("103", 2, rng.below(20))];
        rules.ring = Duration::from_secs(3 + rng.below(12));
        rules.wrap_up = Duration::from_secs(rng.below(20));
        rules.max_wait = Duration::from_secs(5 + rng.below(60));
        rules.max_len = usize::try_from(1 + rng.below(4)).unwrap();
        rules.announce = chance(rng, 500).then(|| Duration::from_secs(5 + rng.below(20)));
        rules.record = chance(rng, 700);
        rules.overflow =
            choose(rng, &[Target::HangUp, Target::HangUp, queue("satis"), queue("destek"), menu("ana"), ext("104")]);
        rules.overflow_when_empty = chance(rng, 500);
        rules.notice = plans::tr_en("queue-notice", 1_000);
        rules.music = chance(rng, 800).then(|| plans::sound("music", 60_000));
    }
    if chance(rng, 200) {
        plan.rtp_ports = (20_000, 20_000 + 2 * u16::try_from(1 + rng.below(8)).unwrap() - 1);
    }
    plan.menus.get_mut(&pbx::id::MenuId::new("ana")).unwrap().on_timeout =
        choose(rng, &[queue("destek"), Target::Repeat, Target::HangUp]);
    if chance(rng, 100) {
        plan.max_calls = usize::try_from(1 + rng.below(3)).unwrap();
    }
    plan.rtp_timeout = Duration::from_secs(20);
    plan.hold_timeout = Duration::from_secs(40);
    plan
}

fn faults(world: &mut World, rng: &mut Rng) {
    let rough = |rng: &mut Rng, most: u64| if chance(rng, 400) { rng.below(most) } else { 0 };
    world.net = NetFaults { loss: rough(rng, 150), twice: rough(rng, 100), late: rough(rng, 100) };
    world.media.faults = MediaFaults { lost: rough(rng, 60), taken: rough(rng, 100) };
    world.lookup = if chance(rng, 200) { Lookup::Never } else { Lookup::After(rng.below(600)) };
}

fn staff(world: &mut World, rng: &mut Rng) -> Vec<(PhoneId, &'static str)> {
    let mut phones = Vec::new();
    for number in ["101", "102", "103", "104"] {
        if chance(rng, 150) {
            continue;
        }
        let phone = world.phone(number);
        world.on_ring(phone, OnRing::Any);
        world.register(phone);
        world.run_ms(100);
        phones.push((phone, number));
        if chance(rng, 800) {
            let _no_phone_yet = world.want(&user_of(number), Want::Status(Status::Available));
        }
    }
    phones
}

fn callers(world: &mut World, rng: &mut Rng) {
    for n in 0..1 + rng.below(5) {
        let caller = if chance(rng, 800) { world.caller("05321112233") } else { world.guest("anonymous") };
        world.phones[caller.0].offers = chance(rng, 900);
        let number = choose(rng, &["500", "500", "500", "501", "501", "502", "503", "+902121234567", "999", "101"]);
        let at = n * 3_000 + rng.below(20_000);
        world.later(at, Act::Dial(caller, number.to_owned()));
        if chance(rng, 900) {
            let patience = if chance(rng, 200) { rng.below(400) } else { rng.below(70_000) };
            world.later(at + patience, Act::HangUp(caller));
        }
        for _ in 0..rng.below(5) {
            let key = choose(rng, &['1', '2', '3', '1', '0', '4', '7', '8', '9', '*', '#']);
            let pressed = at + rng.below(15_000);
            match rng.below(4) {
                0 => world.later(pressed, Act::Inform(caller, key)),
                1 => {
                    world.later(pressed, Act::Press(caller, key));
                    world.later(pressed + rng.below(400), Act::Inform(caller, key));
                }
                _ => world.later(pressed, Act::Press(caller, key)),
            }
        }
        if chance(rng, 100) {
            world.later(at + rng.below(60_000), Act::Unplug(caller));
        }
        if chance(rng, 150) {
            let hold = at + rng.below(40_000);
            world.later(hold, Act::HoldByPhone(caller, true));
            world.later(hold + rng.below(30_000), Act::HoldByPhone(caller, false));
        }
    }
}

fn any_want(rng: &mut Rng) -> Want {
    let target = choose(rng, &[queue("satis"), queue("destek"), menu("ana"), ext("102"), ext("104"), ext("999")]);
    let status = choose(rng, &[Status::Available, Status::Available, Status::Off, Status::Break("çay".to_owned())]);
    let wants = [
        Want::Status(status),
        Want::Answer,
        Want::Decline,
        Want::HangUp,
        Want::Hold,
        Want::Resume,
        Want::Transfer(target),
        Want::Complete,
        Want::Extend,
        Want::EndWrapUp,
    ];
    choose(rng, &wants)
}

fn doings(world: &mut World, rng: &mut Rng, phones: &[(PhoneId, &'static str)]) {
    for _ in 0..rng.below(40) {
        let Some(&(phone, number)) = phones.get(usize::try_from(rng.below(5)).unwrap()) else { continue };
        let act = match rng.below(22) {
            0 => Act::HangUp(phone),
            1 => Act::HoldByPhone(phone, true),
            2 => Act::HoldByPhone(phone, false),
            3 => Act::Dial(phone, choose(rng, &["101", "102", "104", "500", "999", "00905321112233"]).to_owned()),
            4 => Act::Register(phone),
            7 => Act::Dial(phone, "00905321112233".to_owned()),
            5 => Act::Unregister(phone),
            6 => Act::Swap(Arc::new(any_plan(rng))),
            _ => Act::Command(user_of(number), any_want(rng)),
        };
        let at = rng.below(DAY);
        world.later(at, act);
        if chance(rng, 250) {
            world.later(at, Act::Command(user_of(number), Want::Hold));
            world.later(at + rng.below(4_000), Act::Command(user_of(number), Want::Resume));
            world.later(at + rng.below(20_000), Act::Command(user_of(number), Want::Complete));
            let colleague = ext(choose(rng, &["101", "102", "103", "104"]));
            world.later(at + rng.below(20_000), Act::Command(user_of(number), Want::Transfer(colleague)));
        }
    }
    for _ in 0..rng.below(4) {
        world.later(rng.below(DAY), Act::SetClock(choose(rng, &[3_600, -3_600, 86_400, -7])));
    }
    if chance(rng, 50) {
        world.later(rng.below(DAY), Act::Drain);
    }
    if chance(rng, 50) {
        world.later(rng.below(DAY), Act::HangUpAll);
    }
}

/// Everybody goes home; what is left must end by the switch's own clocks.
fn evening(world: &mut World) {
    world.run_ms(DAY);
    world.media.faults = MediaFaults::default();
    outsiders_go(world);
    for round in 0..12 {
        for phone in 0..world.phones.len() {
            world.hang_up(PhoneId(phone));
            world.on_ring(PhoneId(phone), OnRing::Refuse(480));
        }
        world.run_ms(if round < 4 { 5_000 } else { 40_000 });
        if world.switch.calls_active() == 0 && world.switch.lent_ports() == 0 {
            break;
        }
    }
    world.run_ms(100_000);
}

/// Callers hang up. Where that ends every call, no phone of ours may be left ringing for nobody.
fn outsiders_go(world: &mut World) {
    for phone in 0..world.phones.len() {
        if !world.phones[phone].is_ours() {
            world.hang_up(PhoneId(phone));
        }
    }
    world.run_ms(5_000);
    if world.switch.calls_active() > 0 {
        return;
    }
    world.run_ms(45_000);
    let ghost = world.phones.iter().find(|phone| phone.is_ours() && phone.is_ringing());
    assert!(ghost.is_none(), "{} rings for nobody\n{}", ghost.unwrap().number, world.log.join("\n"));
}

fn judge(world: &World) {
    world.assert_at_rest();
    assert_eq!(world.switch.sip_counts().dialogs, 0, "dialogs left\n{}", world.log.join("\n"));
    let mut stories: BTreeMap<&CallId, Vec<&pbx::event::Event>> = BTreeMap::new();
    for event in &world.events {
        if let Some(call) = event.what.call() {
            stories.entry(call).or_default().push(event);
        }
    }
    for (call, events) in stories {
        let log = || format!("{call}\n{}", world.log.join("\n"));
        let count = |wanted: fn(&What) -> bool| events.iter().filter(|e| wanted(&e.what)).count();
        assert!(matches!(events[0].what, What::CallStarted { .. }), "{}", log());
        assert_eq!(count(|w| matches!(w, What::CallStarted { .. })), 1, "{}", log());
        assert_eq!(count(|w| matches!(w, What::CallEnded { .. })), 1, "{}", log());
        let revs: Vec<u64> = events.iter().map(|e| e.rev).collect();
        assert_eq!(revs, (1..=revs.len() as u64).collect::<Vec<_>>(), "{}", log());
        let record = CallRecord::fold((*call).clone(), events.iter().copied());
        assert!(record.ending.is_some() && record.ringing.is_empty() && record.queued_at.is_none(), "{}", log());
        assert!(record.ended_at >= Some(record.started_at) && record.talking_since.is_none(), "{}", log());
        durations_are_true(&record, &events, &log);
        offers_end(&events, &log);
        nobody_is_recorded_untold(&events, &log);
    }
}

/// Whatever the wall clock did: a call's times never go back, and it lasts no longer than the day and its evening.
fn durations_are_true(record: &CallRecord, events: &[&pbx::event::Event], log: &impl Fn() -> String) {
    assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at), "time went back: {}", log());
    let lasted = u64::try_from(record.ended_at.unwrap_or_default() - record.started_at).unwrap() / 1_000;
    assert!(lasted < 15 * 60_000 && record.talk_ms <= lasted && record.wait_ms <= lasted + 1, "{lasted} ms: {}", log());
}

/// Every offer that was told has one end that was told, and nothing rings after the end.
fn offers_end(events: &[&pbx::event::Event], log: &impl Fn() -> String) {
    let mut ringing: Vec<&pbx::id::UserId> = Vec::new();
    for event in events {
        match &event.what {
            What::CallOffered { agent, .. } if !ringing.contains(&agent) => ringing.push(agent),
            What::CallOfferEnded { agent, .. } => {
                assert!(ringing.contains(&agent), "an offer ended that was not there: {}", log());
                ringing.retain(|a| *a != agent);
            }
            What::CallEnded { .. } => assert!(ringing.is_empty(), "rings after the end: {}", log()),
            _ => {}
        }
    }
}

/// Every queue of these days has a notice, so no recording begins before one was heard to its end.
fn nobody_is_recorded_untold(events: &[&pbx::event::Event], log: &impl Fn() -> String) {
    let told = events.iter().position(|e| matches!(e.what, What::CallNotice { complete: true, .. }));
    let recorded = events.iter().position(|e| matches!(e.what, What::RecordingStarted { .. }));
    if let Some(recorded) = recorded {
        assert!(told.is_some_and(|told| told < recorded), "recorded without a notice: {}", log());
    }
}

/// What happened at all, so that a share of days in which nothing happens is noticed.
fn note(world: &World, seen: &mut BTreeSet<String>) {
    for event in &world.events {
        seen.insert(event.what.kind().to_owned());
        match &event.what {
            What::CallEnded { ending, .. } => seen.insert(format!("ended {}", ending.reason)),
            What::CallOfferEnded { reason, .. } => seen.insert(format!("offer {reason:?}")),
            What::AgentState { status: Status::Unreachable, .. } => seen.insert("unreachable".to_owned()),
            _ => false,
        };
    }
}

fn story(seed: u64, seen: &mut BTreeSet<String>) {
    let mut rng = Rng::new(seed.wrapping_mul(0x9E37_79B9));
    let plan = any_plan(&mut rng);
    let mut world = World::seeded(plan, seed);
    let phones = staff(&mut world, &mut rng);
    faults(&mut world, &mut rng);
    callers(&mut world, &mut rng);
    doings(&mut world, &mut rng, &phones);
    evening(&mut world);
    judge(&world);
    note(&world, seen);
}

/// Says which seed failed, whatever fails.
struct Watch(u64);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("story failed: SANTRAL_SEED={}", self.0);
        }
    }
}

fn share(part: u64) {
    if let Some(seed) = std::env::var("SANTRAL_SEED").ok().and_then(|text| text.parse().ok()) {
        if part == 0 {
            let _watch = Watch(seed);
            story(seed, &mut BTreeSet::new());
        }
        return;
    }
    let mut seen = BTreeSet::new();
    for seed in part * SHARE..(part + 1) * SHARE {
        let _watch = Watch(seed);
        story(seed, &mut seen);
    }
    saw_everything(&seen);
}

/// A share in which one of these never happened proves less than it says.
fn saw_everything(seen: &BTreeSet<String>) {
    let missing: Vec<_> = EXPECTED.iter().filter(|what| !seen.contains(**what)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}; seen: {seen:?}");
}

/// What any share of days must have seen.
const EXPECTED: [&str; 34] = [
    "call.answered",
    "call.completed",
    "call.held",
    "call.ivr",
    "call.missed",
    "call.notice",
    "call.queued",
    "call.recording_ready",
    "call.resumed",
    "call.returned",
    "call.transferred",
    "match.resolved",
    "presence.changed",
    "queue.stats",
    "unreachable",
    "ended agent-hung-up",
    "ended busy",
    "ended caller-hung-up",
    "ended max-wait",
    "ended menu-hangup",
    "ended no-agent",
    "ended no-answer",
    "ended no-ports",
    "ended overload",
    "ended queue-full",
    "ended rtp-timeout",
    "ended shutdown",
    "offer Answered",
    "offer AnsweredElsewhere",
    "offer CallerGone",
    "offer Declined",
    "offer Failed",
    "offer Timeout",
    "offer Withdrawn",
];

macro_rules! shares {
    ($($name:ident = $part:literal),*) => {
        $(#[test]
        fn $name() {
            share($part);
        })*
    };
}

shares!(
    any_day_ends_at_rest_1 = 0,
    any_day_ends_at_rest_2 = 1,
    any_day_ends_at_rest_3 = 2,
    any_day_ends_at_rest_4 = 3,
    any_day_ends_at_rest_5 = 4,
    any_day_ends_at_rest_6 = 5,
    any_day_ends_at_rest_7 = 6,
    any_day_ends_at_rest_8 = 7
);
