//! A phone of another house: `rsipstack`, a SIP stack in Rust that shares no line with ours, registers, is called, and calls.

use std::sync::Arc;
use std::time::Duration;

use rsipstack::EndpointBuilder;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog::{Dialog, DialogState, DialogStateReceiver, DialogStateSender, TerminatedReason};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::dialog::registration::Registration;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Header, HeadersExt as _, Method, Response, StatusCode, Uri};
use rsipstack::transaction::{Endpoint, Transaction, TransactionReceiver};
use rsipstack::transport::TransportLayer;
use rsipstack::transport::udp::UdpConnection;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::world::desk::Desk;
use crate::world::ear::Ear;
use crate::world::santral::Santral;
use crate::world::sipp::{Caller, Over};
use crate::world::wait_for;

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 1_000.0;
/// Longer than any answer takes on a busy machine, shorter than SIP's own Timer F, so a missing answer is a failure.
const PATIENCE: Duration = Duration::from_secs(15);

#[test]
fn a_phone_of_another_stack_registers_is_called_and_talks() {
    if crate::world::left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let santral = Santral::demo();
    let desk = Desk::agent(&santral, 1);
    let (caller_ear, agent_ear) = (Ear::with_tone(CALLER_HZ), Ear::with_tone(AGENT_HZ));
    let mut phone = Phone::new("102");
    let mut registration = phone.registration(&santral.secret("102"));
    phone.register(&mut registration, santral.sip(), 300);
    assert_eq!(registration.expires(), 300, "the lifetime the phone reads in our 200");
    // Each REGISTER of this stack begins without credentials, so a refresh is asked for them anew.
    phone.register(&mut registration, santral.sip(), 300);
    wait_for("the page to show the phone", PATIENCE, || is_registered(&desk).then_some(()));
    desk.start_shift();

    let from = "+905321112233";
    let hold = Duration::from_secs(60);
    let caller = Caller {
        to: santral.sip(),
        menu: santral.menu(),
        from,
        display: "\"Ayse\"",
        rtp: caller_ear.port,
        hold,
        over: Over::Udp,
    };
    let mut call = caller.call();
    wait_for("the welcome prompt to be heard", PATIENCE, || caller_ear.heard_sound(400).then_some(()));
    caller_ear.press('1');

    let ringing = phone.rings();
    let invite = ringing.initial_request();
    offers_alaw(invite.body());
    assert!(invite.from_header().unwrap().value().contains("5321112233"), "the phone shows who calls: {invite}");
    ringing.ringing(None, None).unwrap();
    ringing
        .accept(Some(vec![Header::ContentType("application/sdp".into())]), Some(description(agent_ear.port)))
        .unwrap();
    phone.wait("our ACK", |state| matches!(state, DialogState::Confirmed(..)).then_some(()));
    wait_for("the agent to hear the caller", PATIENCE, || (agent_ear.heard_tone(CALLER_HZ) > 8_000).then_some(()));
    wait_for("the caller to hear the agent", PATIENCE, || (caller_ear.heard_tone(AGENT_HZ) > 8_000).then_some(()));

    let live = desk.call_from(from, PATIENCE, |call| !call["answered_at"].is_null());
    let (status, body) = desk.post(&format!("/calls/{}/hangup", live["id"].as_str().unwrap()), &json!({}));
    assert_eq!(status, 204, "{body}");
    let ended = phone.wait("our BYE", |state| match state {
        DialogState::Terminated(_, reason) => Some(reason),
        _ => None,
    });
    assert!(matches!(ended, TerminatedReason::UacBye), "{ended:?}");
    assert!(call.finish(PATIENCE), "caller: {}", call.output());

    let row = desk.call_from(from, PATIENCE, |call| call["recording"]["state"] == "ready");
    assert_eq!(row["agent"]["id"], desk.me(), "{row}");
    assert_eq!(row["ivr"][0]["key"], "1", "{row}");
    assert_eq!((&row["ending"]["class"], &row["ending"]["by"]), (&json!("completed"), &json!("agent")), "{row}");
    phone.register(&mut registration, santral.sip(), 0);
    wait_for("the page to show the phone gone", PATIENCE, || (!is_registered(&desk)).then_some(()));
}

#[test]
fn a_phone_of_another_stack_calls_hears_the_prompt_and_hangs_up() {
    let santral = Santral::demo();
    let ear = Ear::with_tone(CALLER_HZ);
    let phone = Phone::new("+905321112244");
    let (call, answer) = phone.call(&santral, ear.port);
    assert_eq!(answer.status_code, StatusCode::OK, "{answer}");
    offers_alaw(answer.body());
    wait_for("the welcome prompt to be heard", PATIENCE, || ear.heard_sound(400).then_some(()));
    // `bye()` would hide how the BYE was answered.
    let bye = phone.runtime.block_on(async { timeout(PATIENCE, call.request(Method::Bye, None, None)).await });
    let bye = bye.expect("an answer to the BYE").unwrap().expect("a final answer to the BYE");
    assert_eq!(bye.status_code, StatusCode::OK, "{bye}");

    let boss = Desk::supervisor(&santral);
    let row = boss.call_from("+905321112244", PATIENCE, |call| !call["ending"].is_null());
    assert_eq!(row["to"], santral.menu(), "{row}");
    let ending = json!({"class": "abandoned", "reason": "caller-hung-up", "by": "caller"});
    assert_eq!(row["ending"], ending, "nobody talked: {row}");
    assert_eq!(row["recording"], Value::Null, "{row}");
}

/// Whether the page says that this agent's phone is reachable.
fn is_registered(desk: &Desk) -> bool {
    let agents = desk.get("/agents");
    let mut agents = agents.as_array().unwrap().iter();
    agents.any(|agent| agent["user"] == desk.me() && agent["registered"] == true)
}

/// A-law and telephone events at this port of the loopback.
fn description(rtp: u16) -> Vec<u8> {
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        &format!("m=audio {rtp} RTP/AVP 8 101"),
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "",
    ]
    .join("\r\n")
    .into_bytes()
}

fn offers_alaw(description: &[u8]) {
    let text = String::from_utf8_lossy(description);
    let audio = text.lines().find(|line| line.starts_with("m=audio ")).unwrap_or_default();
    assert!(audio.split(' ').skip(3).any(|format| format == "8"), "no A-law in:\n{text}");
}

/// One user of the other stack on a socket of its own.
struct Phone {
    runtime: Runtime,
    endpoint: Arc<Endpoint>,
    dialogs: Arc<DialogLayer>,
    tell: DialogStateSender,
    states: DialogStateReceiver,
    user: &'static str,
    contact: Uri,
}

impl Phone {
    fn new(user: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let stop = CancellationToken::new();
        let transport = TransportLayer::new(stop.clone());
        let address = "127.0.0.1:0".parse().unwrap();
        let socket =
            runtime.block_on(UdpConnection::create_connection(address, None, Some(stop.child_token()))).unwrap();
        let contact = Uri::try_from(format!("sip:{user}@{}", socket.get_addr().addr)).unwrap();
        transport.add_transport(socket.into());
        let endpoint = Arc::new(EndpointBuilder::new().with_cancel_token(stop).with_transport_layer(transport).build());
        let dialogs = Arc::new(DialogLayer::new(endpoint.inner.clone()));
        let (tell, states) = dialogs.new_dialog_state_channel();
        let incoming = endpoint.incoming_transactions().unwrap();
        runtime.spawn(take_requests(incoming, dialogs.clone(), tell.clone(), contact.clone()));
        let serving = endpoint.clone();
        runtime.spawn(async move { serving.serve().await });
        Self { runtime, endpoint, dialogs, tell, states, user, contact }
    }

    fn registration(&self, secret: &str) -> Registration {
        let credential =
            Credential { username: self.user.to_owned(), password: secret.to_owned(), ..Credential::default() };
        Registration::new(self.endpoint.inner.clone(), Some(credential))
    }

    /// Registers for `seconds`, with the digest that the stack makes of our challenge; 0 takes the phone away.
    fn register(&self, registration: &mut Registration, registrar: &str, seconds: u32) {
        let registrar = Uri::try_from(format!("sip:{registrar}")).unwrap();
        let answer = async { timeout(PATIENCE, registration.register(registrar, Some(seconds))).await };
        let answer = self.runtime.block_on(answer).expect("an answer to the REGISTER").unwrap();
        assert_eq!(answer.status_code, StatusCode::OK, "{answer}");
        assert_eq!(answer.contact_headers().is_empty(), seconds == 0, "{answer}");
    }

    /// Calls the menu, without credentials; the dialog and the final answer.
    fn call(&self, santral: &Santral, rtp: u16) -> (InviteDialog, Response) {
        let option = InviteOption {
            caller: Uri::try_from(format!("sip:{}@127.0.0.1", self.user)).unwrap(),
            callee: Uri::try_from(format!("sip:{}@{}", santral.menu(), santral.sip())).unwrap(),
            contact: self.contact.clone(),
            content_type: Some("application/sdp".to_owned()),
            offer: Some(description(rtp)),
            ..InviteOption::default()
        };
        let call = async { timeout(PATIENCE, self.dialogs.do_invite(option, self.tell.clone())).await };
        let (dialog, answer) = self.runtime.block_on(call).expect("an answer to the INVITE").unwrap();
        (dialog, answer.expect("a final answer to the INVITE"))
    }

    /// The next call that reaches this phone.
    fn rings(&mut self) -> InviteDialog {
        let id = self.wait("our INVITE", |state| match state {
            DialogState::Calling(id) => Some(id),
            _ => None,
        });
        let Some(Dialog::Invite(dialog)) = self.dialogs.get_dialog(&id) else { panic!("no dialog {id}") };
        dialog
    }

    /// The first state that fits, of those not yet looked at.
    fn wait<T>(&mut self, what: &str, fits: impl Fn(DialogState) -> Option<T>) -> T {
        let states = &mut self.states;
        let found = async {
            loop {
                let state = states.recv().await.expect("the stack runs");
                if let Some(found) = fits(state) {
                    return found;
                }
            }
        };
        let found = self.runtime.block_on(async { timeout(PATIENCE, found).await });
        found.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for: {what}"))
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.endpoint.shutdown();
    }
}

/// What the stack leaves to its user: which dialog a request belongs to.
async fn take_requests(
    mut incoming: TransactionReceiver,
    dialogs: Arc<DialogLayer>,
    tell: DialogStateSender,
    contact: Uri,
) {
    while let Some(mut request) = incoming.recv().await {
        let Some(mut dialog) = dialog_of(&request, &dialogs, &tell, &contact) else {
            request.reply(StatusCode::OK).await.unwrap();
            continue;
        };
        // Apart, because an INVITE is at work until its ACK.
        tokio::spawn(async move { dialog.handle(&mut request).await });
    }
}

/// None for what stands outside of dialogs, such as OPTIONS.
fn dialog_of(request: &Transaction, dialogs: &DialogLayer, tell: &DialogStateSender, contact: &Uri) -> Option<Dialog> {
    let known = dialogs.match_dialog(request);
    if known.is_some() || request.original.method != Method::Invite {
        return known;
    }
    let dialog = dialogs.get_or_create_server_invite(request, tell.clone(), None, Some(contact.clone()));
    dialog.ok().map(Dialog::Invite)
}
