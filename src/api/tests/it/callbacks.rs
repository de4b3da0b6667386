//! Who is owed a call, as a team sees it.

use axum::http::StatusCode;
use serde_json::json;

use crate::house::{AYSE, House, Story};

#[tokio::test]
async fn a_missed_call_is_the_teams_until_one_takes_it_and_ends_it() {
    let house = House::new().await;
    let (zeynep, murat) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let mut story = Story::new();
    house.happened(&story.abandoned("+905051112233", "destek")).await;
    let list = zeynep.get("/api/v1/callbacks?whose=team&total=true").await.ok();
    assert_eq!((list["total"].as_i64(), list["items"].as_array().unwrap().len()), (Some(1), 1));
    let owed = &list["items"][0];
    assert_eq!((owed["display"].as_str(), owed["reason"].as_str()), (Some("0505 111 22 33"), Some("missed")));
    assert_eq!(murat.get("/api/v1/callbacks?whose=team").await.ok()["items"], json!([]), "not his queue");
    assert_eq!(murat.get("/api/v1/callbacks").await.ok()["items"][0]["id"], owed["id"], "but everybody's to see");
    assert!(list.get("total").is_some() && murat.get("/api/v1/callbacks").await.ok().get("total").is_none());
    let call = format!("/api/v1/calls/{}", owed["call"].as_str().unwrap());
    assert_eq!(murat.get(&call).await.status, StatusCode::OK, "who is to call back may read what happened");

    let path = format!("/api/v1/callbacks/{}", owed["id"].as_str().unwrap());
    let me = house.user("zeynep").await.id;
    let taken = zeynep.patch(&path, owed["rev"].as_i64(), json!({"owner": me})).await.ok();
    assert_eq!(taken["owner"]["display_name"], "Zeynep Kaya");
    let late = murat.patch(&path, owed["rev"].as_i64(), json!({"owner": house.user("murat").await.id})).await;
    assert_eq!(late.code(), "changed-meanwhile");
    assert_eq!(zeynep.get("/api/v1/callbacks?whose=mine").await.ok()["items"][0]["id"], owed["id"]);
    let later = zeynep.patch(&path, None, json!({"due_at": "2026-11-23T10:00:00+03:00"})).await.ok();
    assert_eq!(later["due_at"], "2026-11-23T10:00:00+03:00");
    assert_eq!(zeynep.patch(&path, None, json!({"due_at": "yarın"})).await.json()["errors"][0]["pointer"], "/due_at");
    assert_eq!(zeynep.patch(&path, None, json!({"outcome": "bitti"})).await.json()["errors"][0]["pointer"], "/outcome");
    let ended = zeynep.patch(&path, None, json!({"outcome": "reached"})).await.ok();
    assert_eq!((ended["outcome"].as_str(), ended["done_by"]["id"].as_str()), (Some("reached"), Some(me.as_str())));
    assert_eq!(zeynep.get("/api/v1/callbacks").await.ok()["items"], json!([]));
    assert_eq!(zeynep.get("/api/v1/callbacks?done=true").await.ok()["items"][0]["id"], owed["id"]);
    zeynep.patch(&path, None, json!({"outcome": null})).await.ok();
    assert_eq!(zeynep.get("/api/v1/callbacks?q=0505%20111").await.ok()["items"][0]["id"], owed["id"], "opened again");
}

#[tokio::test]
async fn a_call_promised_in_the_wrap_up_has_its_time_and_its_undo() {
    let house = House::new().await;
    let (zeynep, murat) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let mut story = Story::new();
    house.happened(&story.talked(AYSE, "zeynep")).await;
    let promise = json!({"call": story.id, "due_at": "2026-11-23T09:15:00+03:00", "note": "Fiyatı sordu"});
    let made = zeynep.post("/api/v1/callbacks", promise).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert_eq!((made["number"].as_str(), made["reason"].as_str()), (Some(AYSE), Some("promised")));
    assert_eq!(made["owner"]["display_name"], "Zeynep Kaya");
    let path = format!("/api/v1/callbacks/{}?undo=true", made["id"].as_str().unwrap());
    assert_eq!(murat.delete(&path).await.code(), "undo-too-late");
    assert_eq!(zeynep.delete(&path).await.status, 204);
    let nowhere = zeynep.post("/api/v1/callbacks", json!({"due_at": "2026-11-23T09:15:00+03:00"})).await;
    assert_eq!(nowhere.json()["errors"][0]["pointer"], "/number");
    let foreign = zeynep.post("/api/v1/callbacks", json!({"call": "c_1", "number": "0532 111 22 33"})).await;
    assert_eq!(foreign.json()["errors"][0]["pointer"], "/call");
    assert_eq!(zeynep.get("/api/v1/callbacks?whose=theirs").await.json()["errors"][0]["pointer"], "/whose");
}

#[tokio::test]
async fn missed_calls_are_those_that_nobody_answered_and_their_count_is_the_true_one() {
    let house = House::new().await;
    let seat = house.sign_in("murat").await;
    for last in 10..70 {
        let mut story = Story::new();
        house.happened(&story.abandoned(&format!("+9050511122{last}"), "destek")).await;
    }
    let mut helped = Story::new();
    let mut events = vec![helped.started(Some(AYSE), None), helped.queued("destek"), helped.offered("murat")];
    let agent = pbx::id::UserId::new("murat");
    events.push(helped.event(pbx::event::What::CallMissed { call: helped.id.clone(), agent }));
    events.push(helped.answered("zeynep"));
    house.happened(&events).await;
    let missed = seat.get("/api/v1/calls?missed=true&total=true&limit=8").await.ok();
    assert_eq!((missed["items"].as_array().unwrap().len(), missed["total"].as_i64()), (8, Some(60)));
    let all = seat.get("/api/v1/calls?missed=true&limit=100").await.ok();
    let ids = all["items"].as_array().unwrap().iter().map(|call| call["id"].as_str().unwrap());
    assert!(ids.into_iter().all(|id| id != helped.id.as_str()), "a colleague answered it");
    let rang_here = format!("/api/v1/calls?missed=true&agent={}", house.user("murat").await.id);
    assert_eq!(seat.get(&rang_here).await.ok()["items"], json!([]));
    for list in ["tickets", "appointments"] {
        assert_eq!(seat.get(&format!("/api/v1/{list}?total=true")).await.ok()["total"], 0);
    }
}
