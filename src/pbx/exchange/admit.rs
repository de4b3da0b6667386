//! The door: who may call at all. Trunks by address, our phones by digest, guests from this machine where allowed.

use crm::number;
use sip::digest::Verdict;
use sip::user_agent::{DialogId, Source};
use sip::{Request, Uri};

use super::Exchange;
use super::identity::{self, Identity};
use crate::contract::Now;
use crate::event::Direction;
use crate::id::Extension;
use crate::plan::Plan;
use crate::route::{self, Gate, Peer};
use crate::text;

/// Outcome of looking at credentials.
pub(super) enum Proof {
    /// The extension that owns them.
    Of(Extension),
    /// Ask (again).
    Ask {
        /// They were right but for the age of the nonce.
        stale: bool,
    },
    /// Wrong.
    No,
}

impl Exchange {
    /// An INVITE.
    pub(super) fn invited(&mut self, now: Now, dialog: DialogId, request: &Request, source: &Source) {
        if self.draining || self.pressed {
            return self.reject(now, dialog, 503);
        }
        let dialled: String = number::dialled(&subscriber(&request.uri), &self.plan.home).chars().take(64).collect();
        let signed = request.headers.has("Authorization");
        match route::gate(&self.plan, source.remote.ip(), &dialled) {
            Gate::Open(peer) => self.arrive(now, dialog, request, peer, &dialled),
            Gate::OpenToGuests if !signed => self.arrive(now, dialog, request, Peer::Guest, &dialled),
            Gate::Closed if !signed => self.reject(now, dialog, 403),
            _ => match self.prove(now, request) {
                Proof::Of(extension) => self.arrive(now, dialog, request, Peer::Extension(extension), &dialled),
                Proof::Ask { stale } => {
                    let challenge = self.challenger.challenge(now.instant, false, stale);
                    self.ua.reject(now.instant, dialog, 401, &challenge);
                }
                Proof::No => self.reject(now, dialog, 403),
            },
        }
    }

    /// Whose credentials a request carries.
    pub(super) fn prove(&mut self, now: Now, request: &Request) -> Proof {
        let plan = &self.plan;
        let secret = |user: &str| owner_of(plan, user).map(|(_, secret)| secret);
        match self.challenger.check(now.instant, request, secret) {
            Verdict::Accepted { user } => match owner_of(plan, &user) {
                Some((extension, _)) => Proof::Of(extension),
                None => Proof::No,
            },
            Verdict::Challenge { stale } => Proof::Ask { stale },
            Verdict::Refused => Proof::No,
        }
    }

    /// Who the caller is, as far as the request may be believed.
    pub(super) fn identity(&self, request: &Request, peer: &Peer) -> Identity {
        if let Peer::Extension(extension) = peer {
            let name = self.plan.extensions.get(extension).map(|plan| plan.name.as_str());
            let number = Some(extension.as_str().to_owned());
            return Identity { number, display: name.and_then(text::display) };
        }
        let trusted = match peer {
            Peer::Trunk(id) => self.plan.trunks.get(id).is_some_and(|trunk| trunk.trusted_identity),
            _ => false,
        };
        identity::of(request, trusted, &self.plan.home)
    }
}

/// From outside or between colleagues.
pub(super) fn direction(peer: &Peer) -> Direction {
    match peer {
        Peer::Extension(_) => Direction::Internal,
        Peer::Trunk(_) | Peer::Guest => Direction::In,
    }
}

/// The extension with that digest user name, and its secret.
fn owner_of(plan: &Plan, user: &str) -> Option<(Extension, String)> {
    let found = plan.extensions.iter().find(|(_, extension)| extension.auth_user == user)?;
    Some((found.0.clone(), found.1.secret.0.clone()))
}

/// What a URI says of a number: the user part of a SIP URI, the whole of a tel URI.
pub(super) fn subscriber(uri: &Uri) -> String {
    let tel = uri.scheme().eq_ignore_ascii_case("tel");
    if tel { uri.opaque().to_owned() } else { uri.user_decoded().unwrap_or_default().into_owned() }
}
