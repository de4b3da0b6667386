//! Finding and paging, Turkish letters included.

use store::{CallFilter, NewCustomer, PageAsk, Store, StoreError};

use crate::events::Tape;
use crate::opened::{MINUTE, NOON, Opened, both};

async fn add(store: &Store, name: &str, phone: &str) {
    let phones = if phone.is_empty() { vec![] } else { vec![phone.to_owned()] };
    let company = Some("Örnek %10 İndirim".to_owned());
    store
        .customer_insert(&NewCustomer { name: name.to_owned(), company, phones, ..NewCustomer::default() }, NOON)
        .await
        .unwrap();
}

async fn found(store: &Store, q: &str) -> Vec<String> {
    let page = store.customers_list(Some(q), &PageAsk::default()).await.unwrap();
    page.items.into_iter().map(|row| row.name).collect()
}

both! {
    async fn a_name_is_found_however_its_letters_are_typed(opened: &Opened) {
        let store = &opened.store;
        add(store, "Işık Şen", "0532 111 22 33").await;
        add(store, "İsmail Çağlar", "0212 320 50 62").await;
        add(store, "Ilgaz Öz", "").await;
        for q in ["ISIK", "ışık", "isik", "Işık", "işik şen", "SEN IŞIK", "şik"] {
            assert_eq!(found(store, q).await, ["Işık Şen"], "{q}");
        }
        assert_eq!(found(store, "caglar").await, ["İsmail Çağlar"]);
        for q in ["0532 111", "532111", "+90 532 111 22 33", "0090532", "22 33"] {
            assert_eq!(found(store, q).await, ["Işık Şen"], "{q}");
        }
        assert_eq!(found(store, "ornek").await.len(), 3);
        assert_eq!(found(store, "  ").await.len(), 3, "nothing asked, all shown");
        for q in ["%", "_", "\\", "'; DROP TABLE customers; --", "yok"] {
            assert!(found(store, q).await.is_empty(), "{q}");
        }
    }

    async fn lists_follow_the_turkish_alphabet(opened: &Opened) {
        let store = &opened.store;
        let sorted = ["Cam", "Çilek", "Ilık", "İnce", "Su", "Şap", "Ufuk", "Ünal"];
        for name in ["Şap", "Ünal", "Cam", "Su", "İnce", "Ufuk", "Çilek", "Ilık"] {
            add(store, name, "").await;
        }
        assert_eq!(found(store, "").await, sorted);
    }

    async fn pages_neither_repeat_nor_lose_rows_while_others_are_added(opened: &Opened) {
        let store = &opened.store;
        for n in 0..25 {
            add(store, &format!("Kişi {n:02}"), "").await;
        }
        let first = store.customers_list(None, &PageAsk::first(10)).await.unwrap();
        add(store, "Ahmet", "").await;
        add(store, "Kişi 12b", "").await;
        let second = store.customers_list(None, &PageAsk::after(first.next.unwrap(), 10)).await.unwrap();
        let third = store.customers_list(None, &PageAsk::after(second.next.unwrap(), 10)).await.unwrap();
        let names: Vec<&str> = [&first.items, &second.items, &third.items].into_iter().flatten().map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), 26, "the one added behind the cursor is seen, the one before it is not");
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(third.next.is_none());
        for wrong in ["x", "zz", "00", "616263", "c3", "çç"] {
            let error = store.customers_list(None, &PageAsk::after(wrong, 10)).await.unwrap_err();
            assert!(matches!(error, StoreError::Invalid { ref field, .. } if field == "cursor"), "{wrong}: {error}");
        }
    }

    async fn calls_are_found_by_number_name_and_time(opened: &Opened) {
        let store = &opened.store;
        // All at the same moment: the id decides.
        for n in 0..7 {
            let tape = Tape::new(NOON).started(Some(&format!("0532111223{n}"))).queued("destek");
            store.journal_write(&tape.events).await.unwrap();
        }
        let later = Tape::new(NOON + MINUTE).started(Some("sip:bob\0@x"));
        store.journal_write(&later.events).await.unwrap();
        let list = |filter: CallFilter| async move { store.calls_list(&filter, &PageAsk::default()).await.unwrap().items };
        assert_eq!(list(CallFilter { q: Some("0532 111 22 34".to_owned()), ..CallFilter::default() }).await.len(), 1);
        assert_eq!(list(CallFilter { q: Some("ARAYAN".to_owned()), ..CallFilter::default() }).await.len(), 8);
        assert_eq!(list(CallFilter { queue: Some("destek".to_owned()), ..CallFilter::default() }).await.len(), 7);
        assert_eq!(list(CallFilter { from: Some(NOON + 1), ..CallFilter::default() }).await[0].from.as_deref(), Some("sip:bob@x"));
        assert_eq!(list(CallFilter { to: Some(NOON + 1), ..CallFilter::default() }).await.len(), 7);
        assert!(list(CallFilter { recorded: true, ..CallFilter::default() }).await.is_empty());
        let mut ids = Vec::new();
        let mut ask = PageAsk::first(3);
        loop {
            let page = store.calls_list(&CallFilter::default(), &ask).await.unwrap();
            ids.extend(page.items.into_iter().map(|call| call.id));
            let Some(next) = page.next else { break };
            ask = PageAsk::after(next, 3);
        }
        assert_eq!(ids.len(), 8);
        assert_eq!(ids[0], later.id());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 8, "each once");
    }
}
