//! Who may do what: the role matrix, CSRF, foreign origins and hosts, other people's calls.

use api::guard::Access;
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::{AYSE, House, Story, request};

/// A path with every placeholder filled by an id that does not exist.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "x_019aa1b2".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn without_a_session_every_route_but_the_public_ones_says_so() {
    let house = House::new().await;
    let mut closed = 0;
    for route in api::router::listed(house.state.clone()) {
        let reply = house.plain(route.method.clone(), &filled(route.path), Some(json!({}))).await;
        if route.access == Access::Public {
            assert_ne!(reply.status, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
            continue;
        }
        closed += 1;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{} {}", route.method, route.path);
        assert_eq!(reply.code(), "not-signed-in", "{} {}", route.method, route.path);
    }
    assert!(closed > 40, "only {closed} routes are closed");
}

#[tokio::test]
async fn the_public_routes_are_these_four() {
    let house = House::new().await;
    let mut public: Vec<String> = api::router::listed(house.state)
        .into_iter()
        .filter(|route| route.access == Access::Public)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    public.sort();
    let expected = ["GET /health", "GET /metrics", "POST /api/v1/session", "POST /api/v1/session/login-link"];
    assert_eq!(public, expected);
}

#[tokio::test]
async fn a_lower_role_is_refused_on_every_route_above_it() {
    let house = House::new().await;
    let (agent, supervisor) = (house.sign_in("zeynep").await, house.sign_in("selin").await);
    let (mut above_agents, mut above_supervisors) = (0, 0);
    for route in api::router::listed(house.state.clone()) {
        assert!(route.method == Method::GET || !matches!(route.access, Access::Supervisor | Access::Admin));
        if matches!(route.access, Access::Supervisor | Access::Admin) {
            above_agents += 1;
            assert_eq!(agent.get(&filled(route.path)).await.code(), "forbidden", "{}", route.path);
        }
        if route.access == Access::Admin {
            above_supervisors += 1;
            assert_eq!(supervisor.get(&filled(route.path)).await.code(), "forbidden", "{}", route.path);
        }
    }
    assert!(above_agents >= 2 && above_supervisors >= 1);
    supervisor.get("/api/v1/recordings").await.ok();
    house.sign_in("yonetici").await.get("/api/v1/audit").await.ok();
}

#[tokio::test]
async fn every_change_without_the_csrf_token_is_refused() {
    let house = House::new().await;
    let seat = house.sign_in("yonetici").await;
    let mut changing = 0;
    for route in api::router::listed(house.state.clone()) {
        if route.method == Method::GET || route.access == Access::Public {
            continue;
        }
        changing += 1;
        for wrong in ["", "0000", &house.sign_in("yonetici").await.csrf] {
            let headers = [("x-santral-csrf", wrong)];
            let reply = seat.with(route.method.clone(), &filled(route.path), &headers, Some(json!({}))).await;
            assert_eq!(reply.code(), "csrf", "{} {}", route.method, route.path);
        }
        if changing == 6 {
            // Each sign-in hashes a password; the guard is one and the same for the rest, with the empty token.
            break;
        }
    }
    for route in api::router::listed(house.state.clone()) {
        if route.method != Method::GET && route.access != Access::Public {
            let headers = [("x-santral-csrf", "")];
            let reply = seat.with(route.method.clone(), &filled(route.path), &headers, Some(json!({}))).await;
            assert_eq!(reply.code(), "csrf", "{} {}", route.method, route.path);
        }
    }
}

#[tokio::test]
async fn requests_of_other_sites_change_nothing() {
    let house = House::new().await;
    let seat = house.sign_in("zeynep").await;
    for headers in [
        [("origin", "https://evil.example")],
        [("origin", "null")],
        [("origin", "http://localhost:9999")],
        [("sec-fetch-site", "cross-site")],
    ] {
        let wish = Some(json!({"status": "available"}));
        let reply = seat.with(Method::POST, "/api/v1/agents/me/status", &headers, wish).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::FORBIDDEN, "foreign-origin".to_owned()), "{headers:?}");
    }
    assert!(house.asked.lock().unwrap().is_empty());
    let own = [("origin", "http://localhost:8080")];
    let wish = Some(json!({"status": "available"}));
    seat.with(Method::POST, "/api/v1/agents/me/status", &own, wish).await.ok();
    assert_eq!(house.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_sign_in_form_of_another_site_is_refused_before_the_password_is_looked_at() {
    let house = House::new().await;
    let mut forged = request(Method::POST, "/api/v1/session", Some(json!({"name": "zeynep", "password": "x"})));
    forged.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(house.send(forged).await.code(), "foreign-origin");
}

#[tokio::test]
async fn a_name_that_was_pointed_at_us_is_not_answered() {
    let house = House::new().await;
    for (host, status) in [("evil.example:8080", 421), ("santral.example", 200), ("127.0.0.1:8080", 200)] {
        let mut asked = request(Method::GET, "/health", None);
        asked.headers_mut().insert("host", host.parse().unwrap());
        assert_eq!(house.send(asked).await.status.as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn agents_know_only_their_own_calls_and_supervisors_all() {
    let house = House::new().await;
    let (mut hers, mut his) = (Story::new(), Story::new());
    house.happened(&hers.talked(AYSE, "zeynep")).await;
    house.happened(&his.talked("+905339998877", "murat")).await;
    let (zeynep, selin) = (house.sign_in("zeynep").await, house.sign_in("selin").await);
    let ids = |list: serde_json::Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|call| call["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(zeynep.get("/api/v1/calls").await.ok()), [hers.id.as_str()]);
    assert_eq!(ids(selin.get("/api/v1/calls").await.ok()).len(), 2);
    zeynep.get(&format!("/api/v1/calls/{}", hers.id)).await.ok();
    let murat = house.user("murat").await.id;
    assert_eq!(zeynep.get(&format!("/api/v1/calls?agent={murat}")).await.code(), "forbidden");
    for path in ["/api/v1/calls/{}", "/api/v1/recordings/{}/audio", "/api/v1/recordings/{}/peaks"] {
        let path = path.replace("{}", his.id.as_str());
        let reply = zeynep.get(&path).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::NOT_FOUND, "not-found".to_owned()), "{path}");
    }
    let link = zeynep.post(&format!("/api/v1/calls/{}/link", his.id), json!({"customer": "cus_x"})).await;
    assert_eq!(link.code(), "not-found");
    let ticket = zeynep.post("/api/v1/tickets", json!({"subject": "Merak", "call": his.id})).await;
    assert_eq!(ticket.json()["errors"][0]["pointer"], "/call");
}

#[tokio::test]
async fn metrics_are_for_loopback_only() {
    use axum::extract::ConnectInfo;
    let house = House::new().await;
    assert!(house.plain(Method::GET, "/metrics", None).await.text().contains("santral_calls_active 3"));
    let mut from_outside = request(Method::GET, "/metrics", None);
    from_outside.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 7], 4000))));
    assert_eq!(house.send(from_outside).await.code(), "forbidden");
    let mut unknown = request(Method::GET, "/metrics", None);
    unknown.extensions_mut().remove::<ConnectInfo<std::net::SocketAddr>>();
    assert_eq!(house.send(unknown).await.code(), "forbidden");
}
