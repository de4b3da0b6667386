//! A seeded database is like any other, only larger.

use store::seed::{Language, Size, fill};
use store::{CallFilter, PageAsk, StoreError, TicketFilter};

use crate::opened::{NOON, Opened, both};

both! {
    async fn a_seeded_database_is_searched_like_any_other_and_grows(opened: &Opened) {
        let store = &opened.store;
        let mut told = Vec::new();
        fill(store, Size { customers: 1200, calls: 3000 }, NOON, Language::Turkish, |part, done, all| told.push((part, done, all))).await.unwrap();
        assert!(told.iter().any(|(_, done, all)| done == all));
        let ask = PageAsk::first(100);
        let page = store.customers_list(Some("mehmet"), &ask).await.unwrap();
        assert!(!page.items.is_empty());
        assert!(page.items.iter().all(|row| crm::text::fold(&row.name).contains("mehmet") || row.company.is_some()));
        // What has been seeded is found by number, and what is written afterwards is found too: the triggers are back.
        let last = page.items.iter().rfind(|row| row.phones.len() == 1).unwrap();
        let found = store.customers_list(Some(&last.phones[0].display), &ask).await.unwrap();
        assert_eq!(found.items.iter().filter(|row| row.id == last.id).count(), 1);
        store.customer_tag_add(&last.id, "Yepyeni Etiket", NOON).await.unwrap();
        assert_eq!(store.customers_list(Some("yepyeni"), &ask).await.unwrap().items.len(), 1);
        let tickets = store.tickets_list(&TicketFilter::default(), &PageAsk::first(1)).await.unwrap();
        let q = Some(format!("talep {}", tickets.items[0].number));
        assert_eq!(store.tickets_list(&TicketFilter { q, ..TicketFilter::default() }, &ask).await.unwrap().items.len(), 1);

        fill(store, Size { customers: 1300, calls: 3100 }, NOON, Language::Turkish, |_, _, _| ()).await.unwrap();
        let mut calls = 0;
        let mut ask = PageAsk::first(100);
        loop {
            let page = store.calls_list(&CallFilter::default(), &ask).await.unwrap();
            calls += page.items.len();
            let Some(next) = page.next else { break };
            ask = PageAsk::after(next, 100);
        }
        assert_eq!(calls, 3100, "nothing is made twice");
    }

    async fn a_database_in_which_people_work_is_not_seeded(opened: &Opened) {
        opened.user("zeynep", Some("101")).await;
        let size = Size { customers: 400, calls: 10 };
        let error = fill(&opened.store, size, NOON, Language::Turkish, |_, _, _| ()).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict("in-use")), "{error}");
        assert!(opened.store.customers_list(None, &PageAsk::default()).await.unwrap().items.is_empty());
    }
}
