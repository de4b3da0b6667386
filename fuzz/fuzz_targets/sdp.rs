//! Any text as a session description; what we answer to it can be read, and says what was agreed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::sdp::{self, Direction, Law, Local};

fuzz_target!(|data: &[u8]| {
    let Ok(offer) = sdp::read(data) else { return };
    let ours = Local {
        address: [192, 0, 2, 1].into(),
        port: 30_000,
        session_id: 1,
        version: 1,
        direction: Direction::SendRecv,
        codecs: vec![Law::Pcma, Law::Pcmu],
    };
    let Ok((bytes, agreed)) = sdp::answer(&offer, &ours) else { return };
    let answer = sdp::read(&bytes).map(|sdp| (sdp.media.len(), sdp.audio()));
    let Ok((lines, Some(audio))) = answer else { panic!("our own answer cannot be read") };
    assert_eq!((lines, audio.codecs), (offer.media.len(), vec![(agreed.payload, agreed.law)]));
    assert_eq!(audio.direction, agreed.direction);
    let again = sdp::read(&sdp::reoffer(&ours, &agreed)).map(|sdp| sdp.media.len());
    assert_eq!(again, Ok(lines));
});
