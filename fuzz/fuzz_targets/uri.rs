//! Any text as a URI, an address and a Via: what is read is printed and read again as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::{Address, Uri, Via};

fuzz_target!(|data: &[u8]| {
    if let Some(uri) = Uri::parse(data) {
        assert_eq!(uri.as_str().as_bytes(), data);
        assert!(uri.equivalent(&uri.clone()));
        let _ = (uri.host(), uri.user_decoded(), uri.params().count(), uri.headers().count());
        let _ = (uri.with_param("lr", None), uri.without_param("lr"), uri.without_headers());
    }
    if let Some(address) = Address::parse(data) {
        assert_eq!(Address::parse(&address.to_bytes()), Some(address));
    }
    if let Some(via) = Via::parse(data) {
        let _ = (via.branch(), via.received(), via.rport(), via.sent_host());
        assert_eq!(Via::parse(&via.to_bytes()), Some(via));
    }
});
