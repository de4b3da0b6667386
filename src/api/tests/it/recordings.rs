//! Recordings: heard in parts, drawn, written down, and never read from anywhere else.

use std::path::PathBuf;

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::house::{AYSE, House, Story};

/// 300 ms of stereo: the caller loud at first, the agent at the end.
fn wav() -> Vec<u8> {
    let mut samples = vec![0_i16; 2 * 2400];
    samples[0] = i16::MAX;
    samples[2 * 2399 + 1] = -16_384;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + samples.len() as u32 * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    bytes.extend(8_000_u32.to_le_bytes());
    bytes.extend(32_000_u32.to_le_bytes());
    bytes.extend(b"\x04\0\x10\0data");
    bytes.extend((samples.len() as u32 * 2).to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

async fn recorded(house: &House, agent: &str) -> (String, PathBuf) {
    let mut story = Story::new();
    house.happened(&story.talked(AYSE, agent)).await;
    let folder = house.dir.0.join("recordings/2026/11/22");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}.wav", story.id));
    std::fs::write(&file, wav()).unwrap();
    (story.id.as_str().to_owned(), file)
}

#[tokio::test]
async fn a_recording_is_heard_whole_and_in_parts() {
    let house = House::new().await;
    let seat = house.sign_in("selin").await;
    let (call, _) = recorded(&house, "zeynep").await;
    let path = format!("/api/v1/recordings/{call}/audio");
    let whole = seat.get(&path).await;
    assert_eq!((whole.status, whole.header("content-type")), (StatusCode::OK, "audio/wav"));
    assert_eq!((whole.header("accept-ranges"), whole.header("cache-control")), ("bytes", "private, no-store"));
    assert_eq!(whole.headers["x-content-type-options"], "nosniff");
    assert_eq!(whole.body, wav());
    let part = seat.with(Method::GET, &path, &[("range", "bytes=44-143")], None).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers["content-range"], format!("bytes 44-143/{}", wav().len()));
    assert_eq!((part.header("content-length"), &part.body[..]), ("100", &wav()[44..144]));
    let outside = seat.with(Method::GET, &path, &[("range", "bytes=999999-")], None).await;
    assert_eq!(
        (outside.status, outside.code()),
        (StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable".to_owned())
    );
    assert_eq!(outside.headers["content-range"], format!("bytes */{}", wav().len()));
    for range in ["bytes=44-143", "bytes=999999-"] {
        let head = seat.with(Method::HEAD, &path, &[("range", range)], None).await;
        let length = head.header("content-length").to_owned();
        assert_eq!((head.status, length), (StatusCode::OK, wav().len().to_string()), "only a GET has parts");
    }
}

#[tokio::test]
async fn each_listening_is_one_line_of_the_audit_log() {
    let house = House::new().await;
    let (selin, zeynep, admin) =
        (house.sign_in("selin").await, house.sign_in("zeynep").await, house.sign_in("yonetici").await);
    let (call, _) = recorded(&house, "zeynep").await;
    let path = format!("/api/v1/recordings/{call}/audio");
    for range in ["bytes=0-99", "bytes=100-199", "bytes=0-"] {
        selin.with(Method::GET, &path, &[("range", range)], None).await;
    }
    zeynep.get(&path).await;
    let audit = admin.get("/api/v1/audit").await.ok();
    let mut lines: Vec<_> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["action"] == "recording.listen")
        .map(|line| (line["user_name"].as_str().unwrap().to_owned(), line["subject"].as_str().unwrap().to_owned()))
        .collect();
    lines.sort();
    let subject = format!("call/{call}");
    assert_eq!(lines, [("Selin Arslan".to_owned(), subject.clone()), ("Zeynep Kaya".to_owned(), subject)]);
}

#[tokio::test]
async fn the_outline_comes_from_the_peaks_file_or_else_from_the_sound() {
    let house = House::new().await;
    let seat = house.sign_in("selin").await;
    let (call, file) = recorded(&house, "zeynep").await;
    let path = format!("/api/v1/recordings/{call}/peaks?buckets=1200");
    assert_eq!(seat.get(&path).await.ok(), json!({"millis": 300, "left": [100, 0, 0], "right": [0, 0, 50]}));
    std::fs::write(file.with_extension("peaks"), [255, 0, 128, 51, 0, 255, 0, 0]).unwrap();
    assert_eq!(seat.get(&path).await.ok(), json!({"millis": 400, "left": [100, 50, 0, 0], "right": [0, 20, 100, 0]}));
    let two = seat.get(&format!("/api/v1/recordings/{call}/peaks?buckets=2")).await.ok();
    assert_eq!(two, json!({"millis": 400, "left": [100, 0], "right": [20, 100]}));
}

#[tokio::test]
async fn no_path_leads_out_of_the_recordings() {
    let house = House::new().await;
    let seat = house.sign_in("yonetici").await;
    let (call, file) = recorded(&house, "zeynep").await;
    std::fs::write(house.dir.0.join("secret.wav"), wav()).unwrap();
    for id in [
        "..%2f..%2f..%2f..%2fsecret",
        "%2e%2e%2fsecret",
        "..%5csecret",
        "%2fetc%2fpasswd",
        "2026%2f11%2f22%2fx",
        &"a".repeat(5000),
        &format!("{call}.wav"),
    ] {
        for what in ["audio", "peaks"] {
            let reply = seat.get(&format!("/api/v1/recordings/{id}/{what}")).await;
            assert_eq!((reply.status, reply.code()), (StatusCode::NOT_FOUND, "not-found".to_owned()), "{id}");
        }
    }
    assert_eq!(seat.get("/api/v1/recordings/../../secret/audio").await.status, StatusCode::NOT_FOUND);
    // A link planted where the recording should be leads nowhere either.
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(house.dir.0.join("secret.wav"), &file).unwrap();
    assert_eq!(seat.get(&format!("/api/v1/recordings/{call}/audio")).await.code(), "not-found");
}

#[tokio::test]
async fn a_recording_whose_file_is_gone_is_not_found() {
    let house = House::new().await;
    let seat = house.sign_in("selin").await;
    let (call, file) = recorded(&house, "zeynep").await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(seat.get(&format!("/api/v1/recordings/{call}/audio")).await.code(), "not-found");
    assert_eq!(seat.get("/api/v1/recordings").await.ok()["items"][0]["id"], call);
}
