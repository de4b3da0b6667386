//! Session descriptions: what is written into ours, what is taken from theirs.

use bytes::Bytes;
use media::order::{Codec, Order, StreamKey};
use sip::sdp::{self, Agreed, Direction, Incompatible, Law, Local};

use super::Exchange;
use crate::call::Session;
use crate::ending::Reason;
use crate::id::CallNo;

impl Exchange {
    /// Whether a caller's offer holds a stream we can take. An INVITE without an offer leaves it to us.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn can_talk(&self, body: &[u8]) -> Result<(), Incompatible> {
        let offer = sdp::read(body).map_err(|_| Incompatible::Codec)?;
        sdp::answer(&offer, &self.local(0, 1, 0)).map(|_| ())
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
            Some(offer) => self.answer_again(no, leg, &offer).ok(),
            None => self.offer_again(no, leg),
        }
    }

    /// Our answer to an offer on an existing leg. Orders the media accordingly.
    ///
    /// # Errors
    /// Nothing of it can be taken; the session stays as it was.
    pub(super) fn answer_again(&mut self, no: CallNo, leg: StreamKey, offer: &[u8]) -> Result<Bytes, Incompatible> {
        let port = self.leg_port(leg);
        let session = self.session(no, leg).ok_or(Incompatible::Codec)?;
        session.version += 1;
        let version = session.version;
        let local = self.local(no.0, version, port);
        let offer = sdp::read(offer).map_err(|_| Incompatible::Codec)?;
        let (bytes, agreed) = sdp::answer(&offer, &local)?;
        self.settled(no, leg, agreed);
        Ok(bytes)
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
    ///
    /// # Errors
    /// Nothing can be said over it.
    pub(super) fn settle_answer(&mut self, no: CallNo, leg: StreamKey, body: &[u8]) -> Result<(), Incompatible> {
        let agreed = self.agreed(no, leg, body)?;
        self.settled(no, leg, agreed);
        Ok(())
    }

    fn agreed(&self, no: CallNo, leg: StreamKey, body: &[u8]) -> Result<Agreed, Incompatible> {
        let answer = sdp::read(body).map_err(|_| Incompatible::Codec)?;
        sdp::agree(&self.local(no.0, 1, self.leg_port(leg)), &answer)
    }

    /// The session of a phone that answered our offer, with the order to its leg.
    ///
    /// # Errors
    /// Nothing can be said over it.
    pub(super) fn phone_session(&mut self, no: CallNo, leg: StreamKey, body: &[u8]) -> Result<Session, Incompatible> {
        let agreed = self.agreed(no, leg, body)?;
        self.order(no, leg, remote_order(&agreed));
        Ok(Session { version: 1, agreed: Some(agreed), ..Session::default() })
    }

    fn settled(&mut self, no: CallNo, leg: StreamKey, agreed: Agreed) {
        let order = remote_order(&agreed);
        if let Some(session) = self.session(no, leg) {
            session.on_hold = !sends(&agreed);
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

/// The Warning beside a 488.
pub(super) fn warning(why: Incompatible) -> (&'static str, String) {
    ("Warning", why.warning("santral"))
}

/// What a call ends for over it.
impl From<Incompatible> for Reason {
    fn from(why: Incompatible) -> Self {
        match why {
            Incompatible::Codec => Self::NoCodec,
            Incompatible::AddressFamily => Self::AddressFamily,
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
        ptime: agreed.ptime,
        send: sends(agreed),
    }
}
