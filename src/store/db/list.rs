//! Lists and searches: statements on connections of their own, so that no look-up waits behind one, and which stop when
//! nobody waits for their rows any more or when they take too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, SqlSafeStr, SqlStr, Sqlite};

use super::pool::Pool;
use super::value::bound;
use super::{Db, Row, Value};
use crate::error::{Result, StoreError};

/// The longest a list may take. Every list and every search is driven by an index; only a question that matches nearly
/// everything, asked of a filter that matches nearly nothing, comes near.
const LONGEST: Duration = Duration::from_secs(2);
/// How often meanwhile it is looked at whether it gets on.
const LOOKS: u32 = 2;
/// SQLite asks after so many steps of a statement whether it shall go on: well under a millisecond.
const STEPS: i32 = 2_000;
/// How far the thread of such a statement steps back: behind the look-up of a ringing phone, and behind the call itself.
const STEP_BACK: i32 = 10;

impl Db {
    /// All rows of a list's statement. Dropped, it stops.
    ///
    /// # Errors
    /// [`StoreError::TooBroad`] when it took too long.
    pub(crate) async fn list(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let sql = sql.into_sql_str();
        if let Some(mut tx) = self.in_unit().await? {
            let rows = tx.rows(sql, values).await?;
            return tx.commit().await.map(|()| rows);
        }
        let steps = Arc::new(AtomicU64::new(0));
        match &self.list {
            Pool::Sqlite(pool, _) => match pool.acquire().await {
                Ok(connection) => self.in_list_time(on_sqlite(connection, sql, values, steps.clone()), &steps).await,
                Err(error) => Err(self.list.reason(error).await),
            },
            Pool::Postgres(pool) => match pool.acquire().await {
                Ok(connection) => self.in_list_time(on_postgres(connection, sql, values), &steps).await,
                Err(error) => Err(self.list.reason(error).await),
            },
        }
    }

    /// The rows, or why there are none. A statement that takes too long is too broad only while somebody works on it: a
    /// disk or a server that has stopped answering is no fault of the question.
    async fn in_list_time(
        &self,
        rows: impl Future<Output = sqlx::Result<Vec<Row>>> + Send,
        steps: &AtomicU64,
    ) -> Result<Vec<Row>> {
        let mut rows = Box::pin(rows);
        let mut before = 0;
        for _ in 0..LOOKS {
            before = steps.load(Ordering::Relaxed);
            match tokio::time::timeout(LONGEST / LOOKS, &mut rows).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(error)) => return Err(self.list.reason(error).await),
                Err(_) => {}
            }
        }
        drop(rows);
        Err(match &self.list {
            Pool::Sqlite(..) if steps.load(Ordering::Relaxed) == before => self.list.silence(),
            Pool::Sqlite(..) => StoreError::TooBroad,
            Pool::Postgres(_) => match self.list.reason(sqlx::Error::PoolTimedOut).await {
                StoreError::Busy => StoreError::TooBroad,
                gone => gone,
            },
        })
    }
}

/// Falls when nobody waits for a statement any more.
struct Waiting {
    gone: Arc<AtomicBool>,
    is_over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.gone.store(!self.is_over, Ordering::Relaxed);
    }
}

async fn on_sqlite(
    mut connection: PoolConnection<Sqlite>,
    sql: SqlStr,
    values: Vec<Value>,
    steps: Arc<AtomicU64>,
) -> sqlx::Result<Vec<Row>> {
    let gone = Arc::new(AtomicBool::new(false));
    let mut waiting = Waiting { gone: Arc::clone(&gone), is_over: false };
    connection.lock_handle().await?.set_progress_handler(STEPS, move || {
        // This runs on the thread of the connection. Where it keeps its priority the kernel's own fairness has to do.
        if steps.fetch_add(1, Ordering::Relaxed) == 0 {
            let _ = rustix::process::setpriority_process(None, STEP_BACK);
        }
        !gone.load(Ordering::Relaxed)
    });
    let rows = bound!(sql, values).fetch_all(&mut *connection).await;
    waiting.is_over = true;
    Ok(rows?.into_iter().map(Row::Sqlite).collect())
}

/// A connection that is closed when it is dropped before its statement is over: the server looks for the closed socket
/// (`client_connection_check_interval`) and stops.
struct Asked(Option<PoolConnection<Postgres>>);

impl Drop for Asked {
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}

async fn on_postgres(connection: PoolConnection<Postgres>, sql: SqlStr, values: Vec<Value>) -> sqlx::Result<Vec<Row>> {
    let mut asked = Asked(Some(connection));
    let Some(connection) = asked.0.as_mut() else { return Ok(Vec::new()) };
    let rows = bound!(sql, values).fetch_all(&mut **connection).await;
    // Back into the pool.
    drop(asked.0.take());
    Ok(rows?.into_iter().map(Row::Postgres).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::{AssertSqlSafe, Row};

    use crate::plans::{fresh_postgres, fresh_sqlite};
    use crate::{Store, StoreError};

    /// Minutes of work on either database.
    const LONG: &str = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 3000000000) \
                        SELECT COUNT(*) AS n FROM n";

    /// More lists than there are connections, which nobody waits for any more, hold up no other.
    async fn abandoned(store: &Store) {
        for _ in 0..9 {
            let patience = Duration::from_millis(60);
            assert!(tokio::time::timeout(patience, store.db.list(LONG, Vec::new())).await.is_err());
        }
        let rows = store.db.list("SELECT CAST(7 AS BIGINT) AS n", Vec::new()).await.unwrap();
        assert_eq!(rows[0].get::<i64>("n").unwrap(), 7);
    }

    /// Look-ups and sessions have connections of their own: as many endless lists as anybody can ask for hold up neither.
    async fn beside(store: &Store) {
        let mut lists = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let store = store.clone();
            lists.spawn(async move { store.db.list(LONG, Vec::new()).await.is_err() });
        }
        // They have all the connections once one more list has to wait.
        for attempt in 0.. {
            let patience = Duration::from_millis(100);
            if tokio::time::timeout(patience, store.db.list("SELECT 1", Vec::new())).await.is_err() {
                break;
            }
            assert!(attempt < 20, "the lists leave connections free");
        }
        let soon = Duration::from_secs(1);
        let caller = tokio::time::timeout(soon, store.caller_for(Some("05321112233"), 0)).await;
        assert!(caller.expect("the look-up does not wait").is_ok());
        let session = tokio::time::timeout(soon, store.session_by_token_hash("nobody's", 0)).await;
        assert!(session.is_ok(), "the session does not wait");
        lists.shutdown().await;
    }

    #[tokio::test]
    async fn look_ups_and_sessions_are_never_behind_a_list_on_sqlite() {
        let (store, folder) = fresh_sqlite().await;
        beside(&store).await;
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn look_ups_and_sessions_are_never_behind_a_list_on_postgres() {
        let Some((store, mut server, drop)) = fresh_postgres(&[]).await else { return };
        beside(&store).await;
        store.close().await;
        sqlx::query(AssertSqlSafe(drop)).execute(&mut server).await.unwrap();
    }

    #[tokio::test]
    async fn a_list_stops_when_nobody_waits_for_it_or_when_it_takes_too_long_on_sqlite() {
        let (store, folder) = fresh_sqlite().await;
        abandoned(&store).await;
        assert!(matches!(store.db.list(LONG, Vec::new()).await, Err(StoreError::TooBroad)));
        assert!(store.db.list("SELECT 7", Vec::new()).await.is_ok(), "the connection goes on");
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn a_list_stops_when_nobody_waits_for_it_or_when_it_takes_too_long_on_postgres() {
        let Some((store, mut server, drop)) = fresh_postgres(&[]).await else { return };
        abandoned(&store).await;
        assert!(matches!(store.db.list(LONG, Vec::new()).await, Err(StoreError::TooBroad)));
        // The server itself has stopped working, too, as soon as it has looked for us.
        let left = "SELECT COUNT(*) FROM pg_stat_activity WHERE state = 'active' AND datname = $1 AND query LIKE 'WITH RECURSIVE%'";
        let name = drop.split(' ').nth(2).unwrap().to_owned();
        for attempt in 0.. {
            let left: i64 = sqlx::query(left).bind(&name).fetch_one(&mut server).await.unwrap().get(0);
            if left == 0 {
                break;
            }
            assert!(attempt < 100, "{left} statements go on for nobody");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        store.close().await;
        sqlx::query(AssertSqlSafe(drop)).execute(&mut server).await.unwrap();
    }
}
