//! Names of header fields: their usual spelling and their compact forms, RFC 3261 §7.3.3 and §20.

use bytes::Bytes;

/// Names in their usual spelling, with the compact form where there is one.
const NAMES: [(&str, Option<u8>); 58] = [
    ("Via", Some(b'v')),
    ("From", Some(b'f')),
    ("To", Some(b't')),
    ("Call-ID", Some(b'i')),
    ("CSeq", None),
    ("Contact", Some(b'm')),
    ("Max-Forwards", None),
    ("Content-Type", Some(b'c')),
    ("Content-Length", Some(b'l')),
    ("Content-Encoding", Some(b'e')),
    ("Content-Disposition", None),
    ("Subject", Some(b's')),
    ("Supported", Some(b'k')),
    ("Event", Some(b'o')),
    ("Allow-Events", Some(b'u')),
    ("Refer-To", Some(b'r')),
    ("Referred-By", Some(b'b')),
    ("Session-Expires", Some(b'x')),
    ("Identity", Some(b'y')),
    ("Accept-Contact", Some(b'a')),
    ("Request-Disposition", Some(b'd')),
    ("Reject-Contact", Some(b'j')),
    ("Accept", None),
    ("Accept-Encoding", None),
    ("Accept-Language", None),
    ("Alert-Info", None),
    ("Allow", None),
    ("Authorization", None),
    ("Call-Info", None),
    ("Date", None),
    ("Diversion", None),
    ("Error-Info", None),
    ("Expires", None),
    ("Min-Expires", None),
    ("Min-SE", None),
    ("P-Asserted-Identity", None),
    ("P-Preferred-Identity", None),
    ("Path", None),
    ("Privacy", None),
    ("Proxy-Authenticate", None),
    ("Proxy-Authorization", None),
    ("Proxy-Require", None),
    ("RAck", None),
    ("Reason", None),
    ("Record-Route", None),
    ("Replaces", None),
    ("Require", None),
    ("Retry-After", None),
    ("Route", None),
    ("RSeq", None),
    ("Server", None),
    ("Subscription-State", None),
    ("Timestamp", None),
    ("Unsupported", None),
    ("User-Agent", None),
    ("Warning", None),
    ("WWW-Authenticate", None),
    ("History-Info", None),
];

/// The name of a header field. Known names take their usual spelling, compact forms their long one.
#[derive(Debug, Clone)]
pub struct Name(Bytes);

impl Name {
    /// A name for printing and comparing; compact forms become long ones.
    pub fn new(name: &str) -> Self {
        Self::parse(&Bytes::copy_from_slice(name.as_bytes()))
    }

    pub(crate) fn parse(name: &Bytes) -> Self {
        let known = match name.as_ref() {
            [letter] => NAMES.iter().find(|(_, short)| *short == Some(letter.to_ascii_lowercase())),
            long => NAMES.iter().find(|(full, _)| full.as_bytes().eq_ignore_ascii_case(long)),
        };
        Self(known.map_or_else(|| name.clone(), |(full, _)| Bytes::from_static(full.as_bytes())))
    }

    /// The name as it is printed.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Comparison without regard to case; a compact form stands for its long one.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name.as_bytes()) || name.len() == 1 && Self::new(name) == *self
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Name {}
