//! Messages nobody sane sends, and chance to make them worse.

use std::path::PathBuf;

/// A small generator of our own: the same seed, the same attack.
pub struct Chance(u64);

impl Chance {
    /// From `SANTRAL_SEED`, else from the clock; the seed is printed, which one sees when the test fails.
    pub fn new() -> Self {
        let given = std::env::var("SANTRAL_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = given.unwrap_or(u64::try_from(now.as_micros()).unwrap());
        eprintln!("SANTRAL_SEED={seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// One to four damages.
    pub fn damage(&mut self, message: &[u8]) -> Vec<u8> {
        let mut bytes = message.to_vec();
        for _ in 0..=self.below(4) {
            self.damage_once(&mut bytes);
        }
        bytes.truncate(60_000);
        bytes
    }

    fn damage_once(&mut self, bytes: &mut Vec<u8>) {
        const SALT: [&[u8]; 16] = [
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
            b"\0",
            b"\"",
            b"<",
            b">",
            b";;",
            b",,,",
            b"%00",
            b"\xff\xfe",
            b"99999999999999999999",
            b"-1",
            b" ",
            b"[::1",
            b";tag=",
        ];
        let (from, to) = (self.below(bytes.len()), self.below(bytes.len()));
        let range = from.min(to)..from.max(to).min(from.min(to) + 200);
        match self.below(7) {
            0 if !bytes.is_empty() => bytes[from] = u8::try_from(self.below(256)).unwrap(),
            1 if !bytes.is_empty() => bytes[from] ^= 1 << self.below(8),
            2 => drop(bytes.drain(range)),
            3 => {
                let again = bytes[range.clone()].repeat(1 + self.below(40));
                bytes.splice(range.start..range.start, again);
            }
            4 => bytes.truncate(from),
            _ => {
                let salt = SALT[self.below(SALT.len())];
                bytes.splice(from..from, salt.iter().copied());
            }
        }
    }
}

const SDP: &str = "v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n\
                   a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n";

/// A session description a caller may offer.
pub fn sdp() -> &'static str {
    SDP
}

fn message(method: &str, uri: &str, lines: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.66:5070;branch=z9hG4bK@@;rport\r\nMax-Forwards: 70\r\n\
         From: \"x\" <sip:+905551234567@127.0.0.66>;tag=a\r\nTo: <{uri}>\r\nCall-ID: @@\r\nCSeq: 1 {method}\r\n{lines}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Our own, and those of RFC 4475 when they lie beside the repository.
pub fn corpus() -> Vec<Vec<u8>> {
    let mut all = own();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/rfc4475");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some()).collect();
    files.sort();
    all.extend(files.into_iter().filter_map(|path| std::fs::read(path).ok()));
    all
}

fn own() -> Vec<Vec<u8>> {
    let contact = "Contact: <sip:x@127.0.0.66:5070>\r\n";
    let typed = format!("{contact}Content-Type: application/sdp\r\n");
    let digest = "Authorization: Digest username=\"101\", realm=\"santral\", nonce=\"00\", uri=\"sip:x\", response=\"";
    let many_lines = "m=audio 1 RTP/AVP 8\r\n".repeat(500);
    let mut all = vec![
        message("INVITE", "sip:500@127.0.0.1", &typed, SDP),
        message("INVITE", "sip:500@127.0.0.1", &typed, &SDP.replace("40000", "-1").replace(" 8 0 101", "")),
        message("INVITE", "sip:500@127.0.0.1", &typed, &format!("{SDP}{many_lines}")),
        message("INVITE", "sip:%00%0d%0a101@127.0.0.1;user=phone?Route=x", &typed, SDP),
        message("INVITE", "tel:+905321112233", &typed, ""),
        message("INVITE", "sip:101@[::1]:99999", &typed, SDP),
        message(
            "INVITE",
            "sip:500@127.0.0.1",
            &format!("{contact}Content-Type: multipart/mixed;boundary=\"b\"\r\n"),
            &format!("--b\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n--b\r\n\r\n{}", "--b\r\n".repeat(900)),
        ),
        message("REGISTER", "sip:127.0.0.1", "Contact: *\r\nExpires: 0\r\n", ""),
        message("REGISTER", "sip:127.0.0.1", &format!("{contact}{digest}{}\"\r\n", "f".repeat(32)), ""),
        message("REGISTER", "sip:127.0.0.1", &format!("{contact}{digest}\\\\\\\", nc=zz, qop=\r\n"), ""),
        message("OPTIONS", "sip:500@127.0.0.1", &format!("Subject: a\r\n{}", " b\r\n".repeat(200)), ""),
        message("OPTIONS", "sip:500@127.0.0.1", &"Via: SIP/2.0/UDP a\r\n".repeat(1_500), ""),
        message("REFER", "sip:101@127.0.0.1", "Refer-To: <sip:+905321112233@x?Replaces=a%3Bto-tag%3Db>\r\n", ""),
        message("NOTIFY", "sip:101@127.0.0.1", "Event: talk\r\nSubscription-State: active;expires=-1\r\n", ""),
        message("PRACK", "sip:500@127.0.0.1", "RAck: 4294967296 1 INVITE\r\n", ""),
        message("CANCEL", "sip:500@127.0.0.1", "", ""),
        message("ACK", "sip:500@127.0.0.1", "", SDP),
        message("BYE", "sip:500@127.0.0.1", "Reason: Q.850;cause=16\r\n", ""),
        message("UPDATE", "sip:500@127.0.0.1", &typed, SDP),
        message("INFO", "sip:500@127.0.0.1", "Content-Type: application/dtmf-relay\r\n", "Signal=\r\nDuration=-5\r\n"),
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK\r\nCSeq: 1 INVITE\r\n\r\n".to_vec(),
        b"SIP/2.0 999\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\r\n\r\n\0\0\0".to_vec(),
    ];
    for method in ["MESSAGE", "SUBSCRIBE", "PUBLISH", "YOK", ""] {
        all.push(message(method, "sip:101@127.0.0.1", "Event: presence\r\n", "x"));
    }
    all
}

/// Branch and Call-ID made new, so that it is not taken for a repetition.
pub fn fresh(message: &[u8], chance: &mut Chance) -> Vec<u8> {
    let name = format!("{:x}", chance.next());
    let mut bytes = Vec::with_capacity(message.len() + 32);
    let mut rest = message;
    while let Some(at) = rest.windows(2).position(|two| two == b"@@") {
        bytes.extend_from_slice(&rest[..at]);
        bytes.extend_from_slice(name.as_bytes());
        rest = &rest[at + 2..];
    }
    bytes.extend_from_slice(rest);
    bytes
}
