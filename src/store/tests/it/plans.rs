//! The look-up of a caller must stay a search in indexes, however many customers there are.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use store::statements::{CALLER_BY_NUMBER, CARD_FACTS};

use crate::opened::{NOON, Opened};

/// The statement with values in place of its parameters.
fn filled(statement: &str) -> String {
    let numbers = statement.replace("$2", "1").replace("$3", "2").replace("$4", "3");
    numbers.replace("$1", "'+905321112233'")
}

#[tokio::test]
async fn sqlite_finds_caller_and_card_by_indexes() {
    let opened = Opened::sqlite().await;
    let mut connection = SqliteConnection::connect(&opened.url).await.unwrap();
    for (statement, index) in [(CALLER_BY_NUMBER, "customer_phones_by_number"), (CARD_FACTS, "invoices_by_customer")] {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", filled(statement)));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
        assert!(plan.iter().all(|line| !line.starts_with("SCAN")), "{plan:#?}");
    }
    connection.close().await.unwrap();
    opened.gone().await;
}

#[tokio::test]
async fn postgres_finds_caller_and_card_by_indexes() {
    let Some(opened) = Opened::postgres().await else { return };
    store::seed::demo(&opened.store, 1, NOON, store::seed::Language::Turkish).await.unwrap();
    let mut connection = PgConnection::connect(&opened.url).await.unwrap();
    sqlx::query("ANALYZE").execute(&mut connection).await.unwrap();
    // A table of 300 rows is read whole whatever the indexes; with that forbidden, the plan shows what a big one gets.
    sqlx::query("SET enable_seqscan = off").execute(&mut connection).await.unwrap();
    for (statement, index) in [(CALLER_BY_NUMBER, "customer_phones_by_number"), (CARD_FACTS, "invoices_by_customer")] {
        let explain = AssertSqlSafe(format!("EXPLAIN {}", filled(statement)));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
        assert!(plan.iter().all(|line| !line.contains("Seq Scan")), "{plan:#?}");
    }
    connection.close().await.unwrap();
    opened.gone().await;
}
