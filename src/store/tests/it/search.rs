//! Finding and paging, Turkish letters included.

use store::{
    CallFilter, CustomerPatch, LineAsk, NewCustomer, NewOrder, NewTicket, OrderFilter, PageAsk, Store, StoreError,
    TicketFilter,
};

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

/// How many calls, tickets and orders are found.
async fn everywhere(store: &Store, q: &str) -> [usize; 3] {
    let (q, ask) = (Some(q.to_owned()), PageAsk::default());
    let calls = store.calls_list(&CallFilter { q: q.clone(), ..CallFilter::default() }, &ask).await.unwrap();
    let tickets = store.tickets_list(&TicketFilter { q: q.clone(), ..TicketFilter::default() }, &ask).await.unwrap();
    let orders = store.orders_list(&OrderFilter { q, ..OrderFilter::default() }, &ask).await.unwrap();
    [calls.items.len(), tickets.items.len(), orders.items.len()]
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

    async fn tags_companies_and_the_beginnings_of_words_find_a_customer(opened: &Opened) {
        let store = &opened.store;
        let new = |name: &str, tags: &[&str]| NewCustomer {
            name: name.to_owned(),
            email: Some("satin.alma@ornek.example".to_owned()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..NewCustomer::default()
        };
        let ali = store.customer_insert(&new("Ali Öz", &["Kargo hassas"]), NOON).await.unwrap().row.id;
        store.customer_insert(&new("Veli Kara", &[]), NOON).await.unwrap();
        assert_eq!(found(store, "kargo").await, ["Ali Öz"]);
        assert_eq!(found(store, "ali hassas").await, ["Ali Öz"]);
        assert_eq!(found(store, "a").await, ["Ali Öz"], "a word that begins with it");
        assert_eq!(found(store, "ö").await, ["Ali Öz", "Veli Kara"], "öz, and the address of the other");
        assert_eq!(found(store, "öz").await, ["Ali Öz"]);
        assert_eq!(found(store, "ve ka").await, ["Veli Kara"]);
        assert!(found(store, "el").await.is_empty(), "two letters are the beginning of a word");
        assert_eq!(found(store, "eli").await, ["Veli Kara"], "three are a part of one");
        store.customer_tag_remove(&ali, "KARGO HASSAS", NOON).await.unwrap();
        assert!(found(store, "kargo").await.is_empty());
        store.customer_tag_add(&ali, "Bayi", NOON).await.unwrap();
        assert_eq!(found(store, "bayi").await, ["Ali Öz"]);
    }

    async fn what_a_customer_is_called_now_finds_their_calls_tickets_and_orders(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", Some("101")).await.id;
        let new = NewCustomer { name: "Ayşe Yılmaz".to_owned(), phones: vec!["0532 111 22 33".to_owned()], ..NewCustomer::default() };
        let ayse = store.customer_insert(&new, NOON).await.unwrap().row.id;
        let call = Tape::new(NOON).started(Some("05321112233")).recognised(&ayse, "Ayşe Yılmaz");
        store.journal_write(&call.events).await.unwrap();
        let stranger = Tape::new(NOON).started(Some("02123334455"));
        store.journal_write(&stranger.events).await.unwrap();
        let ticket = NewTicket { subject: "Kargo gecikti".to_owned(), customer: Some(ayse.clone()), ..NewTicket::default() };
        let ticket = store.ticket_insert(&ticket, &zeynep, NOON).await.unwrap();
        let line = LineAsk { name: Some("Masa".to_owned()), quantity: 1, unit_price: Some(100), vat_rate: Some(20), ..LineAsk::default() };
        let order = NewOrder { customer: Some(ayse.clone()), lines: vec![line], ..NewOrder::default() };
        let order = store.order_insert(&order, &zeynep, NOON).await.unwrap();
        assert_eq!(everywhere(store, "yılmaz").await, [1, 1, 1]);
        assert_eq!(everywhere(store, "AYŞE YIL").await, [1, 1, 1]);
        assert_eq!(everywhere(store, "arayan").await, [2, 0, 0]);
        let rename = CustomerPatch { name: Some("Ayşe Kaya".to_owned()), ..CustomerPatch::default() };
        store.customer_patch(&ayse, None, &rename, NOON).await.unwrap();
        assert_eq!(everywhere(store, "yılmaz").await, [0, 0, 0]);
        assert_eq!(everywhere(store, "kaya").await, [1, 1, 1]);
        store.call_link_customer(stranger.id(), &ayse, false, None).await.unwrap();
        assert_eq!(everywhere(store, "kaya").await, [2, 1, 1], "the call that was tied to her is found too");
        for q in [format!("#{}", ticket.number), format!("talep {}", ticket.number), format!("Kayıt no: {}", ticket.number)] {
            assert_eq!(everywhere(store, &q).await[1], 1, "{q}");
        }
        for q in [format!("{}", order.number), format!("sipariş {}", order.number), format!("Sipariş #{}", order.number)] {
            assert_eq!(everywhere(store, &q).await[2], 1, "{q}");
        }
        store.ticket_undo(&ticket.id, &zeynep, NOON).await.unwrap();
        store.order_undo(&order.id, &zeynep, NOON).await.unwrap();
        assert_eq!(everywhere(store, "kaya").await, [2, 0, 0], "what was taken back is not found");
    }

    /// More rows than a search looks at before it asks the index of words, so that both ways are taken and meet.
    async fn a_search_pages_through_common_and_rare_words_alike(opened: &Opened) {
        let store = &opened.store;
        let mut tapes = Vec::new();
        for n in 0..4300_i64 {
            // Some in the same microsecond: the id decides.
            let tape = Tape::new(NOON + n / 3 * 1000);
            let name = if n % 71 == 0 { "Nadir Kişi" } else { "Sık Arayan" };
            tapes.push(tape.named(name, &format!("0532{n:07}")));
        }
        for batch in tapes.chunks(500) {
            let events: Vec<_> = batch.iter().flat_map(|tape| tape.events.clone()).collect();
            store.journal_write(&events).await.unwrap();
        }
        for (q, count) in [("nadir", 61), ("ki nadir", 61), ("arayan", 4239), ("0532 0004 299", 1), ("0532 0000 000", 1), ("yok böyle", 0), ("zz", 0)] {
            let mut seen: Vec<(i64, String)> = Vec::new();
            let mut ask = PageAsk::first(100);
            loop {
                let filter = CallFilter { q: Some(q.to_owned()), ..CallFilter::default() };
                let page = store.calls_list(&filter, &ask).await.unwrap();
                seen.extend(page.items.into_iter().map(|call| (call.started_at, call.id)));
                let Some(next) = page.next else { break };
                ask = PageAsk::after(next, 100);
            }
            assert_eq!(seen.len(), count, "{q}");
            assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{q}: newest first, each once");
        }
    }
}
