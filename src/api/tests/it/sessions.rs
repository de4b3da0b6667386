//! Signing in, staying in, getting out.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures_util::FutureExt;
use serde_json::json;

use crate::house::{House, PASSWORD, Reply, now, pass, request};

async fn try_password(house: &House, name: &str, password: &str) -> Reply {
    let body = json!({"name": name, "password": password});
    house.plain(Method::POST, "/api/v1/session", Some(body)).await
}

#[tokio::test]
async fn a_person_signs_in_and_learns_who_they_are_and_where() {
    let house = House::new().await;
    let reply = try_password(&house, "zeynep", PASSWORD).await;
    let set = reply.headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && !set.contains("Secure"), "{set}");
    let session = reply.ok();
    assert_eq!(session["me"]["display_name"], "Zeynep Kaya");
    assert_eq!(session["me"]["extension"], "101");
    assert_eq!(session["business"], json!({"name": "Yıldız Teknik", "timezone": "Europe/Istanbul", "demo": true}));
    assert_eq!(session["queues"][0], json!({"id": "destek", "name": "Support"}));
    assert_eq!(session["menus"], json!([{"id": "ana-menu", "name": "Main menu"}]));
    assert_eq!(session["extensions"][1]["number"], "102");
    assert!(!reply.text().contains("argon2"));
}

#[tokio::test]
async fn over_https_the_cookie_is_secure_and_bound_to_the_host() {
    let house = House::with(|setup| setup.https = true).await;
    let reply = try_password(&house, "zeynep", PASSWORD).await;
    let set = reply.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-santral_session=") && set.ends_with("; Secure"), "{set}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_words() {
    let house = House::new().await;
    let wrong = try_password(&house, "zeynep", "zeynep").await;
    let unknown = try_password(&house, "kimse", "zeynep").await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNAUTHORIZED, "bad-credentials".to_owned()));
    assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits_ten_minutes() {
    let house = House::new().await;
    for _ in 0..5 {
        assert_eq!(try_password(&house, "Zeynep", "yanlış").await.code(), "bad-credentials");
    }
    let refused = try_password(&house, "zeynep", PASSWORD).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "too-many-attempts".to_owned()));
    assert_eq!(refused.headers["retry-after"], "600");
    pass(Duration::from_secs(601));
    assert_eq!(try_password(&house, "zeynep", PASSWORD).await.status, StatusCode::OK);
}

/// The cookie that makes a browser known.
fn device(reply: &Reply) -> String {
    let given = reply.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let device: Vec<&str> = given.filter(|value| value.starts_with("santral_device=")).collect();
    assert_eq!(device.len(), 1);
    assert!(device[0].contains("HttpOnly") && device[0].contains("SameSite=Strict"), "{}", device[0]);
    device[0].split(';').next().unwrap().to_owned()
}

/// Tries a password in a browser with these cookies.
async fn try_in(house: &House, cookie: &str, name: &str, password: &str) -> Reply {
    let mut request = request(Method::POST, "/api/v1/session", Some(json!({"name": name, "password": password})));
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    house.send(request).await
}

#[tokio::test]
async fn nobody_can_lock_a_person_out_of_the_browser_they_know() {
    let house = House::new().await;
    let known = device(&try_password(&house, "zeynep", PASSWORD).await);
    for _ in 0..5 {
        assert_eq!(try_password(&house, "zeynep", "yanlış").await.code(), "bad-credentials");
    }
    assert_eq!(try_password(&house, "zeynep", PASSWORD).await.code(), "too-many-attempts");
    let own = try_in(&house, &known, "zeynep", PASSWORD).await;
    assert_eq!((own.status, device(&own)), (StatusCode::OK, known.clone()), "and the browser stays the same");
    assert_eq!(try_in(&house, &known, "zeynep", "yanlış").await.code(), "bad-credentials");
    for _ in 0..5 {
        assert_eq!(try_in(&house, &known, "murat", "yanlış").await.code(), "bad-credentials");
    }
    let colleague = try_in(&house, &known, "murat", PASSWORD).await;
    assert_eq!(colleague.code(), "too-many-attempts", "the browser is known for the person who signed in there");
}

#[tokio::test]
async fn five_typos_lock_neither_the_office_nor_the_person_elsewhere() {
    let house = House::new().await;
    for _ in 0..5 {
        try_password(&house, "zeynep", "yanlış").await;
    }
    assert_eq!(try_password(&house, "murat", PASSWORD).await.status, StatusCode::OK);
    let mut elsewhere = request(Method::POST, "/api/v1/session", Some(json!({"name": "zeynep", "password": PASSWORD})));
    let address = std::net::SocketAddr::from(([192, 0, 2, 1], 50_000));
    elsewhere.extensions_mut().insert(axum::extract::ConnectInfo(address));
    assert_eq!(house.send(elsewhere).await.status, StatusCode::OK);
}

#[tokio::test]
async fn twelve_right_passwords_at_once_from_one_office_are_twelve_sessions() {
    let house = House::new().await;
    let names = ["zeynep", "murat", "selin", "yonetici"];
    let all = (0..12).map(|at| try_password(&house, names[at % 4], PASSWORD));
    for reply in futures_util::future::join_all(all).await {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
    let same = (0..12).map(|_| try_password(&house, "zeynep", PASSWORD));
    for reply in futures_util::future::join_all(same).await {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
}

#[tokio::test]
async fn many_wrong_passwords_at_once_are_no_more_tries_than_one_after_the_other() {
    let house = House::new().await;
    let all = (0..30).map(|_| try_password(&house, "zeynep", "yanlış"));
    let replies = futures_util::future::join_all(all).await;
    let looked_at = replies.iter().filter(|reply| reply.code() == "bad-credentials").count();
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn who_hangs_up_on_two_hundred_attempts_waits_and_others_sign_in() {
    let house = House::new().await;
    let from = |host: u8, name: String| {
        let mut request = request(Method::POST, "/api/v1/session", Some(json!({"name": name, "password": PASSWORD})));
        let address = std::net::SocketAddr::from(([192, 0, 2, host], 50_000));
        request.extensions_mut().insert(axum::extract::ConnectInfo(address));
        house.send(request)
    };
    for at in 0..200 {
        let answer = from(1, format!("kimse{at}")).now_or_never();
        assert_eq!(answer.map(|reply| reply.status), (at >= 50).then_some(StatusCode::TOO_MANY_REQUESTS), "{at}");
    }
    assert_eq!(from(1, "zeynep".to_owned()).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(2, "zeynep".to_owned()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_planted_browser_token_is_replaced_and_a_new_password_forgets_all() {
    let house = House::new().await;
    let planted = "santral_device=00000000000000000000000000000000";
    let given = device(&try_in(&house, planted, "zeynep", PASSWORD).await);
    assert_ne!(given, planted);
    house.store.sessions_delete_of(&house.user("zeynep").await.id).await.unwrap();
    assert_ne!(device(&try_in(&house, &given, "zeynep", PASSWORD).await), given);
}

#[tokio::test]
async fn a_giant_name_or_password_is_nobodys() {
    let house = House::new().await;
    let giant = "x".repeat(200_000);
    for (name, password) in [(giant.as_str(), "a"), ("zeynep", giant.as_str()), (giant.as_str(), giant.as_str())] {
        assert_eq!(try_password(&house, name, password).await.code(), "too-large");
    }
    let (name, password) = ("x".repeat(201), "x".repeat(257));
    for (name, password) in [(name.as_str(), "a"), ("zeynep", password.as_str())] {
        assert_eq!(try_password(&house, name, password).await.code(), "bad-credentials");
    }
}

#[tokio::test]
async fn a_login_link_works_once() {
    let house = House::new().await;
    let (token, user) = (api::token::fresh().unwrap(), house.user("zeynep").await);
    house.store.login_link_insert(&api::token::hash(&token), &user.id, now() + 60_000_000).await.unwrap();
    let open = || house.plain(Method::POST, "/api/v1/session/login-link", Some(json!({"token": token})));
    assert_eq!(open().await.ok()["me"]["name"], "zeynep");
    let again = open().await;
    assert_eq!((again.status, again.code()), (StatusCode::UNAUTHORIZED, "bad-link".to_owned()));
}

#[tokio::test]
async fn who_guesses_links_does_not_wait_for_those_who_write() {
    let house = House::new().await;
    let unit = house.store.unit();
    unit.store().audit_write(None, "test", "test", &json!(null), now()).await.unwrap();
    let guess = house.plain(Method::POST, "/api/v1/session/login-link", Some(json!({"token": "x"}))).await;
    assert_eq!(guess.code(), "bad-link");
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_the_session_for_every_copy_of_the_cookie() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    seat.get("/api/v1/session").await.ok();
    assert_eq!(seat.delete("/api/v1/session").await.status, StatusCode::NO_CONTENT);
    assert_eq!(seat.get("/api/v1/session").await.code(), "not-signed-in");
}

#[tokio::test]
async fn signing_in_again_gives_a_new_token_and_ends_the_old_session() {
    let house = House::new().await;
    let before = house.sign_in("zeynep").await;
    let mut again = request(Method::POST, "/api/v1/session", Some(json!({"name": "zeynep", "password": PASSWORD})));
    again.headers_mut().insert("cookie", before.cookie.parse().unwrap());
    let reply = house.send(again).await;
    assert_ne!(reply.cookie(), before.cookie);
    assert_eq!(before.get("/api/v1/session").await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_planted_cookie_never_becomes_a_session() {
    let house = House::new().await;
    let planted = "santral_session=00000000000000000000000000000000";
    let mut sign_in = request(Method::POST, "/api/v1/session", Some(json!({"name": "zeynep", "password": PASSWORD})));
    sign_in.headers_mut().insert("cookie", planted.parse().unwrap());
    house.send(sign_in).await.ok();
    let mut look = request(Method::GET, "/api/v1/session", None);
    look.headers_mut().insert("cookie", planted.parse().unwrap());
    assert_eq!(house.send(look).await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_session_ends_after_a_long_shift() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    pass(Duration::from_secs(14 * 3600 - 1));
    seat.get("/api/v1/session").await.ok();
    pass(Duration::from_secs(2));
    assert_eq!(seat.get("/api/v1/session").await.code(), "not-signed-in");
}

#[tokio::test]
async fn a_person_chooses_language_and_theme_and_problems_follow_the_language() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    let me = seat.patch("/api/v1/me", None, json!({"language": "tr", "theme": "dark"})).await.ok();
    assert_eq!((me["language"].as_str(), me["theme"].as_str()), (Some("tr"), Some("dark")));
    let problem = seat.get("/api/v1/customers/cus_yok").await;
    assert_eq!(problem.json()["title"], "Bulunamadı");
    assert_eq!(problem.headers["content-language"], "tr");
    let wrong = seat.patch("/api/v1/me", None, json!({"language": "xx"})).await;
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/language");
}
