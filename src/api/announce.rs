//! Tells the desks that business data changed.

use serde::Serialize;
use serde_json::json;

use crate::board::DataEvent;
use crate::state::ApiState;
use crate::token;

/// Tells every desk: `kind` (`ticket.created`), `subject` (`ticket/tkt_…`), its revision, and the row as the page reads
/// it.
pub async fn changed<T: Serialize>(state: &ApiState, kind: &str, subject: String, rev: i64, row: &T) {
    let at = state.now();
    let event = DataEvent {
        id: token::event_id(at),
        at,
        kind: kind.to_owned(),
        subject,
        rev: u64::try_from(rev).unwrap_or(0),
        data: json!(row),
    };
    state.board.tell(event).await;
}

/// Tells every desk that a row just made was taken back: `ticket.deleted` with its id.
pub async fn removed(state: &ApiState, what: &str, id: &str, rev: i64) {
    let row = json!({"id": id});
    changed(state, &format!("{what}.deleted"), format!("{what}/{id}"), rev + 1, &row).await;
}
