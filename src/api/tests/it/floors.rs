//! Commands to the switch, and the floor as it is now.

use axum::http::StatusCode;
use pbx::contract::{Command, Refusal, Status, Target};
use pbx::event::{PhoneSaid, PhoneTrouble};
use pbx::id::{CallId, Extension};
use serde_json::json;

use crate::house::{AYSE, House, Story, now};

#[tokio::test]
async fn a_command_reaches_the_switch_in_the_name_of_its_person() {
    let house = House::new().await;
    let (zeynep, selin) = (house.sign_in("zeynep").await, house.sign_in("selin").await);
    let call = "c_019aa1b2-33c4-7d5e-8f60-112233445566";
    zeynep.post("/api/v1/agents/me/status", json!({"status": "break", "reason": "yemek"})).await.ok();
    zeynep.poke(&format!("/api/v1/calls/{call}/answer")).await.ok();
    zeynep.post(&format!("/api/v1/calls/{call}/transfer"), json!({"to": "ext:102"})).await.ok();
    zeynep
        .post(&format!("/api/v1/calls/{call}/complete"), json!({"disposition": "sale", "note": " Aldı. "}))
        .await
        .ok();
    selin.poke(&format!("/api/v1/calls/{call}/hangup")).await.ok();
    let asked = house.asked.lock().unwrap();
    let (actors, commands): (Vec<_>, Vec<_>) = asked.iter().cloned().unzip();
    let call = CallId::new(call);
    let expected = vec![
        Command::SetStatus(Status::Break("yemek".to_owned())),
        Command::Answer(call.clone()),
        Command::Transfer(call.clone(), Target::Extension(Extension::new("102"))),
        Command::Complete { call: call.clone(), disposition: "sale".to_owned(), note: "Aldı.".to_owned() },
        Command::HangUp(call),
    ];
    assert_eq!(commands, expected);
    let of = |at: usize| (actors[at].user.as_str().to_owned(), actors[at].any_call);
    assert_eq!(of(0), ("zeynep".to_owned(), false));
    assert_eq!(of(4), ("selin".to_owned(), true));
}

#[tokio::test]
async fn a_refusal_has_a_stable_code_and_words() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    for (refusal, code) in [
        (Refusal::NoSuchCall, "no-such-call"),
        (Refusal::NotYours, "not-yours"),
        (Refusal::WrongState, "wrong-state"),
        (Refusal::LiftHandset, "lift-handset"),
        (Refusal::NoSuchTarget, "no-such-target"),
        (Refusal::NoExtension, "no-extension"),
        (Refusal::NoPhone, "no-phone"),
        (Refusal::TargetUnreachable, "target-unreachable"),
        (Refusal::TargetBusy, "target-busy"),
    ] {
        *house.refusal.lock().unwrap() = Some(refusal);
        let reply = seat.poke("/api/v1/calls/c_1/hold").await;
        assert_eq!((reply.status, reply.code()), (StatusCode::CONFLICT, code.to_owned()));
        assert_eq!(reply.json()["type"], format!("/problems/{code}"));
        assert!(!reply.json()["detail"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_result_of_a_call_from_before_a_restart_is_saved_by_who_talked() {
    let house = House::new().await;
    let (zeynep, murat, selin) =
        (house.sign_in("zeynep").await, house.sign_in("murat").await, house.sign_in("selin").await);
    let mut story = Story::new();
    house.happened(&story.talked(AYSE, "zeynep")).await;
    *house.refusal.lock().unwrap() = Some(Refusal::NoSuchCall);
    let path = format!("/api/v1/calls/{}/complete", story.id);
    let body = json!({"disposition": "sale", "note": " Aldı. "});
    assert_eq!(murat.post(&path, body.clone()).await.code(), "not-yours");
    assert_eq!(zeynep.post(&path, body.clone()).await.status, StatusCode::NO_CONTENT);
    let call = zeynep.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    assert_eq!((call["disposition"].as_str(), call["note"].as_str()), (Some("sale"), Some("Aldı.")));
    let last = call["events"].as_array().unwrap().last().unwrap();
    assert_eq!((last["type"].as_str(), &last["data"]["agent"]), (Some("call.completed"), &call["agent"]["id"]));
    let again = json!({"disposition": "resolved"});
    assert_eq!(selin.post(&path, again).await.status, StatusCode::NO_CONTENT, "a supervisor may correct it");
    let call = zeynep.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    assert_eq!(
        (call["disposition"].as_str(), call["agent"]["display_name"].as_str()),
        (Some("resolved"), Some("Zeynep Kaya"))
    );
    assert_eq!(zeynep.post("/api/v1/calls/c_unknown/complete", body.clone()).await.code(), "no-such-call");
    let open = vec![story_begins(&mut story)];
    house.happened(&open).await;
    let path = format!("/api/v1/calls/{}/complete", story.id);
    assert_eq!(selin.post(&path, body).await.code(), "no-such-call", "a call that is not over has no result");
}

/// A further call that has begun and not ended.
fn story_begins(story: &mut Story) -> pbx::event::Event {
    *story = Story::new();
    story.started(Some(AYSE), None)
}

#[tokio::test]
async fn nonsense_never_reaches_the_switch() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    assert_eq!(seat.post("/api/v1/agents/me/status", json!({"status": "unreachable"})).await.code(), "invalid");
    assert_eq!(seat.post("/api/v1/calls/c_1/transfer", json!({"to": "ext:+905321112233"})).await.code(), "invalid");
    assert_eq!(seat.post("/api/v1/calls/c_1/complete", json!({"disposition": "özel"})).await.code(), "invalid");
    assert_eq!(seat.poke("/api/v1/calls/..%2f..%2fetc/answer").await.code(), "not-found");
    assert!(house.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn agents_and_queues_are_shown_as_they_are() {
    let house = House::new().await;
    let mut story = Story::new();
    let what = pbx::event::What::QueueStats {
        queue: pbx::id::QueueId::new("destek"),
        waiting: 2,
        longest_ms: 61_000,
        waiting_since: Some(now() - 61_000_000),
        free: 0,
        available: 1,
    };
    let stats = story.event(what);
    let what = pbx::event::What::AgentState {
        agent: pbx::id::UserId::new("zeynep"),
        status: Status::Break("yemek".to_owned()),
        state: pbx::contract::State::Idle,
        call: None,
        until: None,
        phone: Some(PhoneTrouble {
            said: PhoneSaid { status: 486, reason: Some("Do Not Disturb".to_owned()) },
            times: 2,
            until: Some(now() + 10_000_000),
        }),
    };
    let state = story.event(what);
    let here = story.event(pbx::event::What::PresenceChanged { extension: Extension::new("101"), registered: true });
    house.happened(&[stats, state, here]).await;
    let seat = house.sign_in("zeynep").await;
    let queues = seat.get("/api/v1/queues").await.ok();
    assert_eq!(
        queues[0],
        json!({"id": "destek", "name": "Support", "waiting": 2, "longest_ms": 61_000,
               "waiting_since": "2026-11-22T14:03:59+03:00", "free": 0, "available": 1})
    );
    assert_eq!(queues[1]["waiting"], 0);
    let agents = seat.get("/api/v1/agents").await.ok();
    let zeynep = agents.as_array().unwrap().iter().find(|row| row["name"] == "zeynep").unwrap();
    assert_eq!(zeynep["status"], json!({"status": "break", "reason": "yemek"}));
    assert_eq!((zeynep["registered"].as_bool(), zeynep["state"].as_str()), (Some(true), Some("idle")));
    assert_eq!(zeynep["user"], house.user("zeynep").await.id);
    assert_eq!(
        zeynep["phone"],
        json!({"status": 486, "reason": "Do Not Disturb", "times": 2, "until": "2026-11-22T14:05:10+03:00"})
    );
    assert_eq!(agents.as_array().unwrap().len(), 2, "only people with an extension");
}

#[tokio::test]
async fn a_stored_call_is_told_with_its_events_in_public_words() {
    let house = House::new().await;
    let mut story = Story::new();
    house.happened(&story.talked(AYSE, "zeynep")).await;
    let seat = house.sign_in("zeynep").await;
    let call = seat.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    assert_eq!(call["from_display"], "0532 111 22 33");
    assert_eq!(call["started_at"], "2026-11-22T14:05:00.001+03:00");
    assert_eq!(call["ending"], json!({"class": "completed", "reason": "normal", "by": "caller"}));
    assert_eq!(call["recording"], json!({"millis": 300, "lost_frames": 0, "state": "ready"}));
    assert_eq!(call["agent"]["display_name"], "Zeynep Kaya");
    let events = call["events"].as_array().unwrap();
    let offered = events.iter().find(|event| event["type"] == "call.offered").unwrap();
    assert_eq!(offered["data"]["agent"], house.user("zeynep").await.id);
    assert_eq!(offered["data"]["expires_at"], "2026-11-22T14:05:20+03:00");
}
