//! What is wrong with a request in itself, at every door alike.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, Seat};

/// Every route of the API with an id in place of its names, as the description lists them.
async fn routes(house: &House) -> Vec<(Method, String)> {
    let document = house.plain(Method::GET, "/api/openapi.json", None).await.ok();
    let paths = document["paths"].as_object().unwrap();
    let one = |path: &String, methods: &Value| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        methods.into_iter().map(|name| (name.parse().unwrap(), path.clone())).collect::<Vec<(Method, String)>>()
    };
    paths.iter().flat_map(|(path, methods)| one(path, methods)).collect()
}

fn filled(path: &str, with: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { with } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn ask(seat: &Seat<'_>, method: &Method, path: &str) -> StatusCode {
    let body = if matches!(*method, Method::POST | Method::PATCH) { Some(json!({})) } else { None };
    seat.with(method.clone(), path, &[], body).await.status
}

#[tokio::test]
async fn no_route_takes_a_control_character_in_its_address() {
    let house = House::new().await;
    let seat = house.sign_in("yonetici").await;
    let routes = routes(&house).await;
    assert!(routes.len() > 45);
    for (method, path) in &routes {
        for control in ["%00", "a%0Ab", "%1b", "%7f", "%c2%85"] {
            let in_query = format!("{}?q={control}&cursor={control}&customer={control}", filled(path, "x"));
            assert_eq!(ask(&seat, method, &in_query).await, StatusCode::BAD_REQUEST, "{method} {in_query}");
            if path.contains('{') {
                let in_path = filled(path, control);
                assert_eq!(ask(&seat, method, &in_path).await, StatusCode::BAD_REQUEST, "{method} {in_path}");
            }
        }
    }
}

#[tokio::test]
async fn no_body_takes_nul_in_any_text_or_an_array_for_an_object() {
    let house = House::new().await;
    let seat = house.sign_in("yonetici").await;
    for (method, path) in routes(&house).await {
        if !matches!(method, Method::POST | Method::PATCH) {
            continue;
        }
        let path = filled(&path, "x");
        for body in [json!({"deep": [{"er": "a\0"}]}), json!({"name\0": 1}), json!(["a", "b"]), json!("a")] {
            let status = seat.with(method.clone(), &path, &[], Some(body.clone())).await.status;
            let takes_no_body = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_FOUND;
            assert!(status == StatusCode::UNPROCESSABLE_ENTITY || takes_no_body, "{method} {path} {body}: {status}");
        }
    }
    let order = json!({"lines": [["prd_1", "Kahve", 1]]});
    assert_eq!(seat.post("/api/v1/orders", order).await.json()["errors"][0]["code"], "type");
}

#[tokio::test]
async fn a_revision_that_cannot_be_is_another_revision_and_nothing_breaks() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let customer = seat.post("/api/v1/customers", json!({"name": "Ayşe"})).await.ok();
    let ticket = seat.post("/api/v1/tickets", json!({"subject": "Bir"})).await.ok();
    let line = json!({"name": "Kahve", "quantity": 1, "unit_price": 100, "vat_rate": 20});
    let order = seat.post("/api/v1/orders", json!({"customer": customer["id"], "lines": [line]})).await.ok();
    let appointment = json!({"title": "Keşif", "starts_at": "2026-11-23T10:00:00+03:00", "minutes": 30});
    let appointment = seat.post("/api/v1/appointments", appointment).await.ok();
    let rows = [("customers", customer), ("tickets", ticket), ("orders", order), ("appointments", appointment)];
    for (kind, row) in rows {
        let path = format!("/api/v1/{kind}/{}", row["id"].as_str().unwrap());
        for rev in [
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "18446744073709551616",
            "-1",
            "0",
            "W/\"9223372036854775807\"",
            "\"1\", \"2\"",
            "\"\"",
            "",
            "one",
        ] {
            let reply = seat.with(Method::PATCH, &path, &[("if-match", rev)], Some(json!({}))).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (412, "changed-meanwhile".to_owned()), "{kind} {rev}");
        }
        for rev in ["1", "\"2\"", " W/\"3\" ", "*"] {
            let reply = seat.with(Method::PATCH, &path, &[("if-match", rev)], Some(json!({}))).await;
            assert_eq!(reply.status, StatusCode::OK, "{kind} {rev} {}", reply.text());
        }
    }
}

#[tokio::test]
async fn large_numbers_are_refused_in_words_and_never_break_anything() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let customer = seat.post("/api/v1/customers", json!({"name": "Ayşe"})).await.ok();
    for number in [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(1e300), json!(-1), json!(1.5)] {
        for field in ["quantity", "unit_price", "vat_rate"] {
            let mut line = json!({"name": "Kahve", "quantity": 1, "unit_price": 100, "vat_rate": 20});
            line[field] = number.clone();
            let reply = seat.post("/api/v1/orders", json!({"customer": customer["id"], "lines": [line]})).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {number}");
        }
        let slot = json!({"title": "Keşif", "starts_at": "2026-11-23T10:00:00Z", "minutes": number});
        assert_eq!(seat.post("/api/v1/appointments", slot).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    for starts_at in ["9999-12-31T23:59:59Z", "-009999-01-01T00:00:00Z", "2026-11-23T10:00:00+25:00"] {
        let slot = json!({"title": "Keşif", "starts_at": starts_at, "minutes": 30});
        assert_eq!(
            seat.post("/api/v1/appointments", slot).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{starts_at}"
        );
    }
    let dear = json!({"name": "Bina", "quantity": 100_000, "unit_price": 1_000_000_000, "vat_rate": 20});
    let reply = seat.post("/api/v1/orders", json!({"customer": customer["id"], "lines": vec![dear; 91]})).await;
    assert_eq!(
        reply.json()["errors"][0],
        json!({"pointer": "/lines", "code": "out-of-range",
        "detail": reply.json()["errors"][0]["detail"]})
    );
    for query in ["limit=0", "limit=4294967295", "from=9999-12-31", "to=9999-12-31", "from=-009999-01-01"] {
        let status = seat.get(&format!("/api/v1/calls?{query}")).await.status;
        assert!(status.is_success() || status.is_client_error(), "{query}: {status}");
    }
    for buckets in ["0", "18446744073709551615"] {
        let status = seat.get(&format!("/api/v1/recordings/c_1/peaks?buckets={buckets}")).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_text_that_shows_nothing_is_none_and_what_turns_text_around_is_dropped() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    for nothing in ["\u{200b}", "\u{3164}", " \u{2800} ", "\u{301}\u{302}", "\u{1b}", "\u{202e}", "\u{2066}\u{2069}"] {
        let customer = seat.post("/api/v1/customers", json!({"name": nothing})).await;
        assert_eq!(customer.json()["errors"][0]["pointer"], "/name", "{nothing:?}");
        let ticket = seat.post("/api/v1/tickets", json!({"subject": nothing})).await;
        assert_eq!(ticket.json()["errors"][0]["pointer"], "/subject", "{nothing:?}");
    }
    let evil = json!({"name": "\u{1b}[31mAyşe\u{202e} Yıl\u{2066}maz\n", "company": "\u{200b}", "phones": ["0532\u{3164}111\u{200b}22 33"]});
    let customer = seat.post("/api/v1/customers", evil).await.ok();
    assert_eq!((&customer["name"], &customer["company"]), (&json!("[31mAyşe Yılmaz"), &Value::Null));
    assert_eq!(customer["phones"][0]["number"], "+905321112233", "{customer}");
    let ticket = json!({"subject": "Bir\tİki", "body": "ilk\r\nson\u{7}\u{202e}"});
    let ticket = seat.post("/api/v1/tickets", ticket).await.ok();
    assert_eq!((ticket["subject"].as_str(), ticket["body"].as_str()), (Some("Bir İki"), Some("ilk\nson")));
}

#[tokio::test]
async fn a_delete_takes_back_only_when_it_says_so() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let ticket = seat.post("/api/v1/tickets", json!({"subject": "Bir"})).await.ok();
    let path = format!("/api/v1/tickets/{}", ticket["id"].as_str().unwrap());
    for query in ["", "?undo", "?undo=false", "?undo=1", "?undone=true"] {
        assert_eq!(seat.delete(&format!("{path}{query}")).await.json()["errors"][0]["pointer"], "/undo", "{query}");
    }
    seat.get(&path).await.ok();
    assert_eq!(seat.delete(&format!("{path}?undo=true")).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn private_answers_are_kept_by_nobody() {
    let house = House::with(|setup| setup.https = true).await;
    let seat = house.sign_in("yonetici").await;
    for path in ["/api/v1/session", "/api/v1/customers", "/api/v1/audit", "/api/v1/nothing", "/metrics", "/health"] {
        let reply = seat.get(path).await;
        assert!(reply.header("cache-control").contains("no-store"), "{path}: {}", reply.header("cache-control"));
        assert_eq!(reply.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let plain = House::new().await;
    let reply = plain.plain(Method::GET, "/health", None).await;
    assert_eq!(reply.header("strict-transport-security"), "", "over plain HTTP it would lock people out");
}
