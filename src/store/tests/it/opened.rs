//! A fresh database per test, gone afterwards.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{NewUser, Role, Store, User};

/// 23 November 2026, 12:00 in Türkiye, a Monday.
pub const NOON: i64 = 1_795_424_400_000_000;
pub const MINUTE: i64 = 60_000_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A database of its own.
pub struct Opened {
    pub store: Store,
    pub url: String,
    folder: Option<PathBuf>,
    server: Option<(String, String)>,
}

impl Opened {
    pub async fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(store::new_id("santral-store", NOON));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite:{}", folder.join("santral.db").display());
        Self { store: Store::open(&url).await.unwrap(), url, folder: Some(folder), server: None }
    }

    /// `None` when no server is named.
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("SANTRAL_TEST_POSTGRES_URL") else {
            eprintln!("left out on PostgreSQL: SANTRAL_TEST_POSTGRES_URL is not set");
            return None;
        };
        let name = store::new_id("t", NOON);
        let mut connection = PgConnection::connect(&server).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        Some(Self { store: Store::open(&url).await.unwrap(), url, folder: None, server: Some((server, name)) })
    }

    pub async fn gone(self) {
        self.store.close().await;
        if let Some((server, name)) = &self.server {
            let mut connection = PgConnection::connect(server).await.unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
        }
    }

    pub async fn user(&self, name: &str, extension: Option<&str>) -> User {
        let new = NewUser {
            name: name.to_owned(),
            display_name: format!("{name} Kişi"),
            role: Role::Agent,
            extension: extension.map(str::to_owned),
            password_hash: None,
            language: "tr".to_owned(),
        };
        self.store.user_insert(&new, NOON).await.unwrap()
    }
}

impl Drop for Opened {
    /// Also after a failed story; the server's databases go with the server.
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Tells a story on both databases.
macro_rules! both {
    ($($(#[$doc:meta])* async fn $name:ident($opened:ident: &Opened) $body:block)+) => {
        $(
            mod $name {
                #[allow(unused_imports, reason = "not every story needs all")]
                use super::*;

                async fn told($opened: &Opened) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_sqlite() {
                    let opened = Opened::sqlite().await;
                    told(&opened).await;
                    opened.gone().await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_postgres() {
                    let Some(opened) = Opened::postgres().await else { return };
                    told(&opened).await;
                    opened.gone().await;
                }
            }
        )+
    };
}
pub(crate) use both;
