//! The sample business.

use std::time::Instant;

use crm::card::{Level, Match};
use store::seed::{self, Language, demo};
use store::{AppointmentFilter, CallFilter, OrderFilter, PageAsk, TicketFilter};

use crate::opened::{DAY, NOON, Opened, both};

both! {
    async fn the_sample_shows_ayse_with_all_zones_of_her_card(opened: &Opened) {
        let store = &opened.store;
        let began = Instant::now();
        let summary = demo(store, 7, NOON, Language::Turkish).await.unwrap();
        let took = began.elapsed();
        assert!(took.as_secs() < 10, "a demo starts while somebody waits: {took:?}");
        assert_eq!((summary.users, summary.customers), (4, 300));
        assert!((1200..3500).contains(&summary.calls), "{summary:?}");
        assert!(summary.tickets > 150 && summary.orders > 150 && summary.appointments > 30, "{summary:?}");

        let caller = store.caller_for(Some("05321112233"), NOON).await.unwrap();
        assert_eq!(caller.matched, Match::One { customer: summary.ayse.clone(), name: seed::AYSE_NAME.to_owned() });
        assert_eq!((caller.segment.as_deref(), caller.display_number.as_deref()), (Some("vip"), Some(seed::AYSE_DISPLAY)));
        let card = caller.card.unwrap();
        assert_eq!((card.who.company.as_deref(), card.who.role.as_deref()), (Some("Yılmaz Ltd."), Some("satın alma")));
        assert_eq!(card.who.address_as.as_deref(), Some("Ayşe Hanım"));
        assert_eq!((card.warnings[0].level, card.warnings[0].code.as_str()), (Level::Danger, "overdue"));
        assert_eq!(card.warnings[0].values, ["23", "₺12.450,00", "F-2031"]);
        assert_eq!(card.warnings[1].values, ["Geç teslimat", "3", "Murat Demir"]);
        assert_eq!(card.ask.iter().map(|ask| ask.field.as_str()).collect::<Vec<_>>(), ["birth_date", "sms_consent"]);
        assert_eq!((card.summary.revenue_12m, card.summary.orders, card.summary.open_orders), (seed::AYSE_REVENUE, 14, 1));
        assert_eq!((card.summary.last_contact_by.as_deref(), card.summary.last_contact_about.as_deref()), (Some("Zeynep Kaya"), Some("kargo")));
        assert_eq!((NOON - card.summary.last_contact_at.unwrap()) / DAY, 6);
        assert_eq!(card.offer.unwrap().title, "Yıllık bakım sözleşmesi");
        assert_eq!(card.treat.len(), 2);

        let shared = store.caller_for(Some(seed::SHARED_NUMBER), NOON).await.unwrap();
        assert!(matches!(shared.matched, Match::Many { ref candidates } if candidates.len() == 2));
        assert!(demo(store, 7, NOON, Language::Turkish).await.is_err(), "not over an existing business");
    }

    async fn the_sample_is_whole_and_lies_in_the_past(opened: &Opened) {
        let store = &opened.store;
        let summary = demo(store, 7, NOON, Language::Turkish).await.unwrap();
        let mut ask = PageAsk::first(100);
        let (mut seen, mut missed, mut days) = (0, 0, std::collections::BTreeSet::new());
        loop {
            let page = store.calls_list(&CallFilter::default(), &ask).await.unwrap();
            for call in &page.items {
                assert!(call.ended_at.unwrap() < NOON && call.ending.is_some(), "{call:?}");
                let recorded = summary.recorded.iter().find(|recorded| recorded.call == call.id);
                let talked = (call.ended_at.unwrap() - call.answered_at.unwrap_or_default()) / 1000;
                match (&call.recording, recorded) {
                    (Some(recording), Some(recorded)) => {
                        assert_eq!(recording.state, store::RecordingState::Ready);
                        assert_eq!(recording.millis, seed::CONVERSATIONS[recorded.conversation]);
                        assert_eq!(talked, recording.millis as i64, "{call:?}");
                    }
                    (None, None) => {}
                    other => panic!("{other:?}"),
                }
                let late = call.answered_at.is_some() && call.started_at > NOON - 20 * DAY;
                assert!(!late || call.recording.is_some(), "{call:?}");
                days.insert(call.started_at / DAY);
                missed += usize::from(call.missed);
            }
            seen += page.items.len();
            let Some(next) = page.next else { break };
            ask = PageAsk::after(next, 100);
        }
        assert_eq!(seen, summary.calls);
        assert!(missed * 100 / seen > 5 && missed * 100 / seen < 30, "{missed} of {seen}");
        assert!(days.len() > 75, "calls on {} days", days.len());
        let number = store.tickets_list(&TicketFilter::default(), &PageAsk::first(1)).await.unwrap();
        assert!(number.items[0].created_at < NOON);
        let maker = store.user_by_name("zeynep").await.unwrap().unwrap();
        assert!(maker.password_hash.is_none());
        let new = store::NewTicket { subject: "Yeni".to_owned(), ..store::NewTicket::default() };
        let next = store.ticket_insert(&new, &maker.id, NOON).await.unwrap();
        assert_eq!(next.number, 1001 + summary.tickets as i64, "numbers go on behind the sample");
        let ahead = AppointmentFilter { from: Some(NOON), ..AppointmentFilter::default() };
        assert!(!store.appointments_list(&ahead, &PageAsk::default()).await.unwrap().items.is_empty());
        let her = CallFilter { customer: Some(summary.ayse.clone()), ..CallFilter::default() };
        assert_eq!(store.calls_list(&her, &PageAsk::default()).await.unwrap().items.len(), 9);
        let found = store.customers_list(Some("AYSE YILMAZ"), &PageAsk::default()).await.unwrap();
        assert_eq!(found.items[0].id, summary.ayse);
        let timeline = store.timeline(&summary.ayse, &PageAsk::first(100)).await.unwrap();
        assert!(timeline.items.len() >= 24);
    }
}

both! {
    async fn the_english_sample_is_english_throughout(opened: &Opened) {
        let store = &opened.store;
        let summary = demo(store, 7, NOON, Language::English).await.unwrap();
        let caller = store.caller_for(Some(seed::AYSE_NUMBER), NOON).await.unwrap();
        assert_eq!(caller.matched, Match::One { customer: summary.ayse.clone(), name: "Alice Young".to_owned() });
        assert_eq!(caller.language.as_deref(), Some("en"));
        let mut shown = format!("{:?}", caller.card);
        let mut ask = PageAsk::first(100);
        while let Ok(page) = store.calls_list(&CallFilter::default(), &ask).await {
            shown.push_str(&format!("{:?}", page.items));
            let Some(next) = page.next else { break };
            ask = PageAsk::after(next, 100);
        }
        let first = PageAsk::first(100);
        shown.push_str(&format!("{:?}", store.customers_list(None, &first).await.unwrap()));
        shown.push_str(&format!("{:?}", store.tickets_list(&TicketFilter::default(), &first).await.unwrap()));
        shown.push_str(&format!("{:?}", store.orders_list(&OrderFilter::default(), &first).await.unwrap()));
        shown.push_str(&format!("{:?}", store.appointments_list(&AppointmentFilter::default(), &first).await.unwrap()));
        shown.push_str(&format!("{:?}", store.products_list(None, &first).await.unwrap()));
        shown.push_str(&format!("{:?}", store.timeline(&summary.ayse, &first).await.unwrap()));
        shown.push_str(&format!("{:?}", store.users_list().await.unwrap()));
        let at = shown.find(|letter| "çğıİöşüÇĞÖŞÜ".contains(letter));
        assert_eq!(at, None, "{}", &shown[at.unwrap_or(0).saturating_sub(60)..][..100]);
        for word in ["adet", "Bey", "Hanım", "kargo", "sipariş", "teslim"] {
            assert!(!shown.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    let (one, two, other) = (Opened::sqlite().await, Opened::sqlite().await, Opened::sqlite().await);
    let summary = demo(&one.store, 42, NOON, Language::Turkish).await.unwrap();
    assert_eq!(demo(&two.store, 42, NOON, Language::Turkish).await.unwrap(), summary);
    assert_ne!(demo(&other.store, 43, NOON, Language::Turkish).await.unwrap(), summary);
    let ask = PageAsk::first(100);
    let customers = one.store.customers_list(None, &ask).await.unwrap();
    assert_eq!(two.store.customers_list(None, &ask).await.unwrap(), customers);
    let orders = one.store.orders_list(&OrderFilter::default(), &ask).await.unwrap();
    assert_eq!(two.store.orders_list(&OrderFilter::default(), &ask).await.unwrap(), orders);
    let calls = one.store.calls_list(&CallFilter::default(), &ask).await.unwrap();
    assert_eq!(two.store.calls_list(&CallFilter::default(), &ask).await.unwrap(), calls);
    for opened in [one, two, other] {
        opened.gone().await;
    }
}
