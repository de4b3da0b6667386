//! The door: who may call at all. Trunks by address, our phones by digest, guests from this machine where allowed.

use sip::digest::Verdict;
use sip::user_agent::{DialogId, Source};
use sip::{Address, Request};

use super::Exchange;
use crate::contract::Now;
use crate::event::Direction;
use crate::id::Extension;
use crate::plan::Plan;
use crate::route::{self, Gate, Peer};
use crate::text;

/// Who an INVITE says it is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// Number, `None` when withheld.
    pub(super) number: Option<String>,
    /// Display name, cleaned.
    pub(super) display: Option<String>,
}

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
        let dialled: String = request.uri.user_decoded().unwrap_or_default().chars().take(64).collect();
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
        let asserted = trusted.then(|| asserted(request)).flatten();
        if hides(request) {
            return Identity::default();
        }
        let address = asserted.or_else(|| request.headers.from().ok());
        address.map_or_else(Identity::default, |address| identity_of(&address))
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

/// P-Asserted-Identity (RFC 3325), else Remote-Party-ID.
fn asserted(request: &Request) -> Option<Address> {
    let value = request.headers.elements("P-Asserted-Identity").next();
    value.or_else(|| request.headers.elements("Remote-Party-ID").next()).and_then(Address::parse)
}

/// `Privacy: id` or `user` (RFC 3323 §4.2, RFC 3325 §9.3) hides the number from everybody here.
fn hides(request: &Request) -> bool {
    let privacy = request.headers.text("Privacy").unwrap_or_default();
    privacy.split([';', ',']).any(|word| matches!(word.trim(), "id" | "user" | "full" | "header"))
}

fn identity_of(address: &Address) -> Identity {
    let number = address.uri.user_decoded().and_then(|user| text::number(&user));
    let anonymous = address.uri.host_text().eq_ignore_ascii_case("anonymous.invalid");
    let display = address.display_text().and_then(|name| text::display(&name));
    let withheld_name = display.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("anonymous"));
    Identity { number: number.filter(|_| !anonymous), display: display.filter(|_| !withheld_name) }
}
