//! Answers to whoever is not known (yet): one, small, and nothing is kept of it. RFC 3261 §8.2.7 and §26.3.2.4.

use super::respond::{lent, put_all};
use super::{Asking, UserAgent};
use crate::transaction::Key;

impl UserAgent {
    /// 300–699 to a call or a request of a stranger: sent once and never again by itself, whatever the method, and the
    /// request is forgotten. Whoever repeats it is judged and answered anew. So a forged address gets one datagram for one,
    /// and a flood leaves nothing behind.
    pub fn turn_away(&mut self, asking: Asking, status: u16, extra: &[(&str, String)]) {
        let Some(key) = self.asked_by(asking) else { return };
        if let Some(mut response) = self.response_to(key, status) {
            put_all(&mut response.headers, lent(extra));
            self.put_server(&mut response.headers);
            self.send_once(key, &response);
        }
        self.ignore(asking);
    }

    /// No answer at all.
    pub fn ignore(&mut self, asking: Asking) {
        if let Some(key) = self.asked_by(asking) {
            self.drop_server(key);
        }
        if let Asking::Call(dialog) = asking {
            self.forget(dialog);
        }
    }

    fn asked_by(&mut self, asking: Asking) -> Option<Key> {
        match asking {
            Asking::Call(dialog) => self.sessions.get_mut(&dialog)?.incoming().map(|incoming| incoming.transaction),
            Asking::Request(id) => self.owed.get(&id).copied(),
        }
    }
}
