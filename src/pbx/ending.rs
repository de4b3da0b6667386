//! The one ending of a call: a closed list of reasons, and a fate that is pessimistic until it earns better.

use crate::event::{EndClass, EndedBy, Ending};

/// Every reason a call can end for. The words are public (docs/API.md) and never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Somebody talked and the caller hung up.
    CallerHungUp,
    /// Somebody talked and the agent hung up.
    AgentHungUp,
    /// Ended as intended, with nobody in particular hanging up.
    Normal,
    /// A menu or rule said `hangup`.
    MenuHangup,
    /// A rule for closed hours said `hangup`.
    Closed,
    /// Nobody is logged in, and the queue sends callers away then.
    NoAgent,
    /// The queue holds as many as it may.
    QueueFull,
    /// Waited as long as the queue allows.
    MaxWait,
    /// No sound came for too long.
    RtpTimeout,
    /// The 200 was never acknowledged.
    NoAck,
    /// No codec in common.
    NoCodec,
    /// The far end's sound has an address of the other family (IPv4, IPv6).
    AddressFamily,
    /// No media port was free, or none could be opened.
    NoPorts,
    /// No such number.
    NotFound,
    /// The caller may not dial that.
    Forbidden,
    /// The called extension is busy or declined.
    Busy,
    /// The called extension did not answer.
    NoAnswer,
    /// The switch stops.
    Shutdown,
    /// The switch died under the call; written at the next start.
    Interrupted,
    /// More calls than the switch or trunk may carry.
    Overload,
    /// None of these.
    Other,
}

impl Reason {
    /// All of them, for catalogues and tests.
    pub const ALL: [Reason; 21] = [
        Reason::CallerHungUp,
        Reason::AgentHungUp,
        Reason::Normal,
        Reason::MenuHangup,
        Reason::Closed,
        Reason::NoAgent,
        Reason::QueueFull,
        Reason::MaxWait,
        Reason::RtpTimeout,
        Reason::NoAck,
        Reason::NoCodec,
        Reason::AddressFamily,
        Reason::NoPorts,
        Reason::NotFound,
        Reason::Forbidden,
        Reason::Busy,
        Reason::NoAnswer,
        Reason::Shutdown,
        Reason::Interrupted,
        Reason::Overload,
        Reason::Other,
    ];

    /// The public word.
    pub fn word(self) -> &'static str {
        match self {
            Reason::CallerHungUp => "caller-hung-up",
            Reason::AgentHungUp => "agent-hung-up",
            Reason::Normal => "normal",
            Reason::MenuHangup => "menu-hangup",
            Reason::Closed => "closed",
            Reason::NoAgent => "no-agent",
            Reason::QueueFull => "queue-full",
            Reason::MaxWait => "max-wait",
            Reason::RtpTimeout => "rtp-timeout",
            Reason::NoAck => "no-ack",
            Reason::NoCodec => "no-codec",
            Reason::AddressFamily => "address-family",
            Reason::NoPorts => "no-ports",
            Reason::NotFound => "not-found",
            Reason::Forbidden => "forbidden",
            Reason::Busy => "busy",
            Reason::NoAnswer => "no-answer",
            Reason::Shutdown => "shutdown",
            Reason::Interrupted => "interrupted",
            Reason::Overload => "overload",
            Reason::Other => "other",
        }
    }

    /// The final SIP answer to a caller who has not been answered yet.
    pub fn status(self) -> u16 {
        match self {
            Reason::NotFound => 404,
            Reason::Forbidden => 403,
            Reason::Busy => 486,
            Reason::NoCodec | Reason::AddressFamily => 488,
            Reason::MenuHangup => 603,
            Reason::NoPorts | Reason::Overload | Reason::Shutdown => 503,
            Reason::Closed | Reason::NoAgent | Reason::QueueFull | Reason::MaxWait | Reason::NoAnswer => 480,
            _ => 500,
        }
    }

    fn by(self) -> EndedBy {
        match self {
            Reason::CallerHungUp => EndedBy::Caller,
            Reason::AgentHungUp => EndedBy::Agent,
            _ => EndedBy::System,
        }
    }
}

/// What a call has earned so far. It starts as a failure, and [`Fate::end`] gives its ending exactly once.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    talked: bool,
    ended: bool,
}

impl Fate {
    /// Somebody answered and the two were connected.
    pub fn talked(&mut self) {
        self.talked = true;
    }

    /// Whether the ending is already given.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The ending, the first time; `None` ever after.
    pub fn end(&mut self, reason: Reason) -> Option<Ending> {
        if std::mem::replace(&mut self.ended, true) {
            return None;
        }
        Some(Ending { class: self.class(reason), reason: reason.word().to_owned(), by: reason.by() })
    }

    fn class(&self, reason: Reason) -> EndClass {
        match reason {
            Reason::CallerHungUp | Reason::AgentHungUp | Reason::Normal if self.talked => EndClass::Completed,
            Reason::CallerHungUp => EndClass::Abandoned,
            Reason::Normal | Reason::MenuHangup => EndClass::Completed,
            Reason::Closed | Reason::NoAgent | Reason::QueueFull | Reason::MaxWait => EndClass::Rejected,
            Reason::NotFound | Reason::Forbidden | Reason::Overload | Reason::NoPorts => EndClass::Rejected,
            Reason::Busy | Reason::NoAnswer | Reason::NoCodec | Reason::AddressFamily => EndClass::Rejected,
            Reason::Shutdown if self.talked => EndClass::Completed,
            Reason::Shutdown | Reason::AgentHungUp => EndClass::Failed,
            Reason::RtpTimeout | Reason::NoAck | Reason::Interrupted | Reason::Other => EndClass::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_once() {
        let mut fate = Fate::default();
        assert!(fate.end(Reason::CallerHungUp).is_some());
        assert!(fate.end(Reason::RtpTimeout).is_none());
    }

    #[test]
    fn only_a_talk_makes_a_hang_up_a_success() {
        let mut silent = Fate::default();
        assert_eq!(silent.end(Reason::CallerHungUp).map(|e| e.class), Some(EndClass::Abandoned));
        let mut talked = Fate::default();
        talked.talked();
        let ending = talked.end(Reason::CallerHungUp);
        assert_eq!(ending.map(|e| (e.class, e.by)), Some((EndClass::Completed, EndedBy::Caller)));
        let mut broken = Fate::default();
        broken.talked();
        assert_eq!(broken.end(Reason::RtpTimeout).map(|e| e.class), Some(EndClass::Failed));
    }

    #[test]
    fn every_word_is_different_and_kebab_case() {
        let mut words: Vec<_> = Reason::ALL.iter().map(|r| r.word()).collect();
        assert!(words.iter().all(|w| w.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Reason::ALL.len());
    }
}
