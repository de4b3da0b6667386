//! Answering digest challenges as a client (RFC 3261 §22.2, §22.3), and only those of whom the credentials are for.

use std::time::Instant;

use super::client_side::{Departure, Purpose};
use super::{Credentials, Destination, UserAgent};
use crate::rng::Rng;
use crate::transaction::Key;
use crate::{Request, Response, digest};

/// A request is sent this often at most: once bare, and with an answer to two challenges.
const MOST_ATTEMPTS: u8 = 3;

/// Credentials, where they may be shown, and the challenges they have answered.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    credentials: Credentials,
    home: Destination,
    attempts: u8,
    challenges: Vec<Challenge>,
}

/// One realm's challenge, answered anew in each request with a higher nonce count.
#[derive(Debug, Clone)]
struct Challenge {
    proxy: bool,
    parsed: digest::Challenge,
    count: u32,
}

impl Account {
    /// Credentials given with a request to `home`.
    pub(crate) fn new(credentials: Credentials, home: Destination) -> Self {
        Self { credentials, home, attempts: 1, challenges: Vec::new() }
    }

    /// The same account for another request of the dialog, which has its own attempts.
    pub(super) fn fresh(&self) -> Self {
        Self { attempts: 1, ..self.clone() }
    }

    /// Takes the challenges of a 401 or 407; false when none may be answered.
    fn take(&mut self, response: &Response, sent_to: &Destination) -> bool {
        let at_home = self.home.transport == sent_to.transport && self.home.remote == sent_to.remote;
        if !at_home || self.attempts >= MOST_ATTEMPTS {
            return false;
        }
        let proxy = response.status == 407;
        let wanted = self.credentials.realm.as_deref();
        let mut offered = digest::Challenge::all(&response.headers, proxy).into_iter();
        let Some(parsed) = offered.find(|one| wanted.is_none_or(|realm| one.realm == realm)) else { return false };
        self.attempts += 1;
        self.challenges.retain(|known| known.proxy != proxy || known.parsed.realm != parsed.realm);
        self.challenges.push(Challenge { proxy, parsed, count: 0 });
        true
    }

    /// Writes the answers to all known challenges into a request to `destination`.
    pub(super) fn sign(&mut self, request: &mut Request, destination: &Destination, rng: &mut Rng) {
        request.headers.remove("Authorization");
        request.headers.remove("Proxy-Authorization");
        if self.home.transport != destination.transport || self.home.remote != destination.remote {
            return;
        }
        let Credentials { user, secret, .. } = &self.credentials;
        let credentials = digest::Credentials { user: user.clone(), secret: secret.clone() };
        for challenge in &mut self.challenges {
            challenge.count += 1;
            let name = if challenge.proxy { "Proxy-Authorization" } else { "Authorization" };
            let (nc, cnonce) = (challenge.count, rng.token());
            let value =
                digest::authorization(&challenge.parsed, &credentials, &request.method, &request.uri, nc, &cnonce);
            request.headers.push(name, value);
        }
    }
}

impl UserAgent {
    /// If the response is a challenge we may answer, sends the request again with the answer, under a new branch and the
    /// next CSeq number. Gives the new transaction.
    pub(super) fn answer_challenge(&mut self, now: Instant, key: Key, response: &Response) -> Option<Key> {
        if !matches!(response.status, 401 | 407) {
            return None;
        }
        let side = self.clients.get_mut(&key)?;
        let mut account = side.account.clone()?;
        if !account.take(response, &side.destination) {
            return None;
        }
        let (mut request, destination, purpose) = (side.request.clone(), side.destination, side.purpose);
        request.headers.remove("Via");
        let number = self.cseq_after(&request, purpose);
        request.headers.set("CSeq", format!("{number} {}", request.method));
        account.sign(&mut request, &destination, &mut self.rng);
        self.remember_account(purpose, &account);
        Some(self.depart(now, Departure { request, destination, purpose, account: Some(account) }))
    }

    /// The dialog's next CSeq number, or the one after the request's own outside dialogs.
    fn cseq_after(&mut self, request: &Request, purpose: Purpose) -> u32 {
        if let Some(session) = purpose.dialog().and_then(|id| self.sessions.get_mut(&id)) {
            session.dialog.local_cseq += 1;
            return session.dialog.local_cseq;
        }
        request.headers.cseq().map(|cseq| cseq.number.wrapping_add(1)).unwrap_or(1)
    }

    /// Later requests of the dialog carry the answer from the beginning.
    fn remember_account(&mut self, purpose: Purpose, account: &Account) {
        if let Some(session) = purpose.dialog().and_then(|id| self.sessions.get_mut(&id)) {
            session.account = Some(account.clone());
        }
    }
}

impl Purpose {
    fn dialog(self) -> Option<super::DialogId> {
        match self {
            Self::Invite(id) | Self::Reinvite(id) | Self::Bye(id) | Self::Within(id, _) => Some(id),
            Self::Alone(_) | Self::Quiet => None,
        }
    }
}
