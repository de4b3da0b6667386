//! Keys of either side: as RFC 4733 packets on the leg, or as INFO in the dialog. Many phones send both for one key press,
//! in either order.

use std::time::Duration;

use bytes::Bytes;
use media::digits::DIGIT_TIME;
use media::order::{Order, StreamKey};
use sip::user_agent::{DialogId, RequestId};
use sip::{Method, Request};

use super::{Exchange, Party};
use crate::call::Stage;
use crate::contract::Now;
use crate::id::CallNo;
use crate::ivr;
use crate::press::{LONGEST_PRESS, Way};

/// Bodies of INFO that are understood.
const KINDS: &str = "application/dtmf-relay, application/dtmf";

/// What an INFO says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Key(char, Duration),
    /// A signal that is no key (a flash), or nothing at all.
    NoKey,
}

impl Exchange {
    /// INFO: a key, or nothing. Whatever else it carries is refused (RFC 3261 §8.2.3, RFC 6086 §4.2.2).
    pub(super) fn informed(&mut self, now: Now, id: RequestId, dialog: DialogId, request: &Request) {
        let (status, extra) = match read(request) {
            Ok(said) => {
                let party = self.dialogs.get(&dialog).copied();
                if let (Said::Key(key, lasted), Some(Party::Caller(no) | Party::Talker(no))) = (said, party)
                    && let Some(leg) = party.and_then(|party| self.leg_of(party))
                {
                    self.ua.reply(now.instant, id, 200, &[], Bytes::new());
                    return self.pressed(now, no, leg, key, lasted, Way::Info);
                }
                (200, None)
            }
            Err(415) => (415, Some(("Accept", KINDS.to_owned()))),
            Err(status) => (status, Some(("Recv-Info", String::new()))),
        };
        self.ua.reply(now.instant, id, status, extra.as_slice(), Bytes::new());
    }

    /// A key heard on a leg.
    pub(super) fn digit(&mut self, now: Now, no: CallNo, leg: StreamKey, key: char) {
        self.pressed(now, no, leg, key, Duration::ZERO, Way::Sound);
    }

    /// A key of either side, unless it is one that came the other way before. The caller's are for the menu; in a talk they
    /// are for the other side. That one hears sound packets by itself, and those of a key that came as INFO may still be on
    /// their way: where the sender may send them the key waits for them.
    fn pressed(&mut self, now: Now, no: CallNo, leg: StreamKey, key: char, lasted: Duration, way: Way) {
        let Some(call) = self.call(no) else { return };
        let began = now.instant.checked_sub(lasted).unwrap_or(now.instant);
        let by_caller = call.caller.leg == leg;
        let heard = call.talker.as_ref().is_some_and(|talker| !talker.holds());
        let talks = heard && matches!(call.stage, Stage::Talking { .. });
        let (presses, session) = match &mut call.talker {
            _ if by_caller => (&mut call.caller.presses, &call.caller.session),
            Some(talker) if talker.leg == leg => (&mut talker.presses, &talker.session),
            _ => return,
        };
        if !presses.take(now.instant, began, key, way) {
            return;
        }
        if talks && way == Way::Info && session.takes_events() {
            presses.hold(now.instant);
        } else if talks {
            self.pass_on(now, no, by_caller, key, way);
        } else if by_caller {
            call.hops = 0;
            self.tell_menu(now, no, ivr::Heard::Key(key));
        }
    }

    /// Keys that came as INFO and not as sound: the other side is told of them.
    pub(super) fn release_keys(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        let of_caller = call.caller.presses.released(now.instant);
        let of_talker = call.talker.as_mut().map(|talker| talker.presses.released(now.instant)).unwrap_or_default();
        for (by_caller, keys) in [(true, of_caller), (false, of_talker)] {
            keys.chars().for_each(|key| self.pass_on(now, no, by_caller, key, Way::Info));
        }
    }

    /// Tells the other side of a talk of a key, as sound packets where it takes them, else as INFO.
    fn pass_on(&mut self, now: Now, no: CallNo, by_caller: bool, key: char, way: Way) {
        let Some(call) = self.calls.get(&no).filter(|call| matches!(call.stage, Stage::Talking { .. })) else { return };
        let Some(talker) = call.talker.as_ref().filter(|talker| !talker.holds()) else { return };
        let (dialog, leg, session) = if by_caller {
            (talker.dialog, talker.leg, &talker.session)
        } else {
            (call.caller.dialog, call.caller.leg, &call.caller.session)
        };
        match (session.takes_events(), way) {
            (true, Way::Info) => self.order(no, leg, Order::SendDigits(key.to_string())),
            (true, Way::Sound) => {}
            (false, _) => {
                let kind = [("Content-Type", "application/dtmf-relay".to_owned())];
                let body = Bytes::from(format!("Signal={key}\r\nDuration={}\r\n", DIGIT_TIME.as_millis()));
                self.ua.request_in_dialog(now.instant, dialog, Method::Info, &kind, body);
            }
        }
    }
}

/// Reads an INFO, or says with which status it is refused.
fn read(request: &Request) -> Result<Said, u16> {
    let headers = &request.headers;
    if headers.has("Info-Package") {
        return Err(469);
    }
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Said::NoKey);
    }
    let optional = headers.get("Content-Disposition").is_some_and(sip::multipart::is_optional);
    let kind = headers.content_type().ok().flatten();
    let plain = !headers.elements("Content-Encoding").any(|how| !how.eq_ignore_ascii_case(b"identity"));
    let ours = kind.is_some_and(|kind| kind.is("application", "dtmf-relay") || kind.is("application", "dtmf"));
    let said = std::str::from_utf8(&request.body).ok().filter(|_| ours && plain).and_then(signal);
    said.or(optional.then_some(Said::NoKey)).ok_or(415)
}

/// `Signal=5` and perhaps `Duration=160` on lines of their own, or the bare key.
fn signal(body: &str) -> Option<Said> {
    let mut lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let field = |name: &str| {
        let pairs = body.lines().filter_map(|line| line.split_once('='));
        let mut named = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    };
    let lasted = field("duration").and_then(|value| value.parse().ok()).map_or(Duration::ZERO, Duration::from_millis);
    let value = match field("signal") {
        Some(value) => value,
        None => lines.next().filter(|_| lines.next().is_none())?,
    };
    if matches!(value, "16") || value.eq_ignore_ascii_case("flash") || value.eq_ignore_ascii_case("hf") {
        return Some(Said::NoKey);
    }
    Some(Said::Key(key(value)?, lasted.min(LONGEST_PRESS)))
}

/// A key by its sign, or by its RFC 4733 number (10 is `*`, 11 `#`, 12 to 15 A to D).
fn key(value: &str) -> Option<char> {
    let mut signs = value.chars();
    if let (Some(sign), None) = (signs.next(), signs.next()) {
        return media::digits::code(sign).and_then(media::digits::digit);
    }
    let number: u8 = value.parse().ok().filter(|number| (10..=15).contains(number))?;
    media::digits::digit(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_whole_in_every_spelling() {
        let keys = [
            ("Signal=5\r\nDuration=160\r\n", '5'),
            ("Signal=10\r\nDuration=160", '*'),
            ("signal = 11", '#'),
            ("Duration=100\r\nSIGNAL= *", '*'),
            ("Signal=#", '#'),
            ("Signal=d", 'D'),
            ("Signal=12", 'A'),
            ("7", '7'),
            ("  0 \r\n", '0'),
            ("11", '#'),
            ("*\n", '*'),
        ];
        for (body, wanted) in keys {
            assert!(matches!(signal(body), Some(Said::Key(key, _)) if key == wanted), "{body:?}: {:?}", signal(body));
        }
        for body in
            ["Signal=", "Signal=55", "Signal=17", "Signal=x", "12 34", "5\r\n6", "Duration=100", "Signal=5;x", "hallo"]
        {
            assert_eq!(signal(body), None, "{body:?}");
        }
        assert_eq!(signal("Signal=16"), Some(Said::NoKey));
        assert_eq!(signal("Signal=1\nDuration=250"), Some(Said::Key('1', Duration::from_millis(250))));
    }
}
