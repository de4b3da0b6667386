//! The look-up of a caller must stay a search in indexes, however many customers there are.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use store::statements::{
    CALLER_BY_NUMBER, CALLS_FROM, CALLS_LEFT_OPEN, CARD_FACTS, CARD_TAGS, RECORDINGS_LEFT_OPEN, STATUSES_SINCE,
};

use crate::opened::{NOON, Opened};

/// Every statement of a look-up and of a start with the indexes it must run along.
const ASKED: [(&str, &[&str]); 7] = [
    (CALLS_LEFT_OPEN, &["calls_unfinished", "events_by_call"]),
    (RECORDINGS_LEFT_OPEN, &["calls_being_recorded"]),
    (STATUSES_SINCE, &["events_of_agents"]),
    (CALLER_BY_NUMBER, &["customer_phones_by_number"]),
    (CALLS_FROM, &["calls_by_number"]),
    (CARD_TAGS, &["customer_tags"]),
    (CARD_FACTS, &["invoices_by_customer", "orders_by_customer", "calls_by_customer", "offers_by_customer"]),
];

/// The statement with values in place of its parameters.
fn filled(statement: &str) -> String {
    let numbers = statement.replace("$2", "1").replace("$3", "2").replace("$4", "3");
    numbers.replace("$1", "'+905321112233'")
}

#[tokio::test]
async fn sqlite_finds_caller_and_card_by_indexes() {
    let opened = Opened::sqlite().await;
    let mut connection = SqliteConnection::connect(&opened.url).await.unwrap();
    for (statement, indexes) in ASKED {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", filled(statement)));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        for index in indexes {
            assert!(plan.iter().any(|line| line.contains(index)), "{index}: {plan:#?}");
        }
        // `known` are the thousand calls that are counted at most; a partial index is read whole.
        let is_short = |line: &str| {
            line == "SCAN known" || line.contains("calls_unfinished") || line.contains("calls_being_recorded")
        };
        assert!(plan.iter().all(|line| !line.contains("SCAN ") || is_short(line)), "{plan:#?}");
        // Of a table that has many rows for one word, only those of this customer or call are read.
        let is_of_one = |line: &str| ["id=?", "number=?", "from_key=?", "at>?"].iter().any(|by| line.contains(by));
        assert!(plan.iter().all(|line| !line.contains("SEARCH ") || is_of_one(line)), "{plan:#?}");
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
    for (statement, indexes) in ASKED {
        let explain = AssertSqlSafe(format!("EXPLAIN {}", filled(statement)));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        for index in indexes {
            assert!(plan.iter().any(|line| line.contains(index)), "{index}: {plan:#?}");
        }
        assert!(plan.iter().all(|line| !line.contains("Seq Scan")), "{plan:#?}");
    }
    connection.close().await.unwrap();
    opened.gone().await;
}
