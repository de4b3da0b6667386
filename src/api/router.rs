//! All routes, in the order of docs/API.md, and what surrounds them.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::board::AgentRow;
use crate::fixed::Fixed;
use crate::guard::Access::{Admin, Public, SignedIn, Supervisor};
use crate::input::{UndoQuery, plain_address};
use crate::openapi::{Entry, Listed, Table};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::PageQuery;
use crate::view::call::{CallView, CallWithEvents};
use crate::view::customer::{CustomerRowView, CustomerView, NoteView, TimelineView};
use crate::view::work::{AppointmentView, AuditView, CallbackView, OrderView, ProductView, TicketView};
use crate::{
    agents, appointments, audit, callbacks, calls, commands, customers, desk, health, offers, orders, origin, page,
    peaks, problem, products, recordings, second, session, tickets,
};

/// The whole service: API, websocket, page.
pub fn router(state: Arc<ApiState>) -> Router {
    let (table, https) = (table(state.clone()), state.https);
    let document = table.document();
    let document = Arc::new(LazyLock::new(move || Fixed::json(document.to_string())));
    table
        .into_router()
        .route("/api/openapi.json", get(move |headers: HeaderMap| async move { document.answer(&headers) }))
        .fallback(page::serve)
        .method_not_allowed_fallback(|| async { Problem::of("method-not-allowed") })
        .layer(from_fn(plain_address))
        .layer(from_fn_with_state(state.clone(), origin::check))
        .layer(from_fn(problem::speak))
        .layer(map_response(move |response| secured(https, response)))
        .with_state(state)
}

/// Every route with its access, for the test of the role matrix.
pub fn listed(state: Arc<ApiState>) -> Vec<Listed> {
    table(state).listed()
}

/// Headers of every answer. What does not say that it may be kept is kept by nobody.
async fn secured(https: bool, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.extend(page::SECURITY_HEADERS);
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn table(state: Arc<ApiState>) -> Table {
    let table = Table::new(state);
    let table = operations(session_routes(table));
    let table = stored_calls(telephony(table));
    work(customer_routes(table))
}

fn session_routes(table: Table) -> Table {
    table
        .add(
            Entry::post("/api/v1/session", Public, "session", "Sign in")
                .takes::<session::Credentials>()
                .gives::<session::SessionView>(),
            session::sign_in,
        )
        .add(
            Entry::post("/api/v1/session/login-link", Public, "session", "Sign in with a one-use link")
                .takes::<session::LoginLink>()
                .gives::<session::SessionView>(),
            session::by_link,
        )
        .add(
            Entry::get("/api/v1/session", SignedIn, "session", "Who am I").gives::<session::SessionView>(),
            session::show,
        )
        .add(Entry::delete("/api/v1/session", SignedIn, "session", "Sign out").gives_nothing(), session::sign_out)
        .add(
            Entry::patch("/api/v1/me", SignedIn, "session", "Change my language or theme")
                .takes::<session::MePatch>()
                .gives::<session::Me>(),
            session::change_me,
        )
}

fn operations(table: Table) -> Table {
    table
        .add(Entry::get("/health", Public, "operations", "How the daemon is"), health::health)
        .add(Entry::get("/metrics", Public, "operations", "Metrics").gives_media("text/plain"), health::metrics)
        .add(
            Entry::get("/api/v1/audit", Admin, "operations", "Who did what").asks::<PageQuery>().lists::<AuditView>(),
            audit::list,
        )
        .add(Entry::get("/api/v1/stream", SignedIn, "desk", "The desk's websocket").upgrades(), desk::stream)
}

fn telephony(table: Table) -> Table {
    let command = |path, summary| Entry::post(path, SignedIn, "telephony", summary).gives_nothing();
    table
        .add(command("/api/v1/agents/me/status", "Choose my status").takes::<commands::StatusWish>(), commands::status)
        .add(command("/api/v1/agents/me/wrap-up/extend", "Thirty more seconds"), commands::extend_wrap_up)
        .add(command("/api/v1/agents/me/wrap-up/end", "Ready again"), commands::end_wrap_up)
        .add(command("/api/v1/calls/{id}/answer", "Answer the ringing phone"), commands::answer)
        .add(command("/api/v1/calls/{id}/decline", "Give the offer back"), commands::decline)
        .add(command("/api/v1/calls/{id}/hangup", "Hang up"), commands::hang_up)
        .add(command("/api/v1/calls/{id}/hold", "Music to the caller"), commands::hold)
        .add(command("/api/v1/calls/{id}/resume", "Back to talking"), commands::resume)
        .add(
            command("/api/v1/calls/{id}/transfer", "Send the caller elsewhere").takes::<commands::TransferWish>(),
            commands::transfer,
        )
        .add(
            command("/api/v1/calls/{id}/complete", "Save the result").takes::<commands::CallResult>(),
            commands::complete,
        )
        .add(Entry::get("/api/v1/agents", SignedIn, "telephony", "Agents now").gives_all::<AgentRow>(), agents::agents)
        .add(
            Entry::get("/api/v1/queues", SignedIn, "telephony", "Queues now").gives_all::<agents::QueueRow>(),
            agents::queues,
        )
}

fn stored_calls(table: Table) -> Table {
    table
        .add(
            Entry::get("/api/v1/calls", SignedIn, "calls", "Stored calls; agents see their own")
                .asks::<calls::CallQuery>()
                .lists::<CallView>(),
            calls::list,
        )
        .add(
            Entry::get("/api/v1/calls/{id}", SignedIn, "calls", "One call and its events").gives::<CallWithEvents>(),
            calls::show,
        )
        .add(
            Entry::post("/api/v1/calls/{id}/link", SignedIn, "calls", "Tie the caller to a customer")
                .takes::<calls::LinkWish>()
                .gives_nothing(),
            calls::link,
        )
        .add(
            Entry::get("/api/v1/recordings", Supervisor, "calls", "Calls with a recording")
                .asks::<calls::CallQuery>()
                .lists::<CallView>(),
            recordings::list,
        )
        .add(
            Entry::get("/api/v1/recordings/{call}/audio", SignedIn, "calls", "The sound, in parts")
                .gives_media("audio/wav"),
            recordings::audio,
        )
        .add(
            Entry::get("/api/v1/recordings/{call}/peaks", SignedIn, "calls", "The outline for drawing")
                .asks::<recordings::PeaksQuery>()
                .gives::<peaks::Peaks>()
                .reads_much(),
            recordings::peaks,
        )
}

fn customer_routes(table: Table) -> Table {
    let get = |path, summary| Entry::get(path, SignedIn, "customers", summary);
    let post = |path, summary| Entry::post(path, SignedIn, "customers", summary);
    table
        .add(
            get("/api/v1/customers", "Customers").asks::<customers::CustomerQuery>().lists::<CustomerRowView>(),
            customers::list,
        )
        .add(
            post("/api/v1/customers", "Add a customer").takes::<customers::NewCustomerWish>().creates::<CustomerView>(),
            customers::create,
        )
        .add(
            get("/api/v1/customers/lookup", "Whose number is it").asks::<customers::LookupQuery>().gives::<Value>(),
            customers::lookup,
        )
        .add(get("/api/v1/customers/{id}", "One customer").gives::<CustomerView>(), customers::show)
        .add(
            Entry::patch("/api/v1/customers/{id}", SignedIn, "customers", "Change a customer")
                .takes::<customers::CustomerPatchWish>()
                .gives::<CustomerView>(),
            customers::change,
        )
        .add(get("/api/v1/customers/{id}/card", "The card").gives::<Value>(), customers::card)
        .add(
            get("/api/v1/customers/{id}/timeline", "Their past").asks::<PageQuery>().lists::<TimelineView>(),
            customers::timeline,
        )
        .add(
            get("/api/v1/customers/{id}/second", "One tab of the second screen")
                .asks::<customers::SecondQuery>()
                .gives::<Value>()
                .reads_much(),
            second::show,
        )
        .add(
            post("/api/v1/customers/{id}/notes", "Write a note").takes::<customers::NoteWish>().creates::<NoteView>(),
            customers::add_note,
        )
        .add(
            post("/api/v1/customers/{id}/tags", "Add a tag").takes::<customers::TagWish>().gives_nothing(),
            customers::add_tag,
        )
        .add(
            Entry::delete("/api/v1/customers/{id}/tags/{tag}", SignedIn, "customers", "Remove a tag").gives_nothing(),
            customers::remove_tag,
        )
        .add(
            post("/api/v1/offers/{id}/answer", "What they said to the offer")
                .takes::<offers::AnswerWish>()
                .gives_nothing(),
            offers::answer,
        )
}

fn work(table: Table) -> Table {
    let get = |path, summary| Entry::get(path, SignedIn, "work", summary);
    let post = |path, summary| Entry::post(path, SignedIn, "work", summary);
    let patch = |path, summary| Entry::patch(path, SignedIn, "work", summary);
    let delete = |path, summary| Entry::delete(path, SignedIn, "work", summary).asks::<UndoQuery>().gives_nothing();
    table
        .add(get("/api/v1/tickets", "Tickets").asks::<tickets::TicketQuery>().lists::<TicketView>(), tickets::list)
        .add(
            post("/api/v1/tickets", "Open a ticket").takes::<tickets::NewTicketWish>().creates::<TicketView>(),
            tickets::create,
        )
        .add(get("/api/v1/tickets/{id}", "One ticket").gives::<TicketView>(), tickets::show)
        .add(
            patch("/api/v1/tickets/{id}", "Change a ticket").takes::<tickets::TicketPatchWish>().gives::<TicketView>(),
            tickets::change,
        )
        .add(delete("/api/v1/tickets/{id}", "Undo a ticket just opened"), tickets::undo)
        .add(
            get("/api/v1/products", "Products")
                .asks::<products::ProductQuery>()
                .gives_all::<ProductView>()
                .reads_much(),
            products::list,
        )
        .add(get("/api/v1/orders", "Orders").asks::<orders::OrderQuery>().lists::<OrderView>(), orders::list)
        .add(
            post("/api/v1/orders", "Take an order").takes::<orders::NewOrderWish>().creates::<OrderView>(),
            orders::create,
        )
        .add(get("/api/v1/orders/{id}", "One order").gives::<OrderView>(), orders::show)
        .add(
            patch("/api/v1/orders/{id}", "Change an order").takes::<orders::OrderPatchWish>().gives::<OrderView>(),
            orders::change,
        )
        .add(delete("/api/v1/orders/{id}", "Undo an order just taken"), orders::undo)
        .add(
            get("/api/v1/appointments", "Appointments")
                .asks::<appointments::AppointmentQuery>()
                .lists::<AppointmentView>(),
            appointments::list,
        )
        .add(
            post("/api/v1/appointments", "Make an appointment")
                .takes::<appointments::NewAppointmentWish>()
                .creates::<AppointmentView>(),
            appointments::create,
        )
        .add(get("/api/v1/appointments/{id}", "One appointment").gives::<AppointmentView>(), appointments::show)
        .add(
            patch("/api/v1/appointments/{id}", "Change an appointment")
                .takes::<appointments::AppointmentPatchWish>()
                .gives::<AppointmentView>(),
            appointments::change,
        )
        .add(delete("/api/v1/appointments/{id}", "Undo an appointment just made"), appointments::undo)
        .add(
            get("/api/v1/callbacks", "Who is owed a call").asks::<callbacks::CallbackQuery>().lists::<CallbackView>(),
            callbacks::list,
        )
        .add(
            post("/api/v1/callbacks", "Promise a call").takes::<callbacks::NewCallbackWish>().creates::<CallbackView>(),
            callbacks::create,
        )
        .add(get("/api/v1/callbacks/{id}", "One callback").gives::<CallbackView>(), callbacks::show)
        .add(
            patch("/api/v1/callbacks/{id}", "Take, put off or end a callback")
                .takes::<callbacks::CallbackPatchWish>()
                .gives::<CallbackView>(),
            callbacks::change,
        )
        .add(delete("/api/v1/callbacks/{id}", "Undo a promise just made"), callbacks::undo)
}
