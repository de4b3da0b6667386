//! A second daemon on one data folder or one database does not start, says who is there, and touches nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{Connection, PgConnection};

use crate::database;
use crate::world::business::Business;

fn refused(business: &Business, data: &Path, language: &str) -> String {
    refused_with(business, data, language, &[])
}

fn refused_with(business: &Business, data: &Path, language: &str, env: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(["serve", "--lang", language, "--config"])
        .arg(business.folder.join("sip-config"))
        .arg("--data")
        .arg(data)
        // A control socket elsewhere is not the sign; the lock is.
        .env("RUNTIME_DIRECTORY", data.parent().unwrap())
        .env("SANTRAL__LISTEN__HTTP", "127.0.0.1:0")
        .env("SANTRAL__LISTEN__SIP", "127.0.0.1:0")
        .envs(env.iter().copied())
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
    let said = refused(&business, &other_data(&business), "en");
    assert!(said.contains("database is in use by another santral"), "{said}");
    assert!(said.contains(&format!("santral (process {} on ", business.pid())), "{said}");
    assert_eq!(business.health().unwrap()["status"], "ok");
    assert_eq!(business.terminate(), Some(0));
}

/// A folder for a second daemon, with nothing in it.
fn other_data(business: &Business) -> PathBuf {
    let other = business.folder.join("other-data");
    std::fs::create_dir_all(&other).unwrap();
    other
}

#[test]
fn a_second_daemon_on_a_database_file_is_told_who_has_it() {
    let folder = crate::world::santral::folder("shared");
    let database = folder.join("shared.db");
    let mut business = Business::with_agents_on(1, &format!("sqlite:{}", database.display()));
    business.start();
    // By another name: the file is one.
    let link = folder.join("link.db");
    std::os::unix::fs::symlink(&database, &link).unwrap();
    for name in [&database, &link] {
        let url = format!("sqlite:{}", name.display());
        let said = refused_with(&business, &other_data(&business), "en", &[("SANTRAL__DB__URL", &url)]);
        assert!(said.contains("in use by another santral") && said.contains(&name.display().to_string()), "{said}");
        assert!(said.contains(&format!("santral (process {})", business.pid())), "{said}");
    }
    assert_eq!(business.health().unwrap()["status"], "ok");
    assert_eq!(business.terminate(), Some(0));
}

#[test]
fn a_second_daemon_on_a_folder_of_recordings_is_told_who_has_it() {
    let mut business = Business::with_agents(1);
    business.start();
    let recordings = business.data().join("recordings").display().to_string();
    let other = other_data(&business);
    let said = refused_with(&business, &other, "tr", &[("SANTRAL__RECORDINGS__DIR", &recordings)]);
    assert!(said.contains("kullanıyor") && said.contains(&recordings), "{said}");
    assert!(said.contains(&format!("santral (süreç {})", business.pid())), "{said}");
    assert!(!other.join("santral.db").exists(), "its database was not made either");
    assert_eq!(business.terminate(), Some(0));
}

/// The claim comes before the migrations: a newer program does not change the tables under an older one.
#[test]
fn a_second_daemon_on_a_postgres_database_leaves_its_tables_as_they_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(url) = runtime.block_on(database::postgres()) else { return };
    let business = Business::with_agents(1);
    let store::Claimed::Ours(claim) = runtime.block_on(store::claim(&url, "santral pid 1 on elsewhere")).unwrap()
    else {
        panic!("a new database is nobody's")
    };
    let said = refused_with(&business, &other_data(&business), "en", &[("SANTRAL__DB__URL", &url)]);
    assert!(said.contains("santral (process 1 on elsewhere"), "{said}");
    let tables: i64 = runtime.block_on(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let count = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'";
        sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
    });
    assert_eq!(tables, 0);
    runtime.block_on(claim.release());
}

fn seeded(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(["seed", "--customers", "10", "--calls", "10", "--lang", "en"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Also when its control socket lies elsewhere, as a service's does.
#[test]
fn nothing_is_seeded_under_a_running_daemon() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut business = Business::with_agents(1);
    business.start();
    std::fs::remove_file(business.data().join("ctl.sock")).unwrap();
    let (code, said) = seeded(&["--data", business.data().to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(&format!("santral (process {})", business.pid())), "{said}");
    business.kill();

    let Some(url) = runtime.block_on(database::postgres()) else { return };
    let mut business = Business::with_agents_on(1, &url);
    business.start();
    let (config, other) = (business.folder.join("sip-config"), other_data(&business));
    let (code, said) = seeded(&["--config", config.to_str().unwrap(), "--data", other.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(&format!("santral (process {} on ", business.pid())), "{said}");
    assert_eq!(business.terminate(), Some(0));
}

/// A newer program's command line beside a running daemon: it changes no table under it.
#[test]
fn a_command_of_another_version_leaves_the_tables_of_a_running_daemon_alone() {
    let mut business = Business::with_agents(1);
    business.start();
    let url = format!("sqlite:{}", business.data().join("santral.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // To this program, a database without its newest step is an older version's.
    let older = async {
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
        sqlx::query(newest).execute(&mut connection).await.unwrap();
        let steps: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        steps
    };
    let steps = runtime.block_on(older);
    let output = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(["user", "list", "--lang", "en", "--config"])
        .arg(business.folder.join("sip-config"))
        .arg("--data")
        .arg(business.data())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("santral (process {})", business.pid())), "{said}");
    let left = async {
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap()
    };
    let left: i64 = runtime.block_on(left);
    assert_eq!(left, steps);
    assert_eq!(business.terminate(), Some(0));
}
