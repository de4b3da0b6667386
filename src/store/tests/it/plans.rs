//! The look-up of a caller must stay one search in an index, however many customers there are.

use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use crate::opened::{NOON, Opened};

const LOOKUP: &str = "SELECT c.id FROM customers c JOIN customer_phones p ON p.customer_id = c.id WHERE p.number = $1 \
                      ORDER BY c.sort, c.id LIMIT 10";

#[tokio::test]
async fn sqlite_finds_a_caller_by_the_index_of_numbers() {
    let opened = Opened::sqlite().await;
    let mut connection = SqliteConnection::connect(&opened.url).await.unwrap();
    let rows = sqlx::query(
        "EXPLAIN QUERY PLAN SELECT c.id FROM customers c JOIN customer_phones p ON p.customer_id = c.id \
                            WHERE p.number = $1 ORDER BY c.sort, c.id LIMIT 10",
    )
    .bind("+905321112233")
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    assert!(plan.iter().any(|line| line.contains("customer_phones_by_number")), "{plan:?}");
    assert!(plan.iter().all(|line| !line.starts_with("SCAN")), "{plan:?}");
    connection.close().await.unwrap();
    opened.gone().await;
}

#[tokio::test]
async fn postgres_finds_a_caller_by_the_index_of_numbers() {
    let Some(opened) = Opened::postgres().await else { return };
    store::seed::demo(&opened.store, 1, NOON).await.unwrap();
    let mut connection = PgConnection::connect(&opened.url).await.unwrap();
    sqlx::query("ANALYZE").execute(&mut connection).await.unwrap();
    // A table of 300 rows is read whole whatever the indexes; with that forbidden, the plan shows what a big one gets.
    sqlx::query("SET enable_seqscan = off").execute(&mut connection).await.unwrap();
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN {}", LOOKUP.replace("$1", "'+905321112233'")));
    let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(plan.iter().any(|line| line.contains("customer_phones_by_number")), "{plan:#?}");
    assert!(plan.iter().all(|line| !line.contains("Seq Scan")), "{plan:#?}");
    connection.close().await.unwrap();
    opened.gone().await;
}
