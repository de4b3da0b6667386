//! A second daemon on one data folder or one database does not start, says who is there, and touches nothing.

use std::process::{Command, Stdio};

use crate::database;
use crate::world::business::Business;

fn refused(business: &Business, data: &std::path::Path, language: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(["serve", "--lang", language, "--config"])
        .arg(business.folder.join("sip-config"))
        .arg("--data")
        .arg(data)
        // A control socket elsewhere is not the sign; the lock is.
        .env("RUNTIME_DIRECTORY", data.parent().unwrap())
        .env("SANTRAL__LISTEN__HTTP", "127.0.0.1:0")
        .env("SANTRAL__LISTEN__SIP", "127.0.0.1:0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_daemon_on_a_data_folder_is_told_who_has_it() {
    let mut business = Business::with_agents(1);
    business.start();
    let pid = business.pid();
    let (turkish, english) = (refused(&business, &business.data(), "tr"), refused(&business, &business.data(), "en"));
    assert!(turkish.contains("kullanıyor") && turkish.contains(&format!("santral (süreç {pid})")), "{turkish}");
    assert!(
        english.contains("in use by another santral") && english.contains(&format!("santral (process {pid})")),
        "{english}"
    );
    assert_eq!(business.health().unwrap()["status"], "ok");
    assert_eq!(business.terminate(), Some(0));
}

#[test]
fn a_second_daemon_on_a_postgres_database_is_told_who_has_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(url) = runtime.block_on(database::postgres()) else { return };
    let mut business = Business::with_agents_on(1, &url);
    business.start();
    let other = business.folder.join("other-data");
    std::fs::create_dir_all(&other).unwrap();
    let said = refused(&business, &other, "en");
    assert!(said.contains("database is in use by another santral"), "{said}");
    assert!(said.contains(&format!("santral pid {}", business.pid())), "{said}");
    assert_eq!(business.health().unwrap()["status"], "ok");
    assert_eq!(business.terminate(), Some(0));
}
