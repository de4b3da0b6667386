//! The board alone: who sees what, in which order, and what an absent desk is told afterwards.

use std::sync::Arc;

use api::board::{Board, BoardAsk, DESK_QUEUE, DataEvent, Person, Role, Subscribe, Subscribed};
use api::plan_view::{PlanView, QueueView};
use crm::card::{Caller, Card, Match, Summary};
use pbx::contract::{State, Status};
use pbx::event::{EndClass, EndedBy, Ending, Event, OfferEnd, What};
use pbx::id::{Extension, QueueId, UserId};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::house::{AYSE, Story, now};

struct Floor(Board);

impl Floor {
    fn new() -> Self {
        let zone = jiff::tz::TimeZone::get("Europe/Istanbul").unwrap();
        let mut floor = Self(Board::new(zone, now()));
        let people = ["zeynep", "murat", "selin"].into_iter().map(person).collect();
        floor.0.handle(BoardAsk::People(people));
        let queue = |id: &str, member: &str| QueueView {
            id: QueueId::new(id),
            name: std::collections::BTreeMap::new(),
            members: vec![Extension::new(member)],
        };
        let plan = PlanView { queues: vec![queue("destek", "101"), queue("satis", "102")], ..PlanView::default() };
        floor.0.handle(BoardAsk::Plan(Arc::new(plan)));
        floor
    }

    fn open(&mut self, name: &str, resume: Option<u64>) -> Subscribed {
        self.try_open(name, resume).unwrap()
    }

    fn try_open(&mut self, name: &str, resume: Option<u64>) -> Option<Subscribed> {
        let (reply, mut answer) = oneshot::channel();
        self.0.handle(BoardAsk::Subscribe(Subscribe { person: person(name), resume, at: now() }, reply));
        answer.try_recv().unwrap()
    }

    fn tell(&mut self, event: Event) {
        self.0.handle(BoardAsk::Event(Box::new(event)));
    }

    fn data(&mut self, kind: &str) {
        let event = DataEvent {
            id: "evt_1".to_owned(),
            at: now(),
            kind: kind.to_owned(),
            subject: "ticket/tkt_1".to_owned(),
            rev: 1,
            data: json!({"id": "tkt_1"}),
        };
        self.0.handle(BoardAsk::Data(event));
    }
}

fn person(name: &str) -> Person {
    let (role, extension) = match name {
        "zeynep" => (Role::Agent, Some("101")),
        "murat" => (Role::Agent, Some("102")),
        _ => (Role::Supervisor, None),
    };
    Person {
        id: format!("usr_{name}"),
        name: UserId::new(name),
        display_name: name.to_owned(),
        role,
        extension: extension.map(Extension::new),
    }
}

/// Everything a desk was told so far.
fn told(desk: &mut Subscribed) -> Vec<Value> {
    let mut all = Vec::new();
    while let Ok(sent) = desk.door.try_recv() {
        all.push(serde_json::from_str(&sent.text).unwrap());
    }
    all
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn ayse() -> Caller {
    let summary = Summary { last_contact_at: Some(now() - 6 * 24 * 3600 * 1_000_000), ..Summary::default() };
    Caller {
        matched: Match::One { customer: "cus_1".to_owned(), name: "Ayşe Yılmaz".to_owned() },
        number: Some(AYSE.to_owned()),
        display_number: Some("0532 111 22 33".to_owned()),
        language: Some("tr".to_owned()),
        segment: Some("vip".to_owned()),
        card: Some(Card { customer: "cus_1".to_owned(), summary, ..Card::default() }),
    }
}

fn agent_state(story: &mut Story, agent: &str, state: State, call: bool) -> Event {
    let call = call.then(|| story.id.clone());
    story.event(What::AgentState {
        agent: UserId::new(agent),
        status: Status::Available,
        state,
        call,
        until: Some(now() + 30_000_000),
        phone: None,
    })
}

#[test]
fn a_desk_that_is_open_is_shown_who_was_let_in_since_and_nothing_when_nobody_was() {
    let mut floor = Floor::new();
    let mut desks = ["selin", "murat"].map(|name| floor.open(name, None));
    let people = |names: &[&str]| BoardAsk::People(names.iter().map(|name| person(name)).collect());
    floor.0.handle(people(&["zeynep", "murat", "selin"]));
    for desk in &mut desks {
        assert_eq!(told(desk), Vec::<Value>::new(), "the same people are no news");
    }
    let elif = Person { extension: Some(Extension::new("103")), role: Role::Agent, ..person("elif") };
    floor.0.handle(BoardAsk::People(vec![person("zeynep"), person("murat"), person("selin"), elif]));
    for desk in &mut desks {
        let events = told(desk);
        assert_eq!(kinds(&events), ["snapshot"]);
        let rows = events[0]["data"]["agents"].as_array().unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row["user"].as_str(), row["extension"].as_str())).collect();
        let expected = [("usr_zeynep", "101"), ("usr_murat", "102"), ("usr_elif", "103")];
        assert_eq!(seen, expected.map(|(user, extension)| (Some(user), Some(extension))));
    }
    floor.0.handle(people(&["zeynep", "murat", "selin"]));
    let gone = told(&mut desks[0]);
    assert_eq!(gone[0]["data"]["agents"].as_array().map(Vec::len), Some(2), "who is gone is gone here too");
}

#[test]
fn the_ring_event_carries_the_whole_call_with_its_card() {
    let mut floor = Floor::new();
    let mut desk = floor.open("zeynep", None);
    let mut story = Story::new();
    floor.tell(story.started(Some("05321112233"), Some("A. Yilmaz")));
    let known = What::MatchResolved { call: story.id.clone(), caller: Box::new(ayse()) };
    floor.tell(story.event(known));
    let key = What::CallIvr {
        call: story.id.clone(),
        menu: "ana-menu".to_owned(),
        key: Some("2".to_owned()),
        language: "tr".to_owned(),
    };
    floor.tell(story.event(key));
    floor.tell(story.queued("destek"));
    floor.tell(story.offered("zeynep"));
    let events = told(&mut desk);
    assert_eq!(kinds(&events), ["call.offered"], "an agent learns of a call when their phone rings");
    let ring = &events[0];
    assert_eq!((ring["ack"].as_bool(), ring["rev"].as_u64()), (Some(true), Some(5)));
    assert_eq!(ring["subject"], format!("call/{}", story.id));
    let data = &ring["data"];
    assert_eq!((data["phase"].as_str(), data["agent"].as_str()), (Some("ringing"), Some("usr_zeynep")));
    assert_eq!((data["from"].as_str(), data["from_display"].as_str()), (Some(AYSE), Some("0532 111 22 33")));
    assert_eq!((data["caller_name"].as_str(), data["waited_ms"].as_u64()), (Some("A. Yilmaz"), Some(7000)));
    assert_eq!(data["ivr"], json!([{"menu": "ana-menu", "key": "2"}]));
    assert_eq!(data["expires_at"], "2026-11-22T14:05:20+03:00");
    assert_eq!(data["caller"]["match"], json!({"kind": "one", "customer": "cus_1", "name": "Ayşe Yılmaz"}));
    assert_eq!(data["caller"]["card"]["summary"]["last_contact_at"], "2026-11-16T14:05:00+03:00");
}

#[test]
fn agents_hear_of_their_own_calls_and_supervisors_of_all() {
    let mut floor = Floor::new();
    let (mut zeynep, mut murat, mut selin) =
        (floor.open("zeynep", None), floor.open("murat", None), floor.open("selin", None));
    let mut story = Story::new();
    for event in story.talked(AYSE, "zeynep") {
        floor.tell(event);
    }
    let hers = told(&mut zeynep);
    assert_eq!(
        kinds(&hers),
        ["call.offered", "call.answered", "call.recording_started", "call.recording_ready", "call.ended"]
    );
    assert!(hers.iter().skip(1).all(|event| event["data"]["live"]["id"] == story.id.as_str()));
    assert!(hers[0]["data"].get("live").is_none(), "the data of an offer already are the call");
    assert_eq!(told(&mut murat), Vec::<Value>::new());
    let all = told(&mut selin);
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|event| event["ack"] == false && event["data"].get("live").is_none()));
}

#[test]
fn with_all_phones_ringing_each_agent_gets_their_own_offer_only() {
    let mut floor = Floor::new();
    let (mut zeynep, mut murat) = (floor.open("zeynep", None), floor.open("murat", None));
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    floor.tell(story.offered("zeynep"));
    floor.tell(story.offered("murat"));
    let end = |agent: &str, reason| {
        let (call, agent) = (story_id(&story), UserId::new(agent));
        What::CallOfferEnded { call, agent, reason, said: None }
    };
    let (won, lost) = (end("murat", OfferEnd::Answered), end("zeynep", OfferEnd::AnsweredElsewhere));
    floor.tell(story.event(won));
    floor.tell(story.answered("murat"));
    floor.tell(story.event(lost));
    let (hers, his) = (told(&mut zeynep), told(&mut murat));
    assert_eq!(hers[0]["data"]["agent"], "usr_zeynep");
    assert_eq!(his[0]["data"]["agent"], "usr_murat");
    assert_eq!(kinds(&his), ["call.offered", "call.offer_ended", "call.answered"]);
    let last = hers.last().unwrap();
    assert_eq!(
        (last["type"].as_str(), last["data"]["reason"].as_str()),
        (Some("call.offer_ended"), Some("answered_elsewhere"))
    );
}

fn story_id(story: &Story) -> pbx::id::CallId {
    story.id.clone()
}

#[test]
fn figures_of_queues_go_to_their_members_and_states_of_agents_to_everybody() {
    let mut floor = Floor::new();
    let (mut zeynep, mut murat, mut selin) =
        (floor.open("zeynep", None), floor.open("murat", None), floor.open("selin", None));
    let mut story = Story::new();
    let stats = What::QueueStats {
        queue: QueueId::new("destek"),
        waiting: 1,
        longest_ms: 4000,
        waiting_since: Some(now() - 4_000_000),
        free: 1,
        available: 1,
    };
    floor.tell(story.event(stats));
    let state = agent_state(&mut story, "zeynep", State::Idle, false);
    floor.tell(state);
    let hers = told(&mut zeynep);
    assert_eq!(kinds(&hers), ["queue.stats", "agent.state"]);
    assert_eq!(hers[0]["data"]["waiting_since"], "2026-11-22T14:04:56+03:00");
    let his = told(&mut murat);
    assert_eq!(kinds(&his), ["agent.state"]);
    assert_eq!(
        (his[0]["data"]["agent"].as_str(), his[0]["subject"].as_str()),
        (Some("usr_zeynep"), Some("agent/usr_zeynep"))
    );
    assert_eq!(his[0]["data"]["until"], "2026-11-22T14:05:30+03:00");
    assert_eq!(kinds(&told(&mut selin)), ["queue.stats", "agent.state"]);
}

#[test]
fn a_call_stays_on_its_agents_desk_through_wrap_up_and_not_longer() {
    let mut floor = Floor::new();
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    floor.tell(story.offered("zeynep"));
    floor.tell(story.answered("zeynep"));
    let talking = agent_state(&mut story, "zeynep", State::Talking, true);
    floor.tell(talking);
    let snapshot = floor.open("zeynep", None).snapshot;
    assert_eq!(
        (snapshot["calls"][0]["phase"].as_str(), snapshot["agent"]["state"].as_str()),
        (Some("talking"), Some("talking"))
    );
    assert_eq!(floor.open("murat", None).snapshot["calls"], json!([]));
    let ending = Ending { class: EndClass::Completed, reason: "normal".to_owned(), by: EndedBy::Caller };
    let ended = What::CallEnded { call: story.id.clone(), ending };
    floor.tell(story.event(ended));
    let writing = agent_state(&mut story, "zeynep", State::WrapUp, true);
    floor.tell(writing);
    let snapshot = floor.open("zeynep", None).snapshot;
    assert_eq!(
        (snapshot["calls"][0]["phase"].as_str(), snapshot["agent"]["until"].as_str()),
        (Some("wrap_up"), Some("2026-11-22T14:05:30+03:00"))
    );
    let free = agent_state(&mut story, "zeynep", State::Idle, false);
    floor.tell(free);
    assert_eq!(floor.open("zeynep", None).snapshot["calls"], json!([]));
    assert_eq!(floor.open("selin", None).snapshot["calls"], json!([]));
}

#[test]
fn a_call_nobody_took_leaves_the_board_at_its_end() {
    let mut floor = Floor::new();
    let mut story = Story::new();
    floor.tell(story.started(None, None));
    assert_eq!(floor.open("selin", None).snapshot["calls"][0]["from"], Value::Null);
    let ending = Ending { class: EndClass::Abandoned, reason: "caller-hung-up".to_owned(), by: EndedBy::Caller };
    let ended = What::CallEnded { call: story.id.clone(), ending };
    floor.tell(story.event(ended));
    assert_eq!(floor.open("selin", None).snapshot["calls"], json!([]));
}

#[test]
fn after_a_blind_transfer_the_call_is_the_next_agents() {
    let mut floor = Floor::new();
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    floor.tell(story.offered("zeynep"));
    floor.tell(story.answered("zeynep"));
    let sent =
        What::CallTransferred { call: story.id.clone(), agent: UserId::new("zeynep"), to: "queue:satis".to_owned() };
    floor.tell(story.event(sent));
    floor.tell(story.queued("satis"));
    assert_eq!(floor.open("selin", None).snapshot["calls"][0]["phase"], "queued");
    floor.tell(story.offered("murat"));
    floor.tell(story.answered("murat"));
    assert_eq!(floor.open("zeynep", None).snapshot["calls"], json!([]));
    let his = floor.open("murat", None).snapshot["calls"][0].clone();
    assert_eq!((his["phase"].as_str(), his["agent"].as_str()), (Some("talking"), Some("usr_murat")));
}

#[test]
fn a_desk_that_comes_late_still_knows_since_when_they_talk_and_hold() {
    let mut floor = Floor::new();
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    floor.tell(story.answered("zeynep"));
    let first = floor.open("selin", None).snapshot["calls"][0].clone();
    assert_eq!((&first["talking_since"], &first["held_since"]), (&first["answered_at"], &Value::Null));
    let agent = UserId::new("zeynep");
    crate::house::pass(std::time::Duration::from_secs(20));
    floor.tell(story.event(What::CallHeld { call: story_id(&story), agent: agent.clone() }));
    crate::house::pass(std::time::Duration::from_secs(60));
    let held = floor.open("selin", None).snapshot["calls"][0].clone();
    assert_eq!(
        (held["held_since"].as_str(), held["phase"].as_str()),
        (Some("2026-11-22T14:05:20.003+03:00"), Some("held"))
    );
    assert_eq!(held["talking_since"], first["talking_since"], "hold is part of the talk");
    floor.tell(story.event(What::CallResumed { call: story_id(&story), agent: agent.clone() }));
    floor.tell(story.event(What::CallTransferred { call: story_id(&story), agent, to: "ext:102".to_owned() }));
    floor.tell(story.answered("murat"));
    let second = floor.open("selin", None).snapshot["calls"][0].clone();
    assert_eq!((&second["answered_at"], &second["held_since"]), (&first["answered_at"], &Value::Null));
    assert_eq!(second["talking_since"], "2026-11-22T14:06:20.006+03:00", "the second agent talks since then");
}

#[test]
fn numbers_rise_for_every_recipient_even_over_a_restart() {
    let mut floor = Floor::new();
    let mut desk = floor.open("selin", None);
    let mut story = Story::new();
    for event in story.talked(AYSE, "zeynep") {
        floor.tell(event);
    }
    let seqs: Vec<u64> = told(&mut desk).iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    crate::house::pass(std::time::Duration::from_secs(60));
    let after_restart = Floor::new().open("selin", None).seq;
    assert!(after_restart > *seqs.last().unwrap());
}

#[test]
fn a_desk_that_was_away_is_told_what_it_missed_but_never_an_old_ring() {
    let mut floor = Floor::new();
    let seen = floor.open("zeynep", None).seq;
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    floor.tell(story.offered("zeynep"));
    let missed = What::CallMissed { call: story.id.clone(), agent: UserId::new("zeynep") };
    floor.tell(story.event(missed));
    floor.data("ticket.created");
    let back = floor.open("zeynep", Some(seen));
    let texts: Vec<Value> = back.missed.iter().map(|sent| serde_json::from_str(&sent.text).unwrap()).collect();
    assert_eq!(kinds(&texts), ["call.missed", "ticket.created"]);
    assert!(!back.gap);
    let his = floor.open("murat", Some(seen)).missed;
    assert_eq!(his.len(), 1, "another agent's missed call is not his news");
    assert_eq!(floor.open("zeynep", Some(back.seq)).missed.len(), 0);
    assert!(floor.open("zeynep", Some(seen - 1)).gap, "from before this board began");
    assert!(!floor.open("zeynep", None).gap);
}

#[test]
fn what_is_older_than_a_day_or_beyond_a_thousand_is_a_gap() {
    let mut floor = Floor::new();
    let seen = floor.open("zeynep", None).seq;
    for _ in 0..1001 {
        floor.data("ticket.updated");
    }
    let back = floor.open("zeynep", Some(seen));
    assert_eq!((back.gap, back.missed.len()), (true, 1000));
    let seen = back.seq;
    floor.data("ticket.updated");
    crate::house::pass(std::time::Duration::from_secs(24 * 3600 + 1));
    let back = floor.open("zeynep", Some(seen));
    assert_eq!((back.gap, back.missed.len()), (true, 0));
}

#[test]
fn a_desk_that_does_not_read_is_cut_off_and_the_others_go_on() {
    let mut floor = Floor::new();
    let (mut slow, mut quick) = (floor.open("zeynep", None), floor.open("murat", None));
    for _ in 0..=DESK_QUEUE {
        floor.data("ticket.updated");
        assert_eq!(told(&mut quick).len(), 1);
    }
    assert_eq!(told(&mut slow).len(), DESK_QUEUE);
    assert!(slow.door.is_closed());
}

#[test]
fn one_person_cannot_open_desks_without_end() {
    let mut floor = Floor::new();
    let open: Vec<_> = (0..100).map_while(|_| floor.try_open("zeynep", None)).collect();
    assert!(open.len() < 20, "{}", open.len());
    floor.try_open("murat", None).unwrap();
    drop(open);
    floor.try_open("zeynep", None).unwrap();
}

#[test]
fn tying_a_caller_to_a_customer_replaces_the_card_and_no_later_event_is_taken_for_old() {
    let mut floor = Floor::new();
    let mut desk = floor.open("zeynep", None);
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    floor.tell(story.offered("zeynep"));
    let linked =
        api::board::Linked { call: story.id.clone(), caller: Box::new(ayse()), id: "evt_1".to_owned(), at: now() };
    floor.0.handle(BoardAsk::Linked(linked));
    floor.tell(story.answered("zeynep"));
    let events = told(&mut desk);
    assert_eq!(kinds(&events), ["call.offered", "match.resolved", "call.answered"]);
    let revs: Vec<_> = events.iter().map(|event| event["rev"].as_u64().unwrap()).collect();
    assert_eq!(revs, [2, 3, 4]);
    assert_eq!(events[1]["data"]["caller"]["match"]["name"], "Ayşe Yılmaz");
    assert_eq!(events[2]["data"]["live"]["caller"]["card"]["customer"], "cus_1");
}

#[test]
fn misses_count_up_and_start_anew_with_an_answer() {
    let mut floor = Floor::new();
    let mut story = Story::new();
    floor.tell(story.started(Some(AYSE), None));
    for expected in 1..=2 {
        let missed = What::CallMissed { call: story.id.clone(), agent: UserId::new("zeynep") };
        floor.tell(story.event(missed));
        assert_eq!(floor.open("zeynep", None).snapshot["agent"]["misses"], expected);
    }
    floor.tell(story.answered("zeynep"));
    assert_eq!(floor.open("zeynep", None).snapshot["agent"]["misses"], 0);
}
