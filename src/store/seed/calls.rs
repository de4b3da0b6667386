//! Ninety days of sample calls as events: busy mornings, quiet Sundays, some callers who give up.

use crm::calendar::{day_of, holiday_on, turkish_time};
use crm::card::{Caller, Match};
use jiff::civil::{Date, Weekday};
use pbx::event::{Direction, EndClass, EndedBy, Ending, Event, OfferEnd, What};
use pbx::id::{CallId, Extension, QueueId, UserId};

use super::customers::Sample;
use super::names::Words;
use super::random::Random;
use super::{AYSE_NUMBER, CONVERSATIONS, DAY, DAYS, HOUR, MINUTE, MURAT, RECORDED_DAYS, ZEYNEP, at_work};
use crate::Store;

/// A sample call.
pub(super) struct SampleCall {
    pub(super) id: String,
    pub(super) events: Vec<Event>,
    pub(super) at: i64,
    /// Index of the customer.
    pub(super) customer: Option<usize>,
    pub(super) queue: &'static str,
    /// Sign-in name of who talked.
    pub(super) agent: Option<&'static str>,
    /// Which of the sample conversations was recorded.
    pub(super) conversation: Option<usize>,
}

/// What all calls are told from.
struct Teller<'a> {
    store: &'a Store,
    words: &'static Words,
    customers: &'a [Sample],
    now: i64,
}

const SECOND: i64 = 1_000_000;

/// All calls, oldest first.
pub(super) fn all(
    store: &Store,
    words: &'static Words,
    random: &mut Random,
    customers: &[Sample],
    now: i64,
) -> Vec<SampleCall> {
    let teller = Teller { store, words, customers, now };
    let mut calls = Vec::new();
    let zone = turkish_time();
    for ago in (0..DAYS).rev() {
        let Some(date) = day_of(now - ago * DAY, &zone) else { continue };
        let Ok(midnight) = date.to_zoned(zone.clone()) else { continue };
        let midnight = midnight.timestamp().as_microsecond();
        for _ in 0..calls_on(random, date) {
            let at = midnight + time_of_day(random);
            // Yesterday's and today's calls end before now; nothing happens in the future.
            if at + HOUR < now {
                calls.push(teller.call(random, at));
            }
        }
    }
    calls.extend(teller.heros_calls(random));
    calls.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    calls
}

fn calls_on(random: &mut Random, date: Date) -> i64 {
    if holiday_on(date).is_some_and(|holiday| !holiday.half) {
        return random.between(0, 3);
    }
    match date.weekday() {
        Weekday::Sunday => random.between(0, 4),
        Weekday::Saturday => random.between(4, 10),
        Weekday::Monday => random.between(26, 40),
        _ => random.between(18, 32),
    }
}

/// Most call between ten and noon and after lunch; a few before eight or after seven.
fn time_of_day(random: &mut Random) -> i64 {
    let hour = match random.between(0, 100) {
        0..4 => random.between(7, 9),
        4..20 => 9,
        20..48 => random.between(10, 12),
        48..56 => random.between(12, 14),
        56..82 => random.between(14, 16),
        82..96 => random.between(16, 18),
        _ => random.between(18, 21),
    };
    hour * HOUR + random.between(0, 60 * 60) * SECOND + random.between(0, 1000) * 1000
}

/// Writes the events of one call in order.
struct Pen<'a> {
    random: &'a mut Random,
    id: CallId,
    at: i64,
    events: Vec<Event>,
}

impl Pen<'_> {
    fn write(&mut self, what: What) {
        let id = self.random.id("evt", self.at);
        let rev = self.events.len() as u64 + 1;
        self.events.push(Event { id, at: self.at, rev, what });
    }

    fn wait(&mut self, from: i64, to: i64) {
        self.at += self.random.between(from * 1000, to * 1000) * 1000;
    }

    fn end(&mut self, class: EndClass, reason: &str, by: EndedBy) {
        let ending = Ending { class, reason: reason.to_owned(), by };
        self.write(What::CallEnded { call: self.id.clone(), ending });
    }
}

/// What is settled before a call is told; the rest is chance.
struct Asked {
    customer: Option<usize>,
    number: Option<String>,
    queue: &'static str,
    agent: &'static str,
    note: Option<(&'static str, &'static str)>,
    /// Per cent of luck, 0 best.
    fate: Option<i64>,
}

impl Teller<'_> {
    fn call(&self, random: &mut Random, at: i64) -> SampleCall {
        // The hero's calls are told apart; the first rows of the list are hers and the foreigners'.
        let customer = random.chance(78).then(|| random.between(1, self.customers.len() as i64) as usize);
        let number = match customer.and_then(|at| self.customers.get(at)) {
            Some(known) => Some(random.pick(&known.numbers).clone()),
            None if random.chance(12) => None,
            None => Some(random.number(self.words.mobiles)),
        };
        let queue = if random.chance(62) { "destek" } else { "satis" };
        let agent = if random.chance(55) { ZEYNEP } else { MURAT };
        self.told(random, at, Asked { customer, number, queue, agent, note: None, fate: None })
    }

    fn told(&self, random: &mut Random, at: i64, asked: Asked) -> SampleCall {
        let Asked { customer, number, queue, agent, note, fate } = asked;
        let known = customer.and_then(|at| self.customers.get(at));
        let id = random.call_id(at);
        let fate = fate.unwrap_or_else(|| random.between(0, 100));
        // The hero's are all recorded, of the others the last weeks'.
        let kept = customer == Some(0) || at > self.now - RECORDED_DAYS * DAY;
        let mut conversation = None;
        let mut pen = Pen { random, id: CallId::new(id.clone()), at, events: Vec::new() };
        let language = known.map_or(self.words.language.code(), |known| known.language);
        begin(&mut pen, self.store, known, number, language);
        let mut talked = None;
        match fate {
            0..84 => {
                press(&mut pen, queue, language);
                if fate >= 76 {
                    missed_by(&mut pen, if agent == ZEYNEP { MURAT } else { ZEYNEP }, queue);
                }
                conversation = kept.then(|| pen.random.between(0, CONVERSATIONS.len() as i64) as usize);
                let talk = Talk { agent, queue, note, conversation, notes: self.words.call_notes };
                answered(&mut pen, &talk);
                talked = Some(agent);
            }
            84..93 => {
                press(&mut pen, queue, language);
                if fate >= 89 {
                    missed_by(&mut pen, agent, queue);
                }
                pen.wait(15, 150);
                pen.end(EndClass::Abandoned, "caller-hung-up", EndedBy::Caller);
            }
            93..97 => {
                pen.wait(4, 25);
                pen.end(EndClass::Abandoned, "caller-hung-up", EndedBy::Caller);
            }
            _ => {
                press(&mut pen, queue, language);
                pen.wait(60, 181);
                pen.end(EndClass::Rejected, "max-wait", EndedBy::System);
            }
        }
        SampleCall { id, events: pen.events, at, customer, queue, agent: talked, conversation }
    }

    /// She called nine times; the last time six days ago, about a late parcel.
    fn heros_calls(&self, random: &mut Random) -> Vec<SampleCall> {
        let hero = &self.words.hero;
        let told = |&(ago, note, result): &(i64, &'static str, &'static str)| {
            let at = at_work(self.now - ago * DAY - 20 * MINUTE);
            let queue = if note == hero.ordered { "satis" } else { "destek" };
            let number = Some(AYSE_NUMBER.to_owned());
            let asked =
                Asked { customer: Some(0), number, queue, agent: ZEYNEP, note: Some((note, result)), fate: Some(0) };
            self.told(random, at, asked)
        };
        hero.calls.iter().map(told).collect()
    }
}

fn begin(pen: &mut Pen<'_>, store: &Store, known: Option<&Sample>, number: Option<String>, language: &str) {
    let call = pen.id.clone();
    let (direction, to) = (Direction::In, "08501234567".to_owned());
    pen.write(What::CallStarted {
        call: call.clone(),
        direction,
        from: number.clone(),
        display: None,
        to,
        trunk: None,
    });
    pen.at += 12_000;
    let matched = match (known, &number) {
        (Some(known), _) => Match::One { customer: known.id.clone(), name: known.name.clone() },
        (None, Some(_)) => Match::None { previous_calls: 0 },
        (None, None) => Match::Withheld,
    };
    let caller = Caller {
        matched,
        display_number: number.as_deref().map(|number| store.display_number(number)),
        number,
        language: known.map(|known| known.language.to_owned()),
        segment: known.and_then(|known| known.segment).map(str::to_owned),
        card: None,
    };
    pen.write(What::MatchResolved { call: call.clone(), caller: Box::new(caller) });
    pen.at += 40_000;
    let (menu, language) = ("ana-menu".to_owned(), language.to_owned());
    pen.write(What::CallIvr { call, menu, key: None, language });
}

fn press(pen: &mut Pen<'_>, queue: &str, language: &str) {
    pen.wait(4, 14);
    let (call, menu, language) = (pen.id.clone(), "ana-menu".to_owned(), language.to_owned());
    let key = if queue == "satis" { "1" } else { "2" };
    pen.write(What::CallIvr { call: call.clone(), menu, key: Some(key.to_owned()), language });
    pen.at += 30_000;
    pen.write(What::CallQueued { call, queue: QueueId::new(queue), position: 1 });
}

fn offer(pen: &mut Pen<'_>, agent: &str, queue: &str) {
    let extension = Extension::new(if agent == ZEYNEP { "101" } else { "102" });
    let (call, agent, expires_at) = (pen.id.clone(), UserId::new(agent), pen.at + 20 * SECOND);
    let queue = Some(QueueId::new(queue));
    pen.write(What::CallOffered { call, agent, extension, queue, waited_ms: 0, expires_at, remote_answer: true });
}

fn missed_by(pen: &mut Pen<'_>, agent: &str, queue: &str) {
    offer(pen, agent, queue);
    pen.at += 20 * SECOND;
    let (call, agent) = (pen.id.clone(), UserId::new(agent));
    pen.write(What::CallOfferEnded { call: call.clone(), agent: agent.clone(), reason: OfferEnd::Timeout, said: None });
    pen.write(What::CallMissed { call, agent });
}

/// A talk to be told.
struct Talk<'a> {
    agent: &'a str,
    queue: &'a str,
    note: Option<(&'a str, &'a str)>,
    conversation: Option<usize>,
    notes: &'a [(&'a str, &'a str)],
}

fn answered(pen: &mut Pen<'_>, talk: &Talk<'_>) {
    let queued_at = pen.at;
    if pen.random.chance(35) {
        pen.wait(5, 90);
    }
    offer(pen, talk.agent, talk.queue);
    pen.wait(2, 11);
    let (call, user) = (pen.id.clone(), UserId::new(talk.agent));
    pen.write(What::CallOfferEnded { call: call.clone(), agent: user.clone(), reason: OfferEnd::Answered, said: None });
    let extension = Extension::new(if talk.agent == ZEYNEP { "101" } else { "102" });
    let waited_ms = u64::try_from((pen.at - queued_at) / 1000).unwrap_or_default();
    pen.write(What::CallAnswered { call: call.clone(), agent: user.clone(), extension, waited_ms });
    let recorded = talk.conversation.and_then(|which| CONVERSATIONS.get(which)).copied();
    match recorded {
        Some(millis) => {
            pen.write(What::RecordingStarted { call: call.clone() });
            pen.at += i64::try_from(millis).unwrap_or_default() * 1000;
        }
        None => {
            let long = pen.random.chance(15);
            pen.wait(25, if long { 900 } else { 280 });
        }
    }
    let by = if pen.random.chance(70) { EndedBy::Caller } else { EndedBy::Agent };
    pen.end(EndClass::Completed, "normal", by);
    if let Some(millis) = recorded {
        pen.write(What::RecordingReady { call: call.clone(), millis, lost_frames: 0 });
    }
    pen.wait(4, 30);
    let chosen = *pen.random.pick(talk.notes);
    let untold: &[&str] = match talk.queue {
        "satis" => &["sale", "sale", "resolved", "callback"],
        _ => &["resolved", "resolved", "resolved", "callback", "complaint"],
    };
    let untold = ("", *pen.random.pick(untold));
    let (note, disposition) = talk.note.unwrap_or(if pen.random.chance(45) { chosen } else { untold });
    let (note, disposition) = (note.to_owned(), disposition.to_owned());
    pen.write(What::CallCompleted { call, agent: user, disposition, note });
}
