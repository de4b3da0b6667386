//! Session descriptions: what is written into ours, what is taken from theirs.

use bytes::Bytes;
use media::order::{Codec, Order, StreamKey};
use sip::sdp::{self, Agreed, Direction, Law, Local};

use super::Exchange;
use crate::call::Session;
use crate::id::CallNo;

impl Exchange {
    /// Whether a caller's offer holds a codec of ours. An INVITE without an offer leaves it to us.
    pub(super) fn can_talk(&self, body: &[u8]) -> bool {
        let local = self.local(0, 1, 0);
        sdp::read(body).is_ok_and(|offer| sdp::answer(&offer, &local).is_ok())
    }

    /// Our first description of a new leg.
    pub(super) fn fresh_offer(&self, no: CallNo, leg: StreamKey) -> Option<Bytes> {
        let port = self.leg_port(leg);
        (port != 0).then(|| sdp::offer(&self.local(no.0, 1, port)))
    }

    /// The answer to the caller's offer (or our offer, where the INVITE had none), and the order that follows from it.
    pub(super) fn first_description(&mut self, no: CallNo, leg: StreamKey) -> Option<Bytes> {
        let offer = self.session(no, leg)?.offer.take();
        match offer {
            Some(offer) => self.answer_again(no, leg, &offer),
            None => self.offer_again(no, leg),
        }
    }

    /// Our answer to an offer on an existing leg. Orders the media accordingly.
    pub(super) fn answer_again(&mut self, no: CallNo, leg: StreamKey, offer: &[u8]) -> Option<Bytes> {
        let port = self.leg_port(leg);
        let session = self.session(no, leg)?;
        session.version += 1;
        let version = session.version;
        let local = self.local(no.0, version, port);
        let offer = sdp::read(offer).ok()?;
        let (bytes, agreed) = sdp::answer(&offer, &local).ok()?;
        self.settled(no, leg, agreed);
        Some(bytes)
    }

    /// Our offer on an existing leg, to be answered in the ACK. Within a session it keeps the shape of that session.
    pub(super) fn offer_again(&mut self, no: CallNo, leg: StreamKey) -> Option<Bytes> {
        let port = self.leg_port(leg);
        let session = self.session(no, leg)?;
        session.answer_due = true;
        session.version += 1;
        let (version, agreed) = (session.version, session.agreed.clone());
        let local = self.local(no.0, version, port);
        Some(agreed.map_or_else(|| sdp::offer(&local), |agreed| sdp::reoffer(&local, &agreed)))
    }

    /// Takes the answer to an offer of ours.
    pub(super) fn settle_answer(&mut self, no: CallNo, leg: StreamKey, body: &[u8]) -> bool {
        let local = self.local(no.0, 1, self.leg_port(leg));
        let agreed = sdp::read(body).ok().and_then(|answer| sdp::agree(&local, &answer).ok());
        agreed.is_some_and(|agreed| {
            self.settled(no, leg, agreed);
            true
        })
    }

    /// The session of a phone that answered our offer, with the order to its leg.
    pub(super) fn phone_session(&mut self, no: CallNo, leg: StreamKey, body: &[u8]) -> Option<Session> {
        let local = self.local(no.0, 1, self.leg_port(leg));
        let answer = sdp::read(body).ok()?;
        let agreed = sdp::agree(&local, &answer).ok()?;
        self.order(no, leg, remote_order(&agreed));
        let sends_events = agreed.telephone_event.is_some();
        Some(Session { version: 1, sends_events, agreed: Some(agreed), ..Session::default() })
    }

    fn settled(&mut self, no: CallNo, leg: StreamKey, agreed: Agreed) {
        let order = remote_order(&agreed);
        if let Some(session) = self.session(no, leg) {
            session.on_hold = !sends(&agreed);
            session.sends_events = agreed.telephone_event.is_some();
            session.agreed = Some(agreed);
        }
        self.order(no, leg, order);
    }

    fn local(&self, session: u64, version: u64, port: u16) -> Local {
        Local {
            address: self.plan.advertised.media,
            port,
            session_id: session,
            version,
            direction: Direction::SendRecv,
            codecs: vec![Law::Pcma, Law::Pcmu],
        }
    }
}

/// Whether we may send to the far end.
fn sends(agreed: &Agreed) -> bool {
    agreed.direction.sends()
}

fn remote_order(agreed: &Agreed) -> Order {
    Order::Remote {
        address: agreed.remote,
        codec: match agreed.law {
            Law::Pcma => Codec::Pcma,
            Law::Pcmu => Codec::Pcmu,
        },
        telephone_event: agreed.telephone_event,
        send: sends(agreed),
    }
}
