//! The embedded page and the headers of every answer.

use std::io::Read;
use std::path::Path;

use axum::http::{Method, StatusCode};

use crate::house::{House, Reply, request};

/// Asked with these headers.
async fn ask(house: &House, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Reply {
    let mut asked = request(method, path, None);
    for (name, value) in headers {
        asked.headers_mut().insert(*name, value.parse().unwrap());
    }
    house.send(asked).await
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

/// Files of the built page below a folder, as the browser names them.
fn built(folder: &str) -> Vec<String> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    let entries = std::fs::read_dir(dist.join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.filter(|name| name.contains('.')).map(|name| format!("/{folder}{name}")).collect();
    assert!(!names.is_empty());
    names
}

#[tokio::test]
async fn every_file_is_sent_as_it_was_compressed_at_build_time_and_unpacks_to_the_same() {
    let house = House::new().await;
    let mut smaller = 0;
    for path in built("assets/").into_iter().chain(built("")) {
        let plain = ask(&house, Method::GET, &path, &[]).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (StatusCode::OK, ""), "{path}");
        let small = ask(&house, Method::GET, &path, &[("accept-encoding", "gzip")]).await;
        if small.header("content-encoding") == "gzip" {
            assert_eq!(gunzip(&small.body), plain.body, "{path}");
            assert_ne!(small.header("etag"), plain.header("etag"), "{path}");
            assert!(small.body.len() < plain.body.len(), "{path}");
            smaller += 1;
        }
        assert_eq!(small.header("vary"), "accept-encoding", "{path}");
        let head = ask(&house, Method::HEAD, &path, &[("accept-encoding", "gzip")]).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{path}");
        assert_eq!(head.header("content-length"), small.body.len().to_string(), "{path}");
    }
    assert!(smaller > 20, "only {smaller} files are compressed");
}

#[tokio::test]
async fn what_is_named_after_its_content_is_kept_for_ever_and_the_index_is_not() {
    let house = House::new().await;
    for path in built("assets/") {
        let name = path.rsplit_once('.').unwrap().0;
        assert!(name.len() > 9 && name.as_bytes()[name.len() - 9] == b'-', "{path} carries no hash");
        let reply = house.plain(Method::GET, &path, None).await;
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
    }
    for path in ["/", "/favicon.svg", "/index.html", "/musteriler"] {
        assert_eq!(house.plain(Method::GET, path, None).await.header("cache-control"), "no-cache", "{path}");
    }
}

#[tokio::test]
async fn the_description_of_the_api_is_made_once_compressed_and_tagged() {
    let house = House::new().await;
    let plain = ask(&house, Method::GET, "/api/openapi.json", &[]).await;
    assert_eq!(plain.ok()["openapi"], "3.1.0");
    let small = ask(&house, Method::GET, "/api/openapi.json", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((small.header("content-encoding"), gunzip(&small.body)), ("gzip", plain.body));
    let asked = [("accept-encoding", "gzip"), ("if-none-match", small.header("etag"))];
    assert_eq!(ask(&house, Method::GET, "/api/openapi.json", &asked).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn an_address_inside_the_page_gets_the_page_and_a_missing_file_does_not() {
    let house = House::new().await;
    let index = house.plain(Method::GET, "/", None).await;
    assert_eq!((index.status, index.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let inside = house.plain(Method::GET, "/musteriler/cus_1", None).await;
    assert_eq!((inside.status, &inside.body), (StatusCode::OK, &index.body));
    assert_eq!(house.plain(Method::GET, "/assets/yok.js", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.plain(Method::GET, "/..%2fCargo.toml", None).await.status, StatusCode::NOT_FOUND);
    let refused = house.plain(Method::POST, "/", None).await;
    assert_eq!((refused.code().as_str(), refused.header("allow")), ("method-not-allowed", "GET, HEAD"));
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
