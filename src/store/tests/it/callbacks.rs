//! Who is owed a call, from the missed call to the end.

use crm::callback::{Outcome, Reason};
use pbx::event::{EndClass, What};
use pbx::id::{CallId, UserId};
use store::{
    CallFilter, Callback, CallbackFilter, CallbackPatch, NewCallback, NewCustomer, PageAsk, Store, StoreError,
};

use crate::events::Tape;
use crate::opened::{DAY, HOUR, MINUTE, NOON, Opened, both};

async fn open(store: &Store) -> Vec<Callback> {
    store.callbacks_list(&CallbackFilter::default(), &PageAsk::default()).await.unwrap().items
}

fn abandoned(at: i64, from: &str) -> Tape {
    Tape::new(at).started(Some(from)).queued("destek").ended(EndClass::Abandoned, "caller-hung-up")
}

fn held(call: CallId) -> What {
    What::CallHeld { call, agent: UserId::new("zeynep") }
}

fn talked(at: i64, from: &str, agent: &str) -> Tape {
    Tape::new(at)
        .started(Some(from))
        .queued("destek")
        .offered(agent)
        .answered(agent)
        .ended(EndClass::Completed, "normal")
}

both! {
    async fn a_number_that_called_in_vain_is_owed_one_call_until_somebody_talks_with_it(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", Some("101")).await;
        let first = abandoned(NOON, "05051112233");
        let told = store.journal_write(&first.events).await.unwrap();
        let owed = open(store).await;
        assert_eq!(told, [owed[0].id.clone()], "the desks are told");
        assert_eq!((owed.len(), owed[0].display.as_str(), owed[0].misses), (1, "0505 111 22 33", 1));
        assert_eq!((owed[0].reason, owed[0].queue.as_deref()), (Reason::Missed, Some("destek")));
        assert_eq!((owed[0].owner.clone(), owed[0].due_at), (None, first.at + 30 * MINUTE));

        // The same number again, in another spelling, and the journal that writes everything twice.
        let second = abandoned(NOON + MINUTE, "+90 505 111 22 33");
        store.journal_write(&second.events).await.unwrap();
        assert!(store.journal_write(&second.events).await.unwrap().is_empty());
        assert!(store.journal_write(&first.events).await.unwrap().is_empty());
        let owed = open(store).await;
        assert_eq!((owed.len(), owed[0].misses, owed[0].call.as_deref()), (1, 2, Some(second.id())));
        assert_eq!(owed[0].due_at, first.at + 30 * MINUTE, "calling again does not put it off");

        let third = talked(NOON + 5 * MINUTE, "05051112233", "zeynep");
        store.journal_write(&third.events[..5]).await.unwrap();
        assert!(open(store).await.is_empty(), "reached at the moment of the answer");
        store.journal_write(&third.events).await.unwrap();
        store.journal_write(&second.events).await.unwrap();
        assert!(open(store).await.is_empty(), "an old call written again opens nothing");
        let done = CallbackFilter { done: true, ..CallbackFilter::default() };
        let ended = store.callbacks_list(&done, &PageAsk::default()).await.unwrap().items.remove(0);
        assert_eq!((ended.outcome, ended.done_by.unwrap().id), (Some(Outcome::Reached), zeynep.id));

        store.journal_write(&abandoned(NOON + HOUR, "05051112233").events).await.unwrap();
        let again = open(store).await;
        assert_eq!((again.len(), again[0].misses), (1, 1), "a new miss is a new entry");
    }

    async fn only_who_can_be_called_is_owed_a_call(opened: &Opened) {
        let store = &opened.store;
        let withheld = Tape::new(NOON).started(None).queued("destek").ended(EndClass::Abandoned, "caller-hung-up");
        let name = abandoned(NOON, "kapici");
        let wrong = Tape::new(NOON).started(Some("05051112233")).ended(EndClass::Rejected, "not-found");
        let menu = Tape::new(NOON).started(Some("05051112233")).queued("destek").ended(EndClass::Completed, "menu-hangup");
        for tape in [withheld, name, wrong, menu] {
            assert!(store.journal_write(&tape.events).await.unwrap().is_empty());
        }
        assert!(open(store).await.is_empty());
        let out_of_order = talked(NOON + HOUR, "05057776655", "zeynep");
        store.journal_write(&out_of_order.events).await.unwrap();
        store.journal_write(&abandoned(NOON, "05057776655").events).await.unwrap();
        assert!(open(store).await.is_empty(), "they were talked with since");
    }

    async fn a_promise_has_a_time_and_an_owner_and_ends_by_a_person(opened: &Opened) {
        let store = &opened.store;
        let (zeynep, murat) = (opened.user("zeynep", Some("101")).await, opened.user("murat", Some("102")).await);
        let new = NewCustomer { name: "Ülkü Işık".to_owned(), phones: vec!["0542 555 66 77".to_owned()], ..NewCustomer::default() };
        let customer = store.customer_insert(&new, NOON).await.unwrap().row.id;
        let plain = talked(NOON, "05425556677", "zeynep").completed("zeynep", "callback", "fiyat soracak");
        store.journal_write(&plain.events).await.unwrap();
        let owed = open(store).await.remove(0);
        assert_eq!((owed.reason, owed.note.as_str()), (Reason::Promised, "fiyat soracak"));
        assert_eq!(owed.owner.as_ref().unwrap().id, zeynep.id, "the result alone is a promise");
        assert!(owed.due_at > plain.at);

        // Said in the wrap-up with a time: the entry of the number takes it, and the result adds nothing.
        let call = talked(NOON + MINUTE, "05425556677", "murat");
        store.journal_write(&call.events).await.unwrap();
        let due_at = Some(NOON + DAY);
        let new = NewCallback { call: Some(call.id().to_owned()), due_at, note: "yarın".to_owned(), ..NewCallback::default() };
        let promised = store.callback_insert(&new, &murat.id, NOON + 2 * MINUTE).await.unwrap();
        assert_eq!((promised.id.as_str(), promised.due_at), (owed.id.as_str(), NOON + DAY));
        assert_eq!(promised.owner.as_ref().unwrap().id, murat.id);
        store.journal_write(&call.completed("murat", "callback", "yarın").events).await.unwrap();
        assert_eq!(open(store).await[0].due_at, NOON + DAY);
        // They call in before: the promise stands, and in vain: they are called sooner.
        store.journal_write(&talked(NOON + HOUR, "05425556677", "zeynep").events).await.unwrap();
        store.journal_write(&abandoned(NOON + 2 * HOUR, "05425556677").events).await.unwrap();
        let owed = open(store).await;
        assert_eq!((owed.len(), owed[0].misses), (1, 1));
        assert!(owed[0].due_at < NOON + 3 * HOUR);

        let take = CallbackPatch { owner: Some(Some(zeynep.id.clone())), ..CallbackPatch::default() };
        let taken = store.callback_patch(&owed[0].id, Some(owed[0].rev), &take, &zeynep.id, NOON + 3 * HOUR).await.unwrap();
        let late = store.callback_patch(&owed[0].id, Some(owed[0].rev), &take, &murat.id, NOON + 3 * HOUR).await;
        assert!(matches!(late, Err(StoreError::Changed)), "two cannot take it");
        let end = CallbackPatch { outcome: Some(Some(Outcome::Unreachable)), ..CallbackPatch::default() };
        store.callback_patch(&taken.id, Some(taken.rev), &end, &zeynep.id, NOON + 4 * HOUR).await.unwrap();
        assert!(open(store).await.is_empty());
        let reopen = CallbackPatch { outcome: Some(None), ..CallbackPatch::default() };
        let back = store.callback_patch(&taken.id, None, &reopen, &zeynep.id, NOON + 4 * HOUR).await.unwrap();
        assert_eq!((back.outcome, back.done_by, back.done_at), (None, None, None));
        assert_eq!(back.due_at, taken.due_at);
        let mine = CallbackFilter { owner: Some(zeynep.id.clone()), q: Some("ulku".to_owned()), ..CallbackFilter::default() };
        assert_eq!(store.callbacks_count(&mine).await.unwrap(), 0, "the calls did not name her");

        let by_hand = NewCallback { customer: Some(customer), ..NewCallback::default() };
        let by_hand = store.callback_insert(&by_hand, &zeynep.id, NOON + 5 * HOUR).await.unwrap();
        assert_eq!(by_hand.id, back.id, "her number is owed one already");
        assert_eq!(store.callbacks_count(&mine).await.unwrap(), 1);
        let nobody = store.callback_insert(&NewCallback::default(), &zeynep.id, NOON).await.unwrap_err();
        assert!(matches!(nobody, StoreError::Invalid { ref field, .. } if field == "number"), "{nobody}");
    }

    async fn a_promise_made_by_mistake_is_taken_back_by_its_maker(opened: &Opened) {
        let store = &opened.store;
        let (zeynep, murat) = (opened.user("zeynep", None).await, opened.user("murat", None).await);
        let new = NewCallback { number: Some("0212 320 50 62".to_owned()), ..NewCallback::default() };
        let made = store.callback_insert(&new, &zeynep.id, NOON).await.unwrap();
        assert!(matches!(store.callback_undo(&made.id, &murat.id, NOON).await, Err(StoreError::Conflict("not-yours"))));
        store.callback_undo(&made.id, &zeynep.id, NOON + MINUTE).await.unwrap();
        assert!(open(store).await.is_empty());
    }

    async fn two_promises_to_one_number_keep_both_notes_and_neither_is_taken_back_with_the_other(opened: &Opened) {
        let store = &opened.store;
        let (zeynep, murat) = (opened.user("zeynep", None).await, opened.user("murat", None).await);
        let promise = |note: &str| NewCallback { number: Some("0212 320 50 62".to_owned()), note: note.to_owned(), ..NewCallback::default() };
        let first = store.callback_insert(&promise("fiyat soracak"), &zeynep.id, NOON).await.unwrap();
        let both = store.callback_insert(&promise("yarın"), &murat.id, NOON + MINUTE).await.unwrap();
        assert_eq!((both.id.as_str(), both.note.as_str()), (first.id.as_str(), "yarın\nfiyat soracak"));
        let plain = store.callback_insert(&promise(""), &murat.id, NOON + MINUTE).await.unwrap();
        assert_eq!(plain.note, both.note, "no note takes none away");
        let long = store.callback_insert(&promise(&"ş".repeat(20_000)), &murat.id, NOON + MINUTE).await.unwrap();
        let take = CallbackPatch { owner: Some(Some(zeynep.id.clone())), ..CallbackPatch::default() };
        store.callback_patch(&long.id, None, &take, &zeynep.id, NOON + MINUTE).await.unwrap();
        for maker in [&zeynep, &murat] {
            let back = store.callback_undo(&first.id, &maker.id, NOON + 2 * MINUTE).await;
            assert!(matches!(back, Err(StoreError::Changed | StoreError::Conflict("not-yours"))), "{back:?}");
        }
        assert_eq!(open(store).await.len(), 1);
    }

    async fn what_has_ended_is_not_put_off_or_taken_in_silence(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", None).await;
        let new = NewCallback { number: Some("0212 320 50 62".to_owned()), ..NewCallback::default() };
        let made = store.callback_insert(&new, &zeynep.id, NOON).await.unwrap();
        let end = CallbackPatch { outcome: Some(Some(Outcome::Reached)), ..CallbackPatch::default() };
        store.callback_patch(&made.id, None, &end, &zeynep.id, NOON).await.unwrap();
        let later = CallbackPatch { due_at: Some(NOON + DAY), ..CallbackPatch::default() };
        let take = CallbackPatch { owner: Some(None), ..CallbackPatch::default() };
        for patch in [&later, &take] {
            let refused = store.callback_patch(&made.id, None, patch, &zeynep.id, NOON).await;
            assert!(matches!(refused, Err(StoreError::Conflict("status"))), "{refused:?}");
        }
        let again = CallbackPatch { outcome: Some(None), ..later };
        let open_again = store.callback_patch(&made.id, None, &again, &zeynep.id, NOON).await.unwrap();
        assert_eq!((open_again.outcome, open_again.due_at), (None, NOON + DAY));
    }

    async fn calls_of_one_batch_count_in_the_order_in_which_they_ended(opened: &Opened) {
        let store = &opened.store;
        // The one that began first waited longest: ids follow the beginnings, misses the ends.
        let patient = Tape::new(NOON).started(Some("05051234567")).queued("destek").after(10 * 60_000, held);
        let patient = patient.ended(EndClass::Abandoned, "caller-hung-up");
        let hasty = abandoned(NOON + MINUTE, "05051234567");
        let events: Vec<_> = patient.events.iter().chain(&hasty.events).cloned().collect();
        store.journal_write(&events).await.unwrap();
        assert_eq!(open(store).await[0].misses, 2);
        store.journal_write(&events).await.unwrap();
        assert_eq!(open(store).await[0].misses, 2);
    }

    async fn the_count_is_the_true_one_and_a_call_a_colleague_answered_is_not_missed(opened: &Opened) {
        let store = &opened.store;
        opened.user("zeynep", Some("101")).await;
        let murat = opened.user("murat", Some("102")).await;
        for minute in 0..60 {
            store.journal_write(&abandoned(NOON + minute * MINUTE, &format!("0505111{minute:04}")).events).await.unwrap();
        }
        let helped = Tape::new(NOON).started(Some("05059998877")).queued("destek").offered("murat").missed("murat")
            .offered("zeynep").answered("zeynep").ended(EndClass::Completed, "normal");
        store.journal_write(&helped.events).await.unwrap();
        let missed = CallFilter { missed: true, ..CallFilter::default() };
        let page = store.calls_list(&missed, &PageAsk::default()).await.unwrap();
        assert_eq!((page.items.len(), store.calls_count(&missed).await.unwrap()), (50, 60));
        assert_eq!(store.callbacks_count(&CallbackFilter::default()).await.unwrap(), 60);
        let his = CallFilter { agent: Some(murat.id), missed: true, ..CallFilter::default() };
        assert_eq!(store.calls_count(&his).await.unwrap(), 0);
        store.journal_write(&helped.completed("zeynep", "resolved", "").events).await.unwrap();
        let unfinished = CallFilter { unfinished: true, ..CallFilter::default() };
        assert_eq!(store.calls_count(&unfinished).await.unwrap(), 0, "missed calls have no result to write");
        let over = talked(NOON, "05059998877", "zeynep");
        store.journal_write(&over.events).await.unwrap();
        assert_eq!(store.calls_list(&unfinished, &PageAsk::default()).await.unwrap().items[0].id, over.id());
        let zeynep = store.user_by_name("zeynep").await.unwrap().unwrap().id;
        let hers = CallFilter { agent: Some(zeynep), ..unfinished.clone() };
        assert_eq!(store.calls_count(&hers).await.unwrap(), 1);
        store.journal_write(&over.completed("zeynep", "resolved", "").events).await.unwrap();
        assert_eq!(store.calls_count(&hers).await.unwrap(), 0);
        let team = |queues: &[&str]| CallbackFilter {
            queues: Some(queues.iter().map(|queue| (*queue).to_owned()).collect()),
            ..CallbackFilter::default()
        };
        assert_eq!(store.callbacks_count(&team(&["satis", "destek"])).await.unwrap(), 60);
        assert_eq!(store.callbacks_count(&team(&["satis"])).await.unwrap(), 0);
        assert_eq!(store.callbacks_count(&team(&[])).await.unwrap(), 0);
    }
}
