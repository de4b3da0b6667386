//! The methods of the door.
use super::*;

impl UserAgent {
    /// An agent whose tags, branches and Call-IDs all follow from `seed`, which must come from the operating system.
    pub fn new(settings: Settings, _seed: u64) -> Self {
        Self { settings, actions: VecDeque::new() }
    }
    /// One whole message has arrived.
    pub fn receive(&mut self, _now: Instant, _source: Source, _bytes: &[u8]) {}
    /// A TCP connection is gone.
    pub fn stream_closed(&mut self, _now: Instant, _stream: StreamId) {}
    /// A message to there could not be sent.
    pub fn unreachable(&mut self, _now: Instant, _destination: Destination) {}
    /// Time has passed.
    pub fn tick(&mut self, _now: Instant) {}
    /// When to call `tick`.
    pub fn deadline(&self) -> Option<Instant> {
        None
    }
    /// What is to be done, until `None`.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }
    /// 101–199 to a call; 100 is automatic. Sent reliably where the caller requires it.
    pub fn provisional(&mut self, _now: Instant, _dialog: DialogId, _status: u16, _sdp: Option<Bytes>) {}
    /// 200 with our answer (or offer, when the INVITE had none).
    pub fn answer(&mut self, _now: Instant, _dialog: DialogId, _sdp: Bytes) {}
    /// 300–699.
    pub fn reject(&mut self, _now: Instant, _dialog: DialogId, _status: u16, _extra: &[(&str, String)]) {}
    /// Makes a call.
    pub fn invite(&mut self, _now: Instant, _outgoing: Outgoing) -> DialogId {
        DialogId(0)
    }
    /// Gives up a call before its answer; exactly one `Failed` follows.
    pub fn cancel(&mut self, _now: Instant, _dialog: DialogId) {}
    /// Our answer to the offer in a 2xx.
    pub fn acknowledge(&mut self, _now: Instant, _dialog: DialogId, _sdp: Bytes) {}
    /// Hangs up; no event follows.
    pub fn bye(&mut self, _now: Instant, _dialog: DialogId) {}
    /// As `bye`, with more headers in the BYE.
    pub fn bye_with(&mut self, _now: Instant, _dialog: DialogId, _extra: &[(&str, String)]) {}
    /// Changes the session.
    pub fn reinvite(&mut self, _now: Instant, _dialog: DialogId, _sdp: Bytes) {}
    /// 200 to `Event::Reinvite`.
    pub fn accept_reinvite(&mut self, _now: Instant, _dialog: DialogId, _sdp: Bytes) {}
    /// 300–699 to `Event::Reinvite`.
    pub fn refuse_reinvite(&mut self, _now: Instant, _dialog: DialogId, _status: u16) {}
    /// A request within the dialog.
    pub fn request_in_dialog(
        &mut self,
        _now: Instant,
        _dialog: DialogId,
        _method: Method,
        _extra: &[(&str, String)],
        _body: Bytes,
    ) -> RequestId {
        RequestId(0)
    }
    /// A request outside dialogs.
    pub fn request(&mut self, _now: Instant, _out: OutgoingRequest) -> RequestId {
        RequestId(0)
    }
    /// The answer to `Event::Request`.
    pub fn reply(&mut self, _now: Instant, _request: RequestId, _status: u16, _extra: &[(&str, String)], _body: Bytes) {
    }
    /// Whether the far end named this event package in Allow-Events.
    pub fn remote_allows_event(&self, _dialog: DialogId, _package: &str) -> bool {
        false
    }
    /// What is alive.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
