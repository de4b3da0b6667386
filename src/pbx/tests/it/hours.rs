//! Opening hours on the business's own clocks, across every kind of clock change.

use pbx::plan::{Schedule, SpecialDay};
use pbx::schedule::{Hours, hours};

use crate::plans::{plan, schedule};
use crate::world::World;

fn at(utc: &str) -> i64 {
    utc.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// Open on the given minutes of every day.
fn daily(zone: &str, open: &[(u16, u16)]) -> Schedule {
    Schedule { timezone: zone.to_owned(), weekly: std::array::from_fn(|_| open.to_vec()), days: Vec::new() }
}

fn open(schedule: &Schedule, utc: &str) -> bool {
    hours(schedule, at(utc)).is_open()
}

#[test]
fn istanbul_has_no_clock_change_and_its_lunch_is_closed() {
    let schedule = schedule();
    let cases = [
        ("2026-11-23T05:59:59Z", false),
        ("2026-11-23T06:00:00Z", true),
        ("2026-11-23T09:29:59Z", true),
        ("2026-11-23T09:30:00Z", false),
        ("2026-11-23T10:30:00Z", true),
        ("2026-11-23T15:00:00Z", false),
        ("2026-03-30T06:00:00Z", true),
        ("2026-11-28T07:00:00Z", true),
        ("2026-11-28T11:00:00Z", false),
        ("2026-11-29T08:00:00Z", false),
    ];
    for (utc, expected) in cases {
        assert_eq!(open(&schedule, utc), expected, "{utc}");
    }
}

#[test]
fn berlins_half_past_two_comes_twice_in_october_and_not_at_all_in_march() {
    let night = daily("Europe/Berlin", &[(150, 180)]);
    let cases = [
        ("2026-10-25T00:29:59Z", false),
        ("2026-10-25T00:30:00Z", true),
        ("2026-10-25T00:59:59Z", true),
        ("2026-10-25T01:00:00Z", false),
        ("2026-10-25T01:30:00Z", true),
        ("2026-10-25T02:00:00Z", false),
        ("2027-03-28T00:59:59Z", false),
        ("2027-03-28T01:00:00Z", false),
        ("2027-03-28T01:30:00Z", false),
        ("2027-03-29T00:30:00Z", true),
    ];
    for (utc, expected) in cases {
        assert_eq!(open(&night, utc), expected, "{utc}");
    }
}

#[test]
fn new_york_opens_an_hour_later_in_utc_after_its_clock_goes_back() {
    let office = daily("America/New_York", &[(540, 1020)]);
    assert!(open(&office, "2026-10-31T13:00:00Z") && !open(&office, "2026-10-31T12:59:59Z"));
    assert!(open(&office, "2026-11-02T14:00:00Z") && !open(&office, "2026-11-02T13:59:59Z"));
    assert!(open(&office, "2026-03-06T14:00:00Z") && open(&office, "2026-03-09T13:00:00Z"));
}

#[test]
fn kathmandu_is_five_hours_and_three_quarters_ahead() {
    let office = daily("Asia/Kathmandu", &[(600, 1020)]);
    assert!(!open(&office, "2026-11-23T04:14:59Z") && open(&office, "2026-11-23T04:15:00Z"));
    assert!(open(&office, "2026-11-23T11:14:59Z") && !open(&office, "2026-11-23T11:15:00Z"));
}

#[test]
fn a_holiday_of_every_year_closes_and_the_same_day_of_one_year_may_be_half() {
    let mut schedule = schedule();
    assert_eq!(hours(&schedule, at("2026-10-29T08:00:00Z")), Hours::Holiday("Cumhuriyet Bayramı".to_owned()));
    let half = SpecialDay { year: Some(2027), month: 10, day: 29, name: "yarım".to_owned(), open: vec![(540, 780)] };
    schedule.days.push(half);
    assert_eq!(hours(&schedule, at("2027-10-29T08:00:00Z")), Hours::ShortDay { name: "yarım".to_owned(), open: true });
    assert!(!open(&schedule, "2027-10-29T10:00:00Z"));
    assert_eq!(hours(&schedule, at("2029-10-29T08:00:00Z")), Hours::Holiday("Cumhuriyet Bayramı".to_owned()));
}

#[test]
fn the_day_begins_at_local_midnight_and_open_to_the_end_means_24_00() {
    let always = daily("Pacific/Auckland", &[(0, 1440)]);
    let mut minute = at("2026-04-04T00:00:00Z");
    while minute < at("2026-04-06T00:00:00Z") {
        assert!(hours(&always, minute).is_open());
        minute += 60_000_000;
    }
}

#[test]
fn a_zone_nobody_knows_is_closed_and_said_to_be_unknown() {
    assert_eq!(hours(&daily("Mars/Olympus", &[(0, 1440)]), at("2026-11-23T08:00:00Z")), Hours::NoSuchZone);
    assert!(pbx::schedule::zone_exists("Europe/Istanbul") && !pbx::schedule::zone_exists("Mars/Olympus"));
}

#[test]
fn a_caller_outside_hours_is_refused_as_closed_and_inside_is_served() {
    let mut world = World::at_time(plan(), 1, at("2026-11-23T18:00:00Z"));
    let caller = world.caller("05321112233");
    world.dial(caller, "502");
    world.run_ms(200);
    assert_eq!((world.phones[caller.0].last_status, world.reason(0)), (Some(480), "closed".to_owned()));
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.dial(caller, "502");
    world.run_ms(200);
    assert_eq!(world.phones[caller.0].last_status, Some(200));
}

#[test]
fn a_condition_on_a_schedule_that_does_not_exist_never_holds() {
    let mut plan = plan();
    plan.schedules.clear();
    let mut world = World::new(plan);
    let caller = world.caller("05321112233");
    world.dial(caller, "502");
    world.run_ms(200);
    assert_eq!(world.phones[caller.0].last_status, Some(200));
}
