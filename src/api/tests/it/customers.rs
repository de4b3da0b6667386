//! Customers: what is typed is what is shown, and nobody overwrites anybody.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::house::{AYSE, House, Story};

const HOSTILE: &str = "\"><img src=x onerror=alert(1)></script> javascript:alert(1) Şükrü";

#[tokio::test]
async fn a_hostile_name_stays_text_everywhere_it_is_shown() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let mut story = Story::new();
    house.happened(&[story.started(Some(AYSE), Some(HOSTILE)), story.offered("zeynep")]).await;
    let call = seat.get(&format!("/api/v1/calls/{}", story.id)).await;
    assert_eq!(call.headers["content-type"], "application/json");
    assert_eq!(call.headers["x-content-type-options"], "nosniff");
    assert_eq!(call.json()["caller_name"], HOSTILE);
    let made = seat.post("/api/v1/customers", json!({"name": HOSTILE, "phones": ["0532 111 22 33"]})).await.ok();
    assert_eq!(made["name"], HOSTILE);
    let listed = seat.get("/api/v1/customers?q=onerror").await.ok();
    assert_eq!(listed["items"][0]["name"], HOSTILE);
    let lookup = seat.get("/api/v1/customers/lookup?phone=05321112233").await.ok();
    assert_eq!(lookup["match"]["name"], HOSTILE);
    assert_eq!(lookup["card"]["who"]["name"], HOSTILE);
}

#[tokio::test]
async fn a_customer_is_found_by_turkish_name_in_any_case_and_by_digits() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let new =
        json!({"name": "Ayşe Işıl Yılmaz", "company": "Yılmaz Ltd.", "phones": ["+90 532 111 22 33"], "tags": ["VIP"]});
    let made = seat.post("/api/v1/customers", new).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.json()["phones"][0], json!({"number": AYSE, "display": "0532 111 22 33"}));
    for q in ["ISIL", "ışıl", "ayse", "2233", "0532"] {
        let found = seat.get(&format!("/api/v1/customers?q={}", encoded(q))).await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{q}");
    }
    assert_eq!(seat.get("/api/v1/customers?q=kimse").await.ok(), json!({"items": [], "next": null}));
}

#[tokio::test]
async fn of_two_writers_the_second_is_told() {
    let house = House::new().await;
    let (zeynep, murat) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let made = zeynep.post("/api/v1/customers", json!({"name": "Ayşe", "phones": [AYSE]})).await.ok();
    let (path, rev) = (format!("/api/v1/customers/{}", made["id"].as_str().unwrap()), made["rev"].as_i64());
    let changed = zeynep.patch(&path, rev, json!({"company": "Yılmaz Ltd.", "birth_date": "1984-03-05"})).await.ok();
    assert_eq!(changed["rev"].as_i64(), rev.map(|rev| rev + 1));
    let late = murat.patch(&path, rev, json!({"company": "Başka A.Ş."})).await;
    assert_eq!((late.status, late.code()), (StatusCode::PRECONDITION_FAILED, "changed-meanwhile".to_owned()));
    let emptied = murat.patch(&path, rev.map(|rev| rev + 1), json!({"company": null})).await.ok();
    assert_eq!((emptied["company"].is_null(), emptied["birth_date"].as_str()), (true, Some("1984-03-05")));
    let strange =
        zeynep.with(axum::http::Method::PATCH, &path, &[("if-match", "abc")], Some(json!({"note": "x"}))).await;
    assert_eq!(strange.code(), "changed-meanwhile");
}

#[tokio::test]
async fn wrong_fields_are_named_in_the_readers_language() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let reply = seat.post("/api/v1/customers", json!({"name": "  ", "phones": []})).await;
    assert_eq!((reply.status, reply.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid".to_owned()));
    assert_eq!(
        reply.json()["errors"][0],
        json!({"pointer": "/name", "code": "required", "detail": "This field is required."})
    );
}

#[tokio::test]
async fn an_unknown_caller_becomes_a_customer_and_the_call_and_number_are_theirs() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let mut story = Story::new();
    house.happened(&story.talked(AYSE, "zeynep")).await;
    assert_eq!(seat.get("/api/v1/customers/lookup?phone=05321112233").await.ok()["match"]["kind"], "none");
    let made = seat.post("/api/v1/customers", json!({"name": "Ayşe Yılmaz", "call": story.id})).await.ok();
    assert_eq!(made["phones"][0]["number"], AYSE);
    let call = seat.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    assert_eq!(call["customer"], json!({"id": made["id"], "name": "Ayşe Yılmaz"}));
    assert_eq!(seat.get("/api/v1/customers/lookup?phone=05321112233").await.ok()["match"]["kind"], "one");
}

#[tokio::test]
async fn notes_tags_and_work_are_on_the_timeline_and_the_second_screen() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let made = seat.post("/api/v1/customers", json!({"name": "Ayşe", "phones": [AYSE]})).await.ok();
    let id = made["id"].as_str().unwrap();
    seat.post(&format!("/api/v1/customers/{id}/notes"), json!({"text": "Kısa konuş."})).await.ok();
    seat.post(&format!("/api/v1/customers/{id}/tags"), json!({"tag": "Öncelikli"})).await.ok();
    seat.post("/api/v1/tickets", json!({"subject": "Geç teslimat", "kind": "complaint", "customer": id})).await.ok();
    let timeline = seat.get(&format!("/api/v1/customers/{id}/timeline")).await.ok();
    let kinds: Vec<_> = timeline["items"].as_array().unwrap().iter().map(|item| item["kind"].clone()).collect();
    assert!(kinds.contains(&json!("note")) && kinds.contains(&json!("ticket")), "{timeline}");
    let complaints = seat.get(&format!("/api/v1/customers/{id}/second?tab=complaints")).await.ok();
    assert_eq!(complaints[0]["subject"], "Geç teslimat");
    for tab in ["orders", "contacts", "products", "appointments"] {
        assert!(seat.get(&format!("/api/v1/customers/{id}/second?tab={tab}")).await.ok().is_array(), "{tab}");
    }
    assert_eq!(seat.get(&format!("/api/v1/customers/{id}/second?tab=x")).await.code(), "invalid");
    let card = seat.get(&format!("/api/v1/customers/{id}/card")).await.ok();
    assert_eq!(card["who"]["tags"], json!(["Öncelikli"]));
    assert_eq!(card["summary"]["open_tickets"], 1);
    assert_eq!(seat.delete(&format!("/api/v1/customers/{id}/tags/{}", encoded("Öncelikli"))).await.status, 204);
    assert_eq!(seat.get(&format!("/api/v1/customers/{id}")).await.ok()["tags"], json!([]));
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_without_loss() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    for i in 0..7 {
        seat.post("/api/v1/customers", json!({"name": format!("Müşteri {i}")})).await.ok();
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = seat.get(&format!("/api/v1/customers?limit=3&cursor={cursor}")).await.ok();
        names.extend(page["items"].as_array().unwrap().iter().map(|row| row["name"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(names.len(), 7);
    assert!(names.is_sorted());
    assert_eq!(seat.get("/api/v1/customers?cursor=zz").await.json()["errors"][0]["pointer"], "/cursor");
    assert_eq!(seat.get("/api/v1/customers?limit=viele").await.code(), "bad-query");
}

pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_number_of_another_customer_is_not_taken_in_silence() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let new = |name: &str, more: Value| {
        let mut body = json!({"name": name, "phones": ["0212 320 50 62", "0 532 111 22 33"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let ayse = seat.post("/api/v1/customers", json!({"name": "Ayşe Yılmaz", "phones": [AYSE]})).await.ok();
    let refused = seat.post("/api/v1/customers", new("Can", json!({}))).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "duplicate-number"));
    let told = refused.json();
    assert_eq!(
        (told["customer"]["id"].as_str(), told["customer"]["name"].as_str()),
        (ayse["id"].as_str(), Some("Ayşe Yılmaz"))
    );
    assert_eq!(
        (told["number"].as_str(), told["errors"][0]["pointer"].as_str()),
        (Some("0532 111 22 33"), Some("/phones/1"))
    );
    let can = seat.post("/api/v1/customers", new("Can", json!({"allow_duplicate": true}))).await.ok();
    let path = |row: &Value| format!("/api/v1/customers/{}", row["id"].as_str().unwrap());
    seat.patch(&path(&can), None, json!({"phones": ["0532 111 22 33"], "note": "eşi"})).await.ok();
    let third = seat.post("/api/v1/customers", json!({"name": "Ece"})).await.ok();
    assert_eq!(seat.patch(&path(&third), None, json!({"phones": [AYSE]})).await.code(), "duplicate-number");
    seat.patch(&path(&third), None, json!({"phones": [AYSE], "allow_duplicate": true})).await.ok();

    let mut story = Story::new();
    house.happened(&story.talked("+902123205062", "zeynep")).await;
    let owner = seat.post("/api/v1/customers", json!({"name": "Ofis", "phones": ["0212 320 50 62"]})).await.ok();
    let link = format!("/api/v1/calls/{}/link", story.id);
    assert_eq!(seat.post(&link, json!({"customer": ayse["id"]})).await.code(), "duplicate-number");
    assert_eq!(seat.post(&link, json!({"customer": owner["id"]})).await.status, 204, "it is theirs already");
    let from_call = json!({"name": "Yeni", "call": story.id});
    assert_eq!(seat.post("/api/v1/customers", from_call).await.code(), "duplicate-number");
}

/// The desk is quicker than the journal: the call rings here and has no row yet.
#[tokio::test]
async fn a_live_caller_is_tied_to_a_customer_before_the_call_is_written() {
    let house = House::new().await;
    let (seat, other) = (house.sign_in("zeynep").await, house.sign_in("murat").await);
    let ayse = seat.post("/api/v1/customers", json!({"name": "Ayşe", "phones": [AYSE]})).await.ok();
    let can = seat.post("/api/v1/customers", json!({"name": "Can"})).await.ok();
    let mut story = Story::new();
    let events = story.talked("+902123205062", "zeynep");
    house.heard(&events[..4]).await;
    let link = format!("/api/v1/calls/{}/link", story.id);
    let to_can = json!({"customer": can["id"]});
    assert_eq!(other.post(&link, to_can.clone()).await.code(), "not-found", "it is not his to see");
    assert_eq!(seat.post("/api/v1/calls/c_none/link", to_can.clone()).await.code(), "not-found");
    assert_eq!(seat.post(&link, to_can).await.status, StatusCode::NO_CONTENT);
    house.happened(&events).await;
    let call = seat.get(&format!("/api/v1/calls/{}", story.id)).await.ok();
    assert_eq!(call["customer"]["id"], can["id"]);
    let can = seat.get(&format!("/api/v1/customers/{}", can["id"].as_str().unwrap())).await.ok();
    assert_eq!(can["phones"][0]["number"], "+902123205062");

    // A number that is another customer's is asked about, whether or not the row is there; so is one of a new customer.
    let mut story = Story::new();
    let events = story.talked(AYSE, "zeynep");
    house.heard(&events[..4]).await;
    let link = format!("/api/v1/calls/{}/link", story.id);
    let (to_can, new) = (json!({"customer": can["id"]}), json!({"name": "Ece", "call": story.id}));
    assert_eq!(seat.post(&link, to_can).await.code(), "duplicate-number");
    assert_eq!(seat.post("/api/v1/customers", new).await.code(), "duplicate-number");
    assert_eq!(seat.post(&link, json!({"customer": ayse["id"]})).await.status, StatusCode::NO_CONTENT);
    let new = json!({"name": "Ece", "call": story.id, "allow_duplicate": true});
    let ece = seat.post("/api/v1/customers", new).await.ok();
    house.happened(&events).await;
    let ece = seat.get(&format!("/api/v1/customers/{}", ece["id"].as_str().unwrap())).await.ok();
    assert_eq!(ece["phones"][0]["number"], AYSE);
}
