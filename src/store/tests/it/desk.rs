//! What the desk and the API lean on: idempotency, audit.

use serde_json::json;
use store::{Answer, NewTicket, PageAsk, StoreError, TicketFilter};

use crate::opened::{HOUR, NOON, Opened, both};

fn ticket(subject: &str) -> NewTicket {
    NewTicket {
        subject: subject.to_owned(),
        body: String::new(),
        priority: None,
        kind: None,
        customer: None,
        call: None,
        owner: None,
    }
}

both! {
    async fn an_answer_is_kept_with_its_rows_or_not_at_all(opened: &Opened) {
        let store = &opened.store;
        let answer = Answer { body_hash: "b1".to_owned(), status: 201, text: "{\"id\":1}".to_owned() };
        let tickets = async || {
            let page = store.tickets_list(&TicketFilter::default(), &PageAsk::first(9)).await.unwrap();
            page.items.into_iter().map(|ticket| ticket.subject).collect::<Vec<_>>()
        };
        let given_up = store.unit();
        let made = given_up.store().ticket_insert(&ticket("given up"), "u", NOON).await.unwrap();
        assert_eq!(given_up.store().ticket_get(&made.id).await.unwrap().subject, "given up", "the unit sees its own");
        given_up.store().answer_keep("u", "k", &answer, NOON).await.unwrap();
        drop(given_up);
        assert_eq!((tickets().await, store.answer_of("u", "k", NOON).await.unwrap()), (vec![], None));

        let kept = store.unit();
        kept.store().ticket_insert(&ticket("kept"), "u", NOON).await.unwrap();
        kept.store().answer_keep("u", "k", &answer, NOON).await.unwrap();
        kept.commit().await.unwrap();
        let late = store.unit();
        late.store().ticket_insert(&ticket("twice"), "u", NOON).await.unwrap();
        let refused = late.store().answer_keep("u", "k", &answer, NOON).await;
        assert!(matches!(refused, Err(StoreError::Conflict("answered"))), "{refused:?}");
        assert!(late.commit().await.is_err(), "a unit with a failed write keeps nothing");
        assert_eq!(tickets().await, ["kept"]);

        assert_eq!(store.answer_of("u", "k", NOON + HOUR).await.unwrap(), Some(answer.clone()));
        assert_eq!(store.answer_of("v", "k", NOON).await.unwrap(), None, "keys are per person");
        assert_eq!(store.answer_of("u", "k", NOON + 25 * HOUR).await.unwrap(), None, "forgotten after a day");
        store.answer_keep("u", "k", &answer, NOON + 25 * HOUR).await.unwrap();
    }

    async fn the_audit_log_names_the_listener(opened: &Opened) {
        let store = &opened.store;
        let elif = opened.user("elif", None).await;
        store.audit_write(Some(&elif.id), "recording.listen", "call/c_1", &json!({"from": 0}), NOON).await.unwrap();
        store.audit_write(None, "session.failed", "session", &json!({}), NOON + 1).await.unwrap();
        let page = store.audit_list(&PageAsk::first(1)).await.unwrap();
        assert_eq!(page.items[0].action, "session.failed");
        let rest = store.audit_list(&PageAsk::after(page.next.unwrap(), 10)).await.unwrap();
        assert_eq!((rest.items[0].user_name.as_deref(), rest.items[0].detail["from"].as_i64()), (Some("elif Kişi"), Some(0)));
        assert!(rest.next.is_none());
    }
}
