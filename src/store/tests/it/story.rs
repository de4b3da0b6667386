//! One call from the first ring to the timeline, and everything around it.

use crm::card::Match;
use crm::ticket::{Kind, Status};
use pbx::event::EndClass;
use pbx::record::RecordingState;
use store::{
    AppointmentPatch, CallFilter, CustomerPatch, LineAsk, NewAppointment, NewCustomer, NewOrder, NewProduct,
    NewSession, NewTicket, OrderFilter, OrderPatch, PageAsk, StoreError, TicketFilter, TicketPatch, TimelineKind,
    UserPatch,
};

use crate::events::Tape;
use crate::opened::{DAY, HOUR, MINUTE, NOON, Opened, both};

fn ayse() -> NewCustomer {
    NewCustomer {
        name: "Ayşe Yılmaz".to_owned(),
        company: Some("Yılmaz Ltd.".to_owned()),
        phones: vec!["0532 111 22 33".to_owned(), "+90 532 111 2233".to_owned(), "444 1 444".to_owned()],
        tags: vec!["VIP".to_owned(), "vip".to_owned()],
        ..NewCustomer::default()
    }
}

both! {
    async fn an_unknown_caller_becomes_a_customer_with_a_ticket_and_is_known_the_next_time(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", Some("101")).await;
        let stranger = store.caller_for(Some("905551234567"), NOON).await.unwrap();
        assert_eq!(stranger.matched, Match::None { previous_calls: 0 });
        assert_eq!(stranger.display_number.as_deref(), Some("0555 123 45 67"));

        let tape = Tape::new(NOON).started(Some("05551234567")).queued("destek").offered("zeynep").answered("zeynep");
        // The agent is quicker than the journal: customer and ticket are written before the call is.
        let new = NewCustomer { name: "Işıl Öz".to_owned(), call: Some(tape.id().to_owned()), ..NewCustomer::default() };
        let customer = store.customer_insert(&new, NOON).await.unwrap();
        assert!(customer.row.phones.is_empty());
        let new = NewTicket { subject: "Kargo".to_owned(), call: Some(tape.id().to_owned()), ..NewTicket::default() };
        let ticket = store.ticket_insert(&new, &zeynep.id, NOON).await.unwrap();
        assert_eq!(ticket.customer.as_ref().unwrap().id, customer.row.id);
        assert_eq!(ticket.owner.as_ref().unwrap().name, "zeynep");

        let tape = tape.recorded(58_000).ended(EndClass::Completed, "normal").completed("zeynep", "resolved", "Kargo soruldu");
        store.journal_write(&tape.events).await.unwrap();
        let call = store.call_get(tape.id()).await.unwrap();
        assert_eq!(call.customer.as_ref().unwrap().name, "Işıl Öz");
        assert_eq!(call.agent.as_ref().unwrap().display_name, "zeynep Kişi");
        assert_eq!((call.queue.as_deref(), call.wait_ms, call.missed), (Some("destek"), 5_000, false));
        assert_eq!(call.talk_ms, 60_600);
        assert_eq!((call.ivr[0].menu.as_str(), call.ivr[0].key.as_str()), ("ana-menu", "2"));
        let recording = call.recording.as_ref().unwrap();
        assert_eq!((recording.millis, recording.lost_frames, recording.state), (58_000, 3, RecordingState::Ready));
        assert_eq!((call.disposition.as_deref(), call.note.as_deref()), (Some("resolved"), Some("Kargo soruldu")));
        assert_eq!(call.tickets[0].number, ticket.number);
        assert!(store.call_had_agent(tape.id(), &zeynep.id).await.unwrap());
        assert!(!store.call_had_agent(tape.id(), "usr_other").await.unwrap());

        // A ticket made before the journal has heard who calls belongs to the caller all the same.
        let second = Tape::new(NOON + MINUTE).started(Some("05551234567")).recognised(&customer.row.id, "Işıl Öz");
        let new = NewTicket { subject: "İade".to_owned(), call: Some(second.id().to_owned()), ..NewTicket::default() };
        let early = store.ticket_insert(&new, &zeynep.id, NOON + MINUTE).await.unwrap();
        assert!(early.customer.is_none());
        store.journal_write(&second.events).await.unwrap();
        assert_eq!(store.ticket_get(&early.id).await.unwrap().customer.unwrap().name, "Işıl Öz");
        store.ticket_undo(&early.id, &zeynep.id, NOON + MINUTE).await.unwrap();

        let known = store.caller_for(Some("+90 555 123 45 67"), NOON + HOUR).await.unwrap();
        assert_eq!(known.matched, Match::One { customer: customer.row.id.clone(), name: "Işıl Öz".to_owned() });
        let card = known.card.unwrap();
        assert_eq!(card.summary.last_contact_about.as_deref(), Some("Kargo"));
        assert_eq!((card.summary.open_tickets, card.summary.last_contact_by.as_deref()), (1, Some("zeynep Kişi")));

        let timeline = store.timeline(&customer.row.id, &PageAsk::default()).await.unwrap();
        let kinds: Vec<TimelineKind> = timeline.items.iter().map(|item| item.kind).collect();
        assert_eq!(kinds.len(), 3);
        assert!(kinds.contains(&TimelineKind::Call) && kinds.contains(&TimelineKind::Ticket));
    }

    async fn the_journal_written_twice_is_the_journal_written_once(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", Some("101")).await;
        let customer = store.customer_insert(&ayse(), NOON).await.unwrap();
        let tape = Tape::new(NOON).started(Some("05321112233")).recognised(&customer.row.id, "Ayşe Yılmaz").queued("satis")
            .offered("murat").missed("murat").offered("zeynep").answered("zeynep").ended(EndClass::Completed, "normal");
        // In two batches, the second overlapping the first, then all again.
        store.journal_write(&tape.events[..5]).await.unwrap();
        store.journal_write(&tape.events[3..]).await.unwrap();
        let once = store.call_get(tape.id()).await.unwrap();
        store.journal_write(&tape.events).await.unwrap();
        assert_eq!(store.call_get(tape.id()).await.unwrap(), once);
        assert_eq!(store.call_events(tape.id()).await.unwrap().len(), tape.events.len());
        assert_eq!(once.agent.unwrap().id, zeynep.id);
        let events = store.call_events(tape.id()).await.unwrap();
        let matched = events.iter().find(|event| event.kind == "match.resolved").unwrap();
        assert!(matched.data["caller"]["card"].is_null(), "personal data is not copied into the journal");
        let row = store.customer_get(&customer.row.id).await.unwrap();
        assert_eq!(row.row.last_contact_at, once.answered_at);

        let missed = CallFilter { agent: Some("murat".to_owned()), missed: true, ..CallFilter::default() };
        let murat_missed = store.calls_list(&missed, &PageAsk::default()).await.unwrap().items;
        assert!(murat_missed.is_empty(), "it rang at murat in vain, but the caller was served");
        let by_zeynep = CallFilter { agent: Some(zeynep.id), missed: true, ..CallFilter::default() };
        assert!(store.calls_list(&by_zeynep, &PageAsk::default()).await.unwrap().items.is_empty());
        let nobody = CallFilter { missed: true, ..CallFilter::default() };
        assert!(store.calls_list(&nobody, &PageAsk::default()).await.unwrap().items.is_empty(), "the caller was served");
    }

    async fn a_call_cut_off_by_a_crash_ends_as_interrupted_once(opened: &Opened) {
        let store = &opened.store;
        let talking = Tape::new(NOON).started(Some("05321112233")).queued("destek").answered("zeynep").after(100, |call| {
            pbx::event::What::RecordingStarted { call }
        });
        let over = Tape::new(NOON).started(None).ended(EndClass::Abandoned, "caller-hung-up");
        store.journal_write(&talking.events).await.unwrap();
        store.journal_write(&over.events).await.unwrap();
        let closed = store.calls_close_interrupted(NOON + HOUR, Some(talking.at + 30 * 1_000_000)).await.unwrap();
        assert_eq!(closed, [talking.id().to_owned()]);
        let call = store.call_get(talking.id()).await.unwrap();
        let ending = call.ending.unwrap();
        assert_eq!((ending.class, ending.reason.as_str()), (EndClass::Failed, "interrupted"));
        assert_eq!(call.ended_at, Some(talking.at + 30 * 1_000_000));
        assert!(store.calls_close_interrupted(NOON + HOUR, None).await.unwrap().is_empty());

        store.recording_set_state(talking.id(), RecordingState::Repaired, 29_000).await.unwrap();
        store.journal_write(&talking.events).await.unwrap();
        let recording = store.call_get(talking.id()).await.unwrap().recording.unwrap();
        assert_eq!((recording.state, recording.millis), (RecordingState::Repaired, 29_000));
        assert!(matches!(
            store.recording_set_state(over.id(), RecordingState::Missing, 0).await,
            Err(StoreError::NotFound)
        ));
        let abandoned = store.call_get(over.id()).await.unwrap();
        assert!(abandoned.missed && abandoned.from.is_none());
    }

    async fn numbers_in_any_spelling_are_one_number_and_shared_ones_offer_a_choice(opened: &Opened) {
        let store = &opened.store;
        let ayse = store.customer_insert(&ayse(), NOON).await.unwrap();
        let numbers: Vec<&str> = ayse.row.phones.iter().map(|phone| phone.number.as_str()).collect();
        assert_eq!(numbers, ["+905321112233", "4441444"]);
        assert_eq!(ayse.row.tags, ["VIP"]);
        let can = NewCustomer { name: "Can Yılmaz".to_owned(), phones: vec!["444 14 44".to_owned()], ..NewCustomer::default() };
        let told = store.customer_insert(&can, NOON).await.unwrap_err();
        let StoreError::TakenNumber { field, customer, .. } = &told else { panic!("{told}") };
        assert_eq!((field.as_str(), customer.name.as_str()), ("phones/0", "Ayşe Yılmaz"), "nobody shares a number unasked");
        let can = NewCustomer { shares_numbers: true, ..can };
        store.customer_insert(&can, NOON).await.unwrap();
        let Match::Many { candidates } = store.caller_for(Some("+904441444"), NOON).await.unwrap().matched else {
            panic!("two have it")
        };
        assert_eq!(candidates.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Ayşe Yılmaz", "Can Yılmaz"]);
        for hidden in [None, Some("anonymous"), Some("")] {
            assert_eq!(store.caller_for(hidden, NOON).await.unwrap().matched, Match::Withheld);
        }
        store.customer_phone_add(&ayse.row.id, "0212 320 50 62", NOON).await.unwrap();
        store.customer_phone_add(&ayse.row.id, "+902123205062", NOON).await.unwrap();
        assert_eq!(store.customer_get(&ayse.row.id).await.unwrap().row.phones.len(), 3);
        let wrong = NewCustomer { name: "X".to_owned(), phones: vec!["0532 111 22 33".to_owned(), "abc".to_owned()], ..NewCustomer::default() };
        let error = store.customer_insert(&wrong, NOON).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { ref field, .. } if field == "phones/1"), "{error}");
        opened.user("murat", Some("102")).await;
        let colleague = store.caller_internal("102").await.unwrap();
        assert_eq!(colleague.matched, Match::Internal { name: "murat Kişi".to_owned() });
    }

    async fn a_call_that_is_not_written_yet_is_tied_by_the_number_that_will_be(opened: &Opened) {
        let store = &opened.store;
        let ayse = store.customer_insert(&ayse(), NOON).await.unwrap().row.id;
        let can = NewCustomer { name: "Can".to_owned(), ..NewCustomer::default() };
        let can = store.customer_insert(&can, NOON).await.unwrap().row.id;
        let tape = Tape::new(NOON).started(Some("05321112233")).queued("destek").answered("zeynep");
        let taken = store.call_link_customer(tape.id(), &can, false, Some("0532 111 22 33")).await;
        assert!(matches!(taken, Err(StoreError::TakenNumber { .. })), "{taken:?}");
        let new = NewCustomer {
            name: "Ece".to_owned(),
            call: Some(tape.id().to_owned()),
            from: Some("05321112233".to_owned()),
            ..NewCustomer::default()
        };
        let taken = store.customer_insert(&new, NOON).await;
        assert!(matches!(taken, Err(StoreError::TakenNumber { .. })), "{taken:?}");
        store.call_link_customer(tape.id(), &ayse, false, Some("05321112233")).await.unwrap();
        store.journal_write(&tape.events).await.unwrap();
        assert_eq!(store.call_get(tape.id()).await.unwrap().customer.unwrap().id, ayse);
        // Once it is written, its own number counts.
        let taken = store.call_link_customer(tape.id(), &can, false, Some("05059998877")).await;
        assert!(matches!(taken, Err(StoreError::TakenNumber { .. })), "{taken:?}");
    }

    async fn a_stale_change_is_refused_and_the_fresh_one_is_kept(opened: &Opened) {
        let store = &opened.store;
        let customer = store.customer_insert(&ayse(), NOON).await.unwrap();
        let id = &customer.row.id;
        let patch = CustomerPatch {
            birth_date: Some(Some("1985-04-12".to_owned())),
            sms_consent: Some(true),
            company: Some(None),
            ..CustomerPatch::default()
        };
        let fresh = store.customer_patch(id, Some(customer.rev), &patch, NOON + MINUTE).await.unwrap();
        assert_eq!((fresh.birth_date.as_deref(), fresh.sms_consent, &fresh.row.company), (Some("1985-04-12"), Some(true), &None));
        assert_eq!(fresh.rev, customer.rev + 1);
        let stale = store.customer_patch(id, Some(customer.rev), &patch, NOON + MINUTE).await;
        assert!(matches!(stale, Err(StoreError::Changed)));
        let bad = CustomerPatch { birth_date: Some(Some("12.04.1985".to_owned())), ..CustomerPatch::default() };
        assert!(matches!(store.customer_patch(id, None, &bad, NOON).await, Err(StoreError::Invalid { .. })));
        assert_eq!(store.customer_get(id).await.unwrap().rev, fresh.rev, "a refused change leaves nothing behind");
        assert!(matches!(store.customer_patch("cus_x", None, &patch, NOON).await, Err(StoreError::NotFound)));
        assert!(store.customers_list(Some("ltd"), &PageAsk::default()).await.unwrap().items.is_empty(), "found no more by company");
    }

    async fn a_ticket_runs_its_course(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", None).await;
        let murat = opened.user("murat", None).await;
        let customer = store.customer_insert(&ayse(), NOON).await.unwrap();
        let new = NewTicket {
            subject: "Geç teslimat".to_owned(),
            kind: Some(Kind::Complaint),
            customer: Some(customer.row.id.clone()),
            owner: Some(murat.id.clone()),
            ..NewTicket::default()
        };
        let ticket = store.ticket_insert(&new, &zeynep.id, NOON).await.unwrap();
        assert_eq!((ticket.number, ticket.status, ticket.due_at), (1001, Status::Open, Some(NOON + 2 * DAY)));
        let card = store.customer_card(&customer.row.id, NOON + 3 * DAY).await.unwrap();
        assert_eq!(card.warnings[0].code, "open_complaint");
        assert_eq!(card.warnings[0].values, ["Geç teslimat", "3", "murat Kişi"]);

        let patch = TicketPatch { status: Some(Status::Closed), comment: Some("Telafi edildi".to_owned()), ..TicketPatch::default() };
        let closed = store.ticket_patch(&ticket.id, Some(ticket.rev), &patch, &murat.id, NOON + HOUR).await.unwrap();
        assert_eq!((closed.comments[0].by.as_str(), closed.comments[0].text.as_str()), ("murat Kişi", "Telafi edildi"));
        let waiting = TicketPatch { status: Some(Status::Waiting), ..TicketPatch::default() };
        let refused = store.ticket_patch(&ticket.id, None, &waiting, &murat.id, NOON + HOUR).await;
        assert!(matches!(refused, Err(StoreError::Conflict("status"))));
        assert_eq!(store.ticket_get(&ticket.id).await.unwrap().rev, closed.rev);
        assert!(store.customer_card(&customer.row.id, NOON).await.unwrap().warnings.is_empty());

        let list = |filter: TicketFilter| async move { store.tickets_list(&filter, &PageAsk::default()).await.unwrap().items.len() };
        assert_eq!(list(TicketFilter { q: Some("GEÇ".to_owned()), ..TicketFilter::default() }).await, 1);
        assert_eq!(list(TicketFilter { q: Some("1001".to_owned()), ..TicketFilter::default() }).await, 1);
        assert_eq!(list(TicketFilter { q: Some("yilmaz".to_owned()), ..TicketFilter::default() }).await, 1);
        assert_eq!(list(TicketFilter { owner: Some(murat.id.clone()), ..TicketFilter::default() }).await, 1);
        assert_eq!(list(TicketFilter { owner: Some(zeynep.id.clone()), ..TicketFilter::default() }).await, 0);
        assert_eq!(list(TicketFilter { status: Some(Status::Open), ..TicketFilter::default() }).await, 0);

        let empty = NewTicket::default();
        let error = store.ticket_insert(&empty, &zeynep.id, NOON).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { ref field, code: "required" } if field == "subject"));
    }

    async fn only_the_maker_takes_back_and_only_for_ten_minutes(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", None).await;
        let new = NewTicket { subject: "Yanlış".to_owned(), ..NewTicket::default() };
        let ticket = store.ticket_insert(&new, &zeynep.id, NOON).await.unwrap();
        let other = store.ticket_undo(&ticket.id, "usr_other", NOON).await;
        assert!(matches!(other, Err(StoreError::Conflict("not-yours"))));
        let late = store.ticket_undo(&ticket.id, &zeynep.id, NOON + 11 * MINUTE).await;
        assert!(matches!(late, Err(StoreError::Conflict("too-late"))));
        store.ticket_undo(&ticket.id, &zeynep.id, NOON + 9 * MINUTE).await.unwrap();
        assert!(matches!(store.ticket_get(&ticket.id).await, Err(StoreError::NotFound)));
        let next = store.ticket_insert(&new, &zeynep.id, NOON).await.unwrap();
        assert_eq!(next.number, ticket.number + 1, "a number is never used twice");
    }

    async fn an_order_adds_up_and_a_delivered_one_stays(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", None).await;
        let customer = store.customer_insert(&ayse(), NOON).await.unwrap();
        let product = NewProduct {
            name: "Çay makinesi".to_owned(), sku: "CAY-1".to_owned(), price: 229_900, vat_rate: 20, unit: "adet".to_owned(),
        };
        let product = store.product_insert(&product, NOON).await.unwrap();
        let free = LineAsk { name: Some("Nakliye".to_owned()), quantity: 1, unit_price: Some(10_000), vat_rate: Some(10), product: None };
        let lines = vec![LineAsk { product: Some(product.id.clone()), quantity: 2, ..LineAsk::default() }, free.clone()];
        let new = NewOrder { customer: Some(customer.row.id.clone()), lines, ..NewOrder::default() };
        let order = store.order_insert(&new, &zeynep.id, NOON).await.unwrap();
        assert_eq!((order.number, order.total, order.net + order.vat), (5001, 469_800, 469_800));
        assert_eq!(order.lines[0].vat, 76_633);
        assert_eq!(order.lines.len(), 2);

        let wrong = LineAsk { vat_rate: Some(18), ..free };
        let new = NewOrder { customer: Some(customer.row.id.clone()), lines: vec![wrong], ..NewOrder::default() };
        let error = store.order_insert(&new, &zeynep.id, NOON).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { ref field, .. } if field == "lines/0/vat_rate"));

        let delivered = OrderPatch { status: Some(crm::order::Status::Delivered), ..OrderPatch::default() };
        let order = store.order_patch(&order.id, Some(order.rev), &delivered, NOON).await.unwrap();
        let lines = OrderPatch { lines: Some(vec![]), ..OrderPatch::default() };
        assert!(matches!(store.order_patch(&order.id, None, &lines, NOON).await, Err(StoreError::Conflict("status"))));
        assert_eq!(store.order_get(&order.id).await.unwrap().lines.len(), 2);
        assert_eq!(store.products_of(&customer.row.id).await.unwrap(), [product]);
        let find = OrderFilter { q: Some("çay mak".to_owned()), ..OrderFilter::default() };
        assert_eq!(store.orders_list(&find, &PageAsk::default()).await.unwrap().items.len(), 1);
        let open = OrderFilter { unfinished: true, ..OrderFilter::default() };
        assert!(store.orders_list(&open, &PageAsk::default()).await.unwrap().items.is_empty());
    }

    async fn nobody_is_booked_twice(opened: &Opened) {
        let store = &opened.store;
        let (zeynep, murat) = (opened.user("zeynep", None).await, opened.user("murat", None).await);
        let wish = |at: i64, with: &str| NewAppointment {
            title: "Kurulum".to_owned(), starts_at: at, minutes: 60, with: Some(with.to_owned()), ..NewAppointment::default()
        };
        let at = NOON + DAY;
        let first = store.appointment_insert(&wish(at, &murat.id), &zeynep.id, NOON).await.unwrap();
        let taken = store.appointment_insert(&wish(at + 30 * MINUTE, &murat.id), &zeynep.id, NOON).await;
        assert!(matches!(taken, Err(StoreError::Conflict("taken"))));
        store.appointment_insert(&wish(at + HOUR, &murat.id), &zeynep.id, NOON).await.unwrap();
        store.appointment_insert(&wish(at, &zeynep.id), &zeynep.id, NOON).await.unwrap();
        let longer = AppointmentPatch { minutes: Some(90), ..AppointmentPatch::default() };
        assert!(matches!(store.appointment_patch(&first.id, None, &longer, NOON).await, Err(StoreError::Conflict("taken"))));
        let cancel = AppointmentPatch { status: Some(crm::appointment::Status::Cancelled), ..AppointmentPatch::default() };
        store.appointment_patch(&first.id, Some(first.rev), &cancel, NOON).await.unwrap();
        store.appointment_insert(&wish(at, &murat.id), &zeynep.id, NOON).await.unwrap();
        let past = store.appointment_insert(&wish(NOON - DAY, &murat.id), &zeynep.id, NOON).await;
        assert!(matches!(past, Err(StoreError::Invalid { .. })));
    }

    async fn a_session_opens_until_it_expires_and_a_link_opens_once(opened: &Opened) {
        let store = &opened.store;
        let zeynep = opened.user("zeynep", Some("101")).await;
        let new = NewSession {
            token_hash: "h1".to_owned(), user: zeynep.id.clone(), csrf: "c".to_owned(), created_at: NOON, expires_at: NOON + HOUR,
        };
        store.session_insert(&new).await.unwrap();
        let session = store.session_by_token_hash("h1", NOON).await.unwrap().unwrap();
        assert_eq!((session.user.name.as_str(), session.csrf.as_str()), ("zeynep", "c"));
        assert!(store.session_by_token_hash("h1", NOON + HOUR).await.unwrap().is_none());
        assert!(store.session_by_token_hash("h2", NOON).await.unwrap().is_none());
        store.session_delete("h1").await.unwrap();
        assert!(store.session_by_token_hash("h1", NOON).await.unwrap().is_none());
        store.login_link_insert("l1", &zeynep.id, NOON + HOUR).await.unwrap();
        assert!(store.login_link_take("l1", NOON + 2 * HOUR).await.unwrap().is_none(), "too late");
        assert_eq!(store.login_link_take("l1", NOON).await.unwrap().unwrap().id, zeynep.id);
        assert!(store.login_link_take("l1", NOON).await.unwrap().is_none(), "used up");

        let patch = UserPatch { theme: Some("dark".to_owned()), password_hash: Some(Some("x".to_owned())), ..UserPatch::default() };
        let user = store.user_patch(&zeynep.id, &patch).await.unwrap();
        assert_eq!((user.theme.as_str(), user.language.as_str()), ("dark", "tr"));
        assert_eq!(store.user_by_extension("101").await.unwrap().unwrap(), user);
        let pink = UserPatch { theme: Some("pink".to_owned()), ..UserPatch::default() };
        assert!(matches!(store.user_patch(&zeynep.id, &pink).await, Err(StoreError::Invalid { .. })));
    }
}
