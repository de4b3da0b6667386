//! What a user agent wants done, and what its owner has to know.

use bytes::Bytes;

use super::{Destination, DialogId, RequestId, Source};
use crate::{Request, Response};

/// What the shell is to do.
#[derive(Debug, Clone)]
pub enum Action {
    /// Send one message.
    Send(Destination, Bytes),
    /// Tell the owner.
    Event(Event),
}

/// What the owner of the user agent has to know.
#[derive(Debug, Clone)]
pub enum Event {
    /// A new call; 100 Trying follows if nothing is said for 20 ms. Syntax, Require, Content-Type and merging were seen to. Owes
    /// `answer`, `reject`, `turn_away` or `ignore`.
    Invite {
        /// Its name from now on.
        dialog: DialogId,
        /// The INVITE.
        request: Box<Request>,
        /// Where it came from.
        source: Source,
    },
    /// The caller gave up before our final answer; 487 is sent. The dialog is dead.
    Cancelled {
        /// Which call.
        dialog: DialogId,
    },
    /// The ACK of our 2xx has come. For a re-INVITE only reported when the ACK carries a session description.
    Confirmed {
        /// Which call.
        dialog: DialogId,
        /// Session description in the ACK: the answer, when our 2xx carried the offer.
        sdp: Option<Bytes>,
    },
    /// A provisional response above 100 to our INVITE.
    Progress {
        /// Which call.
        dialog: DialogId,
        /// 101–199.
        status: u16,
        /// Early media, if described.
        sdp: Option<Bytes>,
    },
    /// A 2xx to our INVITE; the ACK is sent (except when the INVITE had no offer: then `acknowledge` is owed).
    Answered {
        /// Which call.
        dialog: DialogId,
        /// The 2xx.
        response: Box<Response>,
    },
    /// Our INVITE came to nothing. The dialog is dead. Comes exactly once after `cancel`, with 487 when the cancel was
    /// the reason, even if a 2xx crossed it.
    Failed {
        /// Which call.
        dialog: DialogId,
        /// The final status; 408 for silence, 503 when it could not be sent.
        status: u16,
        /// Reason phrase as sent by the far end, or ours.
        reason: String,
        /// Whether the far end said it; else it was silent or could not be reached.
        said: bool,
    },
    /// The far end changes the session by re-INVITE or UPDATE with a body. Owes `accept_reinvite` or `refuse_reinvite`.
    Reinvite {
        /// Which call.
        dialog: DialogId,
        /// The request; its body is the offer (none in a re-INVITE: answer with an offer).
        request: Box<Request>,
    },
    /// Final response to our `reinvite`. Glare (491) was retried before this is told.
    ReinviteAnswered {
        /// Which call.
        dialog: DialogId,
        /// The final status; 408 for silence, 503 when it could not be sent.
        status: u16,
        /// The answer, in a 2xx.
        sdp: Option<Bytes>,
    },
    /// The far end hung up; 200 is sent. The dialog is dead.
    Bye {
        /// Which call.
        dialog: DialogId,
    },
    /// The call broke; our BYE is sent. The dialog is dead.
    Lost {
        /// Which call.
        dialog: DialogId,
        /// How.
        why: LostWhy,
    },
    /// A request that is not the agent's own to answer: REGISTER, INFO, NOTIFY, MESSAGE, REFER … Owes `reply`,
    /// `turn_away` or `ignore` within 64 × T1.
    Request {
        /// Its name for `reply`.
        id: RequestId,
        /// The dialog it belongs to.
        dialog: Option<DialogId>,
        /// The request.
        request: Box<Request>,
        /// Where it came from.
        source: Source,
    },
    /// The final response to our `request` or `request_in_dialog`.
    Response {
        /// Which request.
        id: RequestId,
        /// The dialog it was sent in.
        dialog: Option<DialogId>,
        /// The response.
        response: Result<Box<Response>, Timeout>,
    },
}

/// Who waits for an answer of the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// A call, from its `Invite` on.
    Call(DialogId),
    /// A `Request`.
    Request(RequestId),
}

/// How a call broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostWhy {
    /// Our 2xx was never acknowledged within 64 × T1 (RFC 3261 §13.3.1.4, §14.2).
    NoAck,
    /// The far end does not know the dialog any more, or did not answer a re-INVITE at all (RFC 3261 §12.2.1.2).
    Gone,
}

/// No final response came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// Nothing within 64 × T1: to be treated as 408.
    Silence,
    /// It could not be sent: to be treated as 503.
    Unreachable,
}

/// What is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Transactions, ours and the peers'.
    pub transactions: usize,
    /// Dialogs and calls that may become one.
    pub dialogs: usize,
}
