//! The embedded page and the headers of every answer.

use axum::http::{Method, StatusCode};

use crate::house::{House, request};

#[tokio::test]
async fn an_address_inside_the_page_gets_the_page_and_a_missing_file_does_not() {
    let house = House::new().await;
    let index = house.plain(Method::GET, "/", None).await;
    assert_eq!((index.status, index.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let inside = house.plain(Method::GET, "/musteriler/cus_1", None).await;
    assert_eq!((inside.status, &inside.body), (StatusCode::OK, &index.body));
    assert_eq!(house.plain(Method::GET, "/assets/yok.js", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.plain(Method::GET, "/..%2fCargo.toml", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.plain(Method::POST, "/", None).await.code(), "method-not-allowed");
}

#[tokio::test]
async fn a_browser_that_has_the_page_is_told_so() {
    let house = House::new().await;
    let first = house.plain(Method::GET, "/", None).await;
    let mut again = request(Method::GET, "/", None);
    again.headers_mut().insert("if-none-match", first.headers["etag"].clone());
    let again = house.send(again).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(first.headers["cache-control"], "no-cache");
}

#[tokio::test]
async fn every_answer_carries_the_protecting_headers() {
    let house = House::new().await;
    for path in ["/", "/api/v1/session", "/health", "/api/v1/nothing", "/yok.js"] {
        let reply = house.plain(Method::GET, path, None).await;
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(reply.headers["cross-origin-opener-policy"], "same-origin", "{path}");
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}
