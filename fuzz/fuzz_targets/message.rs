//! Any datagram, and the same bytes as a stream: nothing panics, and what is read is printed and read again as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::Message;
use sip::frame::{Framed, Framer};
use sip::parse::{self, Framing, Limits};
use sip::validate::{self, Rules};

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let mut framer = Framer::new(limits);
    framer.push(data);
    for found in framer.by_ref() {
        if let Ok(Framed::Message(bytes)) = found {
            let _ = parse::shared(&bytes, Framing::Stream, &limits);
        }
    }
    let Ok(message) = parse::message(data, Framing::Datagram, &limits) else { return };
    match &message {
        Message::Request(request) => {
            let _ = validate::request(request, &Rules::default());
            let _ = request.sdp();
        }
        Message::Response(response) => {
            let _ = validate::response(response);
            let _ = sip::digest::Challenge::all(&response.headers, false);
        }
    }
    assert_eq!(parse::message(&message.to_bytes(), Framing::Datagram, &limits).as_ref(), Ok(&message));
});
