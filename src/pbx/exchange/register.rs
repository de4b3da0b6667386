//! Requests outside the life of a call: registrations, keys sent as INFO, blind transfer by the phone, everything else
//! refused.

use bytes::Bytes;
use sip::bindings::Binding;
use sip::user_agent::{Asking, DialogId, RequestId, Source};
use sip::{Method, Request};

use super::Exchange;
use crate::contract::Now;
use crate::event::What;
use crate::id::Extension;

impl Exchange {
    /// A request that wants an answer from us.
    pub(super) fn requested(
        &mut self,
        now: Now,
        id: RequestId,
        dialog: Option<DialogId>,
        request: &Request,
        source: &Source,
    ) {
        match (&request.method, dialog) {
            (Method::Register, None) => self.register(now, id, request, source),
            (Method::Info, Some(dialog)) => self.informed(now, id, dialog, request),
            (Method::Refer, Some(dialog)) => self.referred(now, id, dialog, request),
            (Method::Update | Method::Notify, Some(_)) => self.plain_reply(now, id, 200),
            (_, Some(_)) => self.plain_reply(now, id, 501),
            (_, None) => self.turn_away(Asking::Request(id), 403),
        }
    }

    pub(super) fn plain_reply(&mut self, now: Now, id: RequestId, status: u16) {
        self.ua.reply(now.instant, id, status, &[], Bytes::new());
    }

    /// REGISTER, RFC 3261 §10.3. An address of record that is not the asker's is refused in the same words as a wrong
    /// secret, and a missing one is challenged like an existing one.
    fn register(&mut self, now: Now, id: RequestId, request: &Request, source: &Source) {
        let Some(extension) = self.prove(now, Asking::Request(id), request, source) else { return };
        let to = request.headers.to().ok().and_then(|to| to.uri.user_decoded().map(std::borrow::Cow::into_owned));
        if to.as_deref() != Some(extension.as_str()) {
            return self.turn_away(Asking::Request(id), 403);
        }
        match self.bindings.register(now.instant, extension.as_str(), request, source) {
            Ok(bindings) => {
                self.ua.reply(now.instant, id, 200, &registered(now, &bindings, request), Bytes::new());
                self.presence(now, &extension);
                if request.headers.has("Contact") {
                    self.keep_registrations(now, &extension);
                }
            }
            Err(error) => {
                let extra: Vec<_> =
                    error.min_expires.map(|least| ("Min-Expires", least.to_string())).into_iter().collect();
                self.ua.reply(now.instant, id, error.status, &extra, Bytes::new());
            }
        }
    }

    /// Tells when the first phone came or the last one went.
    pub(super) fn presence(&mut self, now: Now, extension: &Extension) {
        let registered = !self.bindings.contacts(now.instant, extension.as_str()).is_empty();
        let changed = match registered {
            true => self.registered.insert(extension.clone()),
            false => self.registered.remove(extension),
        };
        if changed {
            self.emit(now, What::PresenceChanged { extension: extension.clone(), registered });
            self.dirty = true;
        }
    }

    /// Registrations that ran out.
    pub(super) fn registration_clock(&mut self, now: Now) {
        for aor in self.bindings.expire(now.instant) {
            self.place_lost(now, &Extension::new(aor));
        }
    }

    /// An extension is reachable at one place less.
    pub(super) fn place_lost(&mut self, now: Now, extension: &Extension) {
        self.presence(now, extension);
        self.keep_registrations(now, extension);
    }
}

/// The headers of the 200 to a REGISTER: every binding there is with the time it got (RFC 3261 §10.3 item 8), and the Path
/// as it came, so that the phone learns over whom it is reached (RFC 3327 §5.3).
fn registered(now: Now, bindings: &[Binding], request: &Request) -> Vec<(&'static str, String)> {
    let contacts = bindings.iter().map(|binding| ("Contact", binding.contact(now.instant)));
    let path = request.headers.all("Path").map(|hop| ("Path", String::from_utf8_lossy(hop).into_owned()));
    contacts.chain(path).chain([("Supported", "path".to_owned())]).collect()
}
