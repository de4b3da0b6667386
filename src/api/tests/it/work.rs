//! Tickets, orders and appointments; a POST that is sent twice; what is wrong with bodies.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::{AYSE, House, Story, now, pass, request};

#[tokio::test]
async fn a_ticket_made_in_a_call_belongs_to_the_calls_customer() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let customer = seat.post("/api/v1/customers", json!({"name": "Ayşe", "phones": [AYSE]})).await.ok();
    let mut story = Story::new();
    house.happened(&story.talked(AYSE, "zeynep")).await;
    let link = json!({"customer": customer["id"]});
    assert_eq!(seat.post(&format!("/api/v1/calls/{}/link", story.id), link).await.status, 204);
    let new = json!({"subject": "Geç teslimat", "kind": "complaint", "priority": "high", "call": story.id});
    let ticket = seat.post("/api/v1/tickets", new).await;
    assert_eq!(ticket.status, StatusCode::CREATED);
    let ticket = ticket.json();
    assert_eq!(ticket["customer"]["id"], customer["id"]);
    assert_eq!(ticket["owner"]["display_name"], "Zeynep Kaya");
    assert_eq!(
        (ticket["status"].as_str(), ticket["created_at"].as_str()),
        (Some("open"), Some("2026-11-22T14:05:00+03:00"))
    );
    let call = seat.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    assert_eq!(call["tickets"][0]["number"], ticket["number"]);
    let path = format!("/api/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let solved = seat.patch(&path, Some(1), json!({"status": "solved", "comment": "Kargo aradı."})).await.ok();
    assert_eq!(solved["comments"][0]["text"], "Kargo aradı.");
    assert_eq!(seat.patch(&path, Some(1), json!({"status": "closed"})).await.code(), "changed-meanwhile");
    assert_eq!(seat.get("/api/v1/tickets?status=open&mine=true").await.ok()["items"], json!([]));
    assert_eq!(seat.get("/api/v1/tickets?q=teslimat").await.ok()["items"][0]["id"], ticket["id"]);
}

fn with_call(mut body: serde_json::Value, story: &Story) -> serde_json::Value {
    body["call"] = json!(story.id);
    body
}

/// The journal writes a call's row a moment after the call began, and the agent may be quicker.
#[tokio::test]
async fn work_made_in_a_call_without_a_row_yet_belongs_to_it_and_to_whoever_talks() {
    let house = House::new().await;
    let (seat, other) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let customer = seat.post("/api/v1/customers", json!({"name": "Ayşe", "phones": [AYSE]})).await.ok();
    let mut story = Story::new();
    let events = story.talked(AYSE, "zeynep");
    house.heard(&events[..4]).await;
    let line = json!({"name": "Masa", "quantity": 1, "unit_price": 100, "vat_rate": 20});
    let visit = json!({"customer": customer["id"], "title": "Kurulum", "starts_at": "2026-11-25T10:00:00+03:00", "minutes": 60});
    let works = [
        ("/api/v1/tickets", json!({"subject": "Erken", "call": story.id})),
        ("/api/v1/orders", json!({"customer": customer["id"], "lines": [line], "call": story.id})),
        ("/api/v1/appointments", with_call(visit, &story)),
    ];
    for (path, body) in &works {
        let refused = other.post(path, body.clone()).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], "/call", "{path}: it is not his to see");
        let made = seat.post(path, body.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.text());
    }
    house.happened(&events).await;
    let call = seat.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    for kind in ["tickets", "orders", "appointments"] {
        assert_eq!(call[kind].as_array().unwrap().len(), 1, "{kind}: {call}");
    }
}

#[tokio::test]
async fn undo_is_for_the_maker_and_for_ten_minutes() {
    let house = House::new().await;
    let (zeynep, murat) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let path = |ticket: &serde_json::Value| format!("/api/v1/tickets/{}?undo=true", ticket["id"].as_str().unwrap());
    let first = zeynep.post("/api/v1/tickets", json!({"subject": "Yanlış"})).await.ok();
    assert_eq!(murat.delete(&path(&first)).await.code(), "undo-too-late");
    assert_eq!(zeynep.delete(&path(&first)).await.status, 204);
    assert_eq!(zeynep.delete(&path(&first)).await.code(), "not-found");
    let second = zeynep.post("/api/v1/tickets", json!({"subject": "Doğru"})).await.ok();
    pass(Duration::from_secs(601));
    assert_eq!(zeynep.delete(&path(&second)).await.code(), "undo-too-late");
}

#[tokio::test]
async fn an_order_is_priced_with_kdv_inside_and_wrong_lines_are_named() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let customer = seat.post("/api/v1/customers", json!({"name": "Ayşe"})).await.ok();
    let line = json!({"name": "Kahve makinesi", "quantity": 2, "unit_price": 129_900, "vat_rate": 20});
    let order = seat.post("/api/v1/orders", json!({"customer": customer["id"], "lines": [line]})).await.ok();
    assert_eq!(
        (order["net"].as_i64(), order["vat"].as_i64(), order["total"].as_i64()),
        (Some(216_500), Some(43_300), Some(259_800))
    );
    let bad = json!({"customer": customer["id"], "lines": [line, {"name": "x", "quantity": 0, "unit_price": 1, "vat_rate": 20}]});
    assert_eq!(seat.post("/api/v1/orders", bad).await.json()["errors"][0]["pointer"], "/lines/1/quantity");
    let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(seat.patch(&path, None, json!({"status": "shipped"})).await.ok()["status"], "shipped");
    assert_eq!(seat.patch(&path, None, json!({"status": "draft"})).await.code(), "wrong-state");
}

#[tokio::test]
async fn two_appointments_of_one_person_do_not_overlap() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let murat = house.user("murat").await.id;
    let new = |starts_at: &str| json!({"title": "Kurulum", "starts_at": starts_at, "minutes": 60, "with": murat});
    let made = seat.post("/api/v1/appointments", new("2026-11-23T10:00:00+03:00")).await.ok();
    assert_eq!(made["ends_at"], "2026-11-23T11:00:00+03:00");
    let taken = seat.post("/api/v1/appointments", new("2026-11-23T07:30:00Z")).await;
    assert_eq!((taken.status, taken.code()), (StatusCode::CONFLICT, "taken".to_owned()));
    seat.post("/api/v1/appointments", new("2026-11-23T11:00:00+03:00")).await.ok();
    assert_eq!(seat.post("/api/v1/appointments", new("yarın")).await.json()["errors"][0]["pointer"], "/starts_at");
    let that_day = seat.get("/api/v1/appointments?from=2026-11-23&to=2026-11-23").await.ok();
    assert_eq!(that_day["items"].as_array().unwrap().len(), 2);
    assert_eq!(seat.get("/api/v1/appointments?from=2026-11-24").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_post_that_is_sent_twice_happens_once() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let key = [("idempotency-key", "attempt-1")];
    let send = |body| seat.with(Method::POST, "/api/v1/tickets", &key, Some(body));
    let first = send(json!({"subject": "Bir"})).await;
    let again = send(json!({"subject": "Bir"})).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!((again.header("content-type"), again.header("idempotent-replayed")), ("application/json", "true"));
    let other = send(json!({"subject": "İki"})).await;
    assert_eq!((other.status, other.code()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-mismatch".to_owned()));
    assert_eq!(seat.get("/api/v1/tickets").await.ok()["items"].as_array().unwrap().len(), 1);
    let murat = house.sign_in("murat").await;
    let his = murat.with(Method::POST, "/api/v1/tickets", &key, Some(json!({"subject": "İki"}))).await;
    assert_eq!(his.status, StatusCode::CREATED, "a key is its person's own");
}

#[tokio::test]
async fn a_refused_post_may_be_tried_again_with_the_same_key() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let key = [("idempotency-key", "attempt-1")];
    let answer = || seat.with(Method::POST, "/api/v1/calls/c_1/answer", &key, None);
    *house.refusal.lock().unwrap() = Some(pbx::contract::Refusal::LiftHandset);
    assert_eq!(answer().await.code(), "lift-handset");
    *house.refusal.lock().unwrap() = None;
    assert_eq!(answer().await.status, StatusCode::NO_CONTENT);
    assert_eq!(answer().await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.asked.lock().unwrap().len(), 2, "the third was answered from memory");
}

/// The journal keeps what a command caused a moment after its answer: an answer in the database could outlive it.
#[tokio::test]
async fn the_answer_to_a_command_ends_with_the_switch_that_gave_it_and_the_answer_to_a_row_does_not() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let zeynep = house.user("zeynep").await.id;
    let command = [("idempotency-key", "press")];
    let complete = json!({"disposition": "resolved"});
    let path = "/api/v1/calls/c_1/complete";
    assert_eq!(seat.with(Method::POST, path, &command, Some(complete.clone())).await.status, StatusCode::NO_CONTENT);
    let other = json!({"disposition": "callback"});
    assert_eq!(seat.with(Method::POST, path, &command, Some(other)).await.code(), "idempotency-mismatch");
    let row = [("idempotency-key", "row")];
    let ticket = json!({"subject": "Bir"});
    let made = seat.with(Method::POST, "/api/v1/tickets", &row, Some(ticket.clone())).await.ok();
    assert_eq!(house.store.answer_of(&zeynep, "press", now()).await.unwrap(), None);

    let store = house.store.clone();
    let again = House::with(|setup| setup.store = store).await;
    let seat = again.sign_in("zeynep").await;
    assert_eq!(seat.with(Method::POST, path, &command, Some(complete)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(again.asked.lock().unwrap().len(), 1, "the new switch has judged it");
    let answered = seat.with(Method::POST, "/api/v1/tickets", &row, Some(ticket)).await;
    assert_eq!((answered.header("idempotent-replayed"), &answered.json()), ("true", &made));
}

#[tokio::test]
async fn the_same_key_with_another_query_is_another_request() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let key = [("idempotency-key", "attempt-1")];
    let body = json!({"subject": "Bir"});
    let send = |query: &'static str| seat.with(Method::POST, query, &key, Some(body.clone()));
    assert_eq!(send("/api/v1/tickets?notify=true").await.status, StatusCode::CREATED);
    assert_eq!(send("/api/v1/tickets?notify=false").await.code(), "idempotency-mismatch");
    assert_eq!(send("/api/v1/tickets").await.code(), "idempotency-mismatch");
    assert_eq!(send("/api/v1/tickets?notify=true").await.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn the_same_key_twice_at_once_runs_once() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let key = [("idempotency-key", "attempt-1")];
    let body = json!({"subject": "Bir"});
    let send = || seat.with(Method::POST, "/api/v1/tickets", &key, Some(body.clone()));
    let (one, other) = tokio::join!(send(), send());
    assert_eq!(
        (one.status, other.status),
        (StatusCode::CREATED, StatusCode::CREATED),
        "the second waits for the first"
    );
    assert_eq!(one.body, other.body);
    assert_eq!(seat.get("/api/v1/tickets").await.ok()["items"].as_array().unwrap().len(), 1);
}

/// A body that never ends is held in memory by its sender's places only.
#[tokio::test]
async fn who_sends_many_bodies_slowly_waits_for_themselves_and_nobody_else() {
    let house = House::new().await;
    let (zeynep, murat) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let slow = || {
        let mut request = request(Method::POST, "/api/v1/tickets", None);
        let endless = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        *request.body_mut() = axum::body::Body::from_stream(endless);
        request.headers_mut().insert("cookie", zeynep.cookie.parse().unwrap());
        request.headers_mut().insert("x-santral-csrf", zeynep.csrf.parse().unwrap());
        house.send(request)
    };
    let mut held: futures_util::stream::FuturesUnordered<_> = (0..33).map(|_| slow()).collect();
    let refused = futures_util::StreamExt::next(&mut held).await.unwrap();
    assert_eq!(refused.code(), "busy", "one more than one person may");
    assert_eq!(zeynep.post("/api/v1/tickets", json!({"subject": "Bir"})).await.code(), "busy");
    assert_eq!(murat.post("/api/v1/tickets", json!({"subject": "Bir"})).await.status, StatusCode::CREATED);
    drop(held);
    assert_eq!(zeynep.post("/api/v1/tickets", json!({"subject": "Bir"})).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn work_goes_on_when_the_connection_is_cut() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    for n in 0..12u32 {
        let key = [("idempotency-key", format!("attempt-{n}"))];
        let key = [(key[0].0, key[0].1.as_str())];
        let body = json!({"subject": format!("Bir {n}")});
        let send = || seat.with(Method::POST, "/api/v1/tickets", &key, Some(body.clone()));
        let cut = std::time::Duration::from_micros(u64::from(n) * 700);
        let _gone = tokio::time::timeout(cut, send()).await;
        assert_eq!(send().await.status, StatusCode::CREATED);
    }
    let tickets = seat.get("/api/v1/tickets?limit=100").await.ok();
    assert_eq!(tickets["items"].as_array().unwrap().len(), 12);
}

#[tokio::test]
async fn bodies_that_are_too_large_too_deep_or_not_json_are_refused() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let raw = |body: String, kind: &'static str| {
        let mut request = request(Method::POST, "/api/v1/tickets", None);
        *request.body_mut() = axum::body::Body::from(body);
        let headers = request.headers_mut();
        headers.insert("cookie", seat.cookie.parse().unwrap());
        headers.insert("x-santral-csrf", seat.csrf.parse().unwrap());
        headers.insert("content-type", kind.parse().unwrap());
        house.send(request)
    };
    let large = format!("{{\"subject\":\"{}\"}}", "x".repeat(300 * 1024));
    assert_eq!(raw(large, "application/json").await.code(), "too-large");
    assert_eq!(
        raw(format!("{{\"subject\":\"x\",\"y\":{}", "[".repeat(10_000)), "application/json").await.code(),
        "bad-json"
    );
    assert_eq!(raw("{\"subject\":".to_owned(), "application/json").await.code(), "bad-json");
    assert_eq!(raw("{\"subject\":5}".to_owned(), "application/json").await.code(), "invalid");
    assert_eq!(raw("subject=x".to_owned(), "application/x-www-form-urlencoded").await.code(), "json-expected");
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist_are_problems_too() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let missing = seat.get("/api/v1/nothing").await;
    assert_eq!((missing.status, missing.code()), (StatusCode::NOT_FOUND, "not-found".to_owned()));
    let refused = seat.delete("/api/v1/products").await;
    assert_eq!((refused.code().as_str(), refused.header("allow")), ("method-not-allowed", "GET,HEAD"));
}
