//! The door: who may call at all. Trunks by address, our phones by digest, guests from this machine where allowed.

use crm::number::{self, Home};
use sip::digest::{Known, Offer, Verdict};
use sip::user_agent::{Asking, DialogId, Source};
use sip::{Method, Request, Uri};

use super::Exchange;
use super::identity::{self, Identity};
use crate::contract::{Now, Output, WrongSecret};
use crate::digests::Who;
use crate::event::Direction;
use crate::id::Extension;
use crate::place::{Flow, Place};
use crate::plan::{ExtensionPlan, Plan};
use crate::route::{self, Gate, Peer};
use crate::text;

/// Names are kept so far and no further, and nobody is called by a longer one.
const LONGEST_NAME: usize = 64;

/// How often who is not known was asked for a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Door {
    /// Challenges.
    pub challenges: u64,
    /// Requests without an answer, because of a ban.
    pub ignored: u64,
}

impl Exchange {
    /// An INVITE.
    pub(super) fn invited(&mut self, now: Now, dialog: DialogId, request: &Request, source: &Source) {
        let asking = Asking::Call(dialog);
        if self.draining || self.pressed {
            return self.turn_away(asking, 503);
        }
        let Some(dialled) = dialled(&request.uri, &self.plan.home) else { return self.turn_away(asking, 414) };
        let signed = request.headers.has("Authorization");
        match route::gate(&self.plan, source.remote.ip(), &dialled) {
            Gate::Open(peer) => {
                self.trust(source);
                self.arrive(now, dialog, request, peer, &dialled);
            }
            Gate::OpenToGuests if !signed => self.arrive(now, dialog, request, Peer::Guest, &dialled),
            Gate::Closed if !signed => self.turn_away(asking, 403),
            _ => {
                if let Some(extension) = self.prove(now, asking, request, source) {
                    self.arrive(now, dialog, request, Peer::Extension(extension), &dialled);
                }
            }
        }
    }

    /// Whose credentials a request carries. Where they prove nothing, whoever asks has been challenged, refused or ignored.
    pub(super) fn prove(&mut self, now: Now, asking: Asking, request: &Request, source: &Source) -> Option<Extension> {
        let plan = self.plan.clone();
        let address = source.remote.ip();
        let known = |user: &str| {
            let (extension, found) = owner_of(&plan, user)?;
            Some(Known { secret: found.secret.0.clone(), offer: offer_of(&plan, extension.as_str()) })
        };
        match self.challenger.check(now.instant, address, request, known) {
            Verdict::Accepted { user, algorithm } => {
                self.digests.answered(now.instant, &Who::new(address, claimed(request)), algorithm);
                let (extension, _) = owner_of(&plan, &user)?;
                self.trust(source);
                self.guesses.right(now.instant, &Flow::of(source.remote, request), [&short(&user), extension.as_str()]);
                Some(extension.clone())
            }
            Verdict::Challenge { stale } => {
                self.challenge(now, asking, request, source, stale);
                None
            }
            Verdict::Refused { user } => {
                self.wrong_secret(now, asking, request, source, user);
                None
            }
            // Told, and counted against nobody here: whoever forges an address must not shut it out.
            Verdict::Stray { user, failures } => {
                let told = WrongSecret { source: source.remote, user: short(&user), failures, ban: None };
                self.out.push_back(Output::WrongSecret(told));
                self.turn_away(asking, 403);
                None
            }
        }
    }

    /// The connection a request came by is of one of ours.
    fn trust(&mut self, source: &Source) {
        self.out.extend(source.stream.map(Output::Proven));
    }

    fn challenge(&mut self, now: Now, asking: Asking, request: &Request, source: &Source, stale: bool) {
        let (address, name) = (source.remote.ip(), claimed(request));
        if !self.guesses.may_ask(now.instant, &Flow::of(source.remote, request), &name) {
            return self.ignore(asking);
        }
        self.door.challenges += 1;
        let wished = offer_of(&self.plan, &name);
        let user_agent = request.headers.text("User-Agent").unwrap_or_default();
        let offer = self.digests.offer(now.instant, Who::new(address, name), attempt(request), &user_agent, wished);
        let challenge = self.challenger.challenge(now.instant, address, offer, false, stale);
        self.ua.turn_away(asking, 401, &challenge);
    }

    fn wrong_secret(&mut self, now: Now, asking: Asking, request: &Request, source: &Source, user: Option<String>) {
        let Some(user) = user.map(|user| short(&user)) else { return self.turn_away(asking, 403) };
        let rules = self.plan.ban;
        let place = Place::of(source.remote.ip(), request);
        let wrong = self.guesses.wrong(now.instant, &rules, &place, &user, &claimed(request));
        let ban = wrong.bans.then_some(rules.time);
        let told = WrongSecret { source: source.remote, user, failures: wrong.failures, ban };
        self.out.push_back(Output::WrongSecret(told));
        if wrong.silent {
            self.ignore(asking);
        } else {
            self.turn_away(asking, 403);
        }
    }

    fn ignore(&mut self, asking: Asking) {
        self.door.ignored += 1;
        self.ua.ignore(asking);
    }

    /// A refusal of which nothing is kept; one for lack of room says when to try again.
    pub(super) fn turn_away(&mut self, asking: Asking, status: u16) {
        let later = (status == 503).then(|| ("Retry-After", "5".to_owned()));
        self.ua.turn_away(asking, status, later.as_slice());
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

/// The extension with that digest user name.
fn owner_of<'a>(plan: &'a Plan, user: &str) -> Option<(&'a Extension, &'a ExtensionPlan)> {
    plan.extensions.iter().find(|(_, extension)| extension.auth_user == user)
}

/// Which digests are offered to whoever says to be that extension.
fn offer_of(plan: &Plan, name: &str) -> Offer {
    plan.extensions.get(&Extension::new(name)).and_then(|extension| extension.digest).unwrap_or(plan.digest)
}

/// Whom a request says it is from; of a REGISTER, whom it is for.
fn claimed(request: &Request) -> String {
    let headers = &request.headers;
    let address = if request.method == Method::Register { headers.to() } else { headers.from() };
    address.ok().and_then(|address| address.uri.user_decoded().map(|user| short(&user))).unwrap_or_default()
}

/// What names a request over its repetitions.
fn attempt(request: &Request) -> String {
    let part = |name| request.headers.text(name).unwrap_or_default();
    short(&format!("{} {}", part("CSeq"), part("Call-ID")))
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

/// Whom a URI calls; `None` when it says more than anybody's number or name. The beginning of that would be somebody else's.
pub(super) fn dialled(uri: &Uri, home: &Home) -> Option<String> {
    let said = subscriber(uri);
    let dialled = (said.chars().count() <= number::LONGEST_TEXT).then(|| number::dialled(&said, home))?;
    (dialled.chars().count() <= LONGEST_NAME).then_some(dialled)
}

/// What a URI says of a number: the user part of a SIP URI, the whole of a tel URI. Of one that is too long for a number
/// just enough to see that.
pub(super) fn subscriber(uri: &Uri) -> String {
    let tel = uri.scheme().eq_ignore_ascii_case("tel");
    let said = if tel { uri.opaque().into() } else { uri.user_decoded().unwrap_or_default() };
    said.chars().take(number::LONGEST_TEXT + 1).collect()
}
