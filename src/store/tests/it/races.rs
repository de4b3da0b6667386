//! Many at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::{NewAppointment, NewTicket, PageAsk, StoreError, TicketFilter};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::opened::{DAY, NOON, Opened, both};

both! {
    async fn fifty_tickets_at_once_get_fifty_numbers_in_a_row(opened: &Opened) {
        let zeynep = opened.user("zeynep", None).await.id;
        let mut makers = JoinSet::new();
        for n in 0..50 {
            let (store, zeynep) = (opened.store.clone(), zeynep.clone());
            makers.spawn(async move {
                let new = NewTicket { subject: format!("Talep {n}"), ..NewTicket::default() };
                store.ticket_insert(&new, &zeynep, NOON).await.unwrap().number
            });
        }
        let numbers: BTreeSet<i64> = makers.join_all().await.into_iter().collect();
        assert_eq!(numbers.into_iter().collect::<Vec<_>>(), (1001..=1050).collect::<Vec<_>>());
    }

    async fn of_ten_who_want_the_same_hour_one_gets_it(opened: &Opened) {
        let murat = opened.user("murat", None).await.id;
        for day in 1..=8_i64 {
            let starting_gate = Arc::new(Barrier::new(10));
            let mut makers = JoinSet::new();
            for n in 0..10_i64 {
                let (store, murat, gate) = (opened.store.clone(), murat.clone(), starting_gate.clone());
                makers.spawn(async move {
                    let starts_at = NOON + day * DAY + n * 60_000_000;
                    let (title, with) = ("Keşif".to_owned(), Some(murat.clone()));
                    let new = NewAppointment { title, starts_at, minutes: 30, with, ..NewAppointment::default() };
                    gate.wait().await;
                    store.appointment_insert(&new, &murat, NOON).await
                });
            }
            let results = makers.join_all().await;
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "day {day}");
            let taken = results.iter().filter(|result| matches!(result, Err(StoreError::Conflict("taken")))).count();
            assert_eq!(taken, 9, "day {day}");
        }
    }

    async fn what_was_written_is_there_when_the_database_is_opened_again(opened: &Opened) {
        let zeynep = opened.user("zeynep", None).await.id;
        let new = NewTicket { subject: "Kalıcı".to_owned(), ..NewTicket::default() };
        let ticket = opened.store.ticket_insert(&new, &zeynep, NOON).await.unwrap();
        // A second opening without closing the first is what a killed and restarted process does.
        let again = store::Store::open(&opened.url).await.unwrap();
        assert_eq!(again.ticket_get(&ticket.id).await.unwrap(), ticket);
        assert_eq!(again.tickets_list(&TicketFilter::default(), &PageAsk::default()).await.unwrap().items.len(), 1);
        again.close().await;
    }
}
