//! What the desk and the API lean on: resume, idempotency, audit.

use serde_json::json;
use store::{Answer, NewHistory, NewTicket, PageAsk, StoreError, TicketFilter};

use crate::opened::{DAY, HOUR, NOON, Opened, both};

fn remembered(user: &str, seq: i64, at: i64) -> NewHistory {
    NewHistory {
        user: user.to_owned(),
        seq,
        id: format!("evt_{seq}"),
        kind: "ticket.created".to_owned(),
        at,
        subject: "ticket/tkt_1".to_owned(),
        rev: 1,
        data: json!({"number": seq}),
    }
}

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
    async fn a_desk_that_was_away_gets_what_it_missed_or_hears_of_the_gap(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", None).await.id;
        let murat = opened.user("murat", None).await.id;
        assert_eq!(store.history_last_seq(&zeynep).await.unwrap(), 0);
        let all: Vec<NewHistory> = (1..=1100).map(|seq| remembered(&zeynep, seq, NOON + seq)).collect();
        store.history_append(&all).await.unwrap();
        store.history_append(&all[1090..]).await.unwrap();
        store.history_append(&[remembered(&murat, 1, NOON), remembered("usr_gone", 1, NOON)]).await.unwrap();
        assert_eq!(store.history_last_seq(&zeynep).await.unwrap(), 1100);

        let missed = store.history_after(&zeynep, 1095, NOON + HOUR).await.unwrap();
        assert_eq!(missed.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1096, 1097, 1098, 1099, 1100]);
        assert_eq!(missed.events[0], all[1095]);
        assert!(!missed.gap);
        let long_away = store.history_after(&zeynep, 10, NOON + HOUR).await.unwrap();
        assert!(long_away.gap && long_away.events.len() == 1000 && long_away.events[0].seq == 101);
        let yesterday = store.history_after(&zeynep, 1095, NOON + 2 * DAY).await.unwrap();
        assert!(yesterday.gap && yesterday.events.is_empty());

        store.history_prune(NOON + HOUR).await.unwrap();
        let after_pruning = store.history_after(&zeynep, 50, NOON + HOUR).await.unwrap();
        assert!(after_pruning.gap && after_pruning.events.len() == 1000);
        assert!(!store.history_after(&zeynep, 100, NOON + HOUR).await.unwrap().gap, "100 was the last one forgotten");
        assert_eq!(store.history_after(&murat, 0, NOON + HOUR).await.unwrap().events.len(), 1, "others keep theirs");
    }

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
