//! What the desk and the API lean on: resume, idempotency, audit.

use serde_json::json;
use store::{Begun, NewHistory, PageAsk};

use crate::opened::{DAY, HOUR, MINUTE, NOON, Opened, both};

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

    async fn a_post_sent_twice_happens_once(opened: &Opened) {
        let store = &opened.store;
        let begin = |user: &'static str, body: &'static str, at: i64| store.idempotency_begin(user, "k", body, at);
        assert_eq!(begin("u", "b1", NOON).await.unwrap(), Begun::Fresh);
        assert_eq!(begin("u", "b1", NOON).await.unwrap(), Begun::Running);
        assert_eq!(begin("v", "b2", NOON).await.unwrap(), Begun::Fresh, "keys are per person");
        store.idempotency_finish("u", "k", 201, "{\"id\":1}").await.unwrap();
        let stored = Begun::Stored { status: 201, answer: "{\"id\":1}".to_owned() };
        assert_eq!(begin("u", "b1", NOON + HOUR).await.unwrap(), stored);
        assert_eq!(begin("u", "other", NOON + HOUR).await.unwrap(), Begun::Mismatch);
        assert_eq!(begin("v", "b2", NOON + MINUTE / 2).await.unwrap(), Begun::Running);
        assert_eq!(begin("v", "b2", NOON + 2 * MINUTE).await.unwrap(), Begun::Fresh, "the first one died at work");
        assert_eq!(begin("u", "other", NOON + 25 * HOUR).await.unwrap(), Begun::Fresh, "forgotten after a day");
        assert_eq!(begin("v", "b2", NOON + 25 * HOUR).await.unwrap(), Begun::Fresh);
        store.idempotency_abandon("v", "k").await.unwrap();
        assert_eq!(begin("v", "b3", NOON + 25 * HOUR).await.unwrap(), Begun::Fresh, "given up, so free again");
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
