//! Callers without a program of their own: INVITE to a menu, ACK, a word of time, BYE, over one UDP socket each.

use std::net::UdpSocket;
use std::time::Duration;

/// Makes so many calls to `number`, a few at a time; returns how many were answered and ended with a 200 each.
pub fn calls(to: &str, number: &str, count: usize) -> usize {
    const AT_ONCE: usize = 10;
    let made = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for lane in 0..AT_ONCE {
            let made = &made;
            scope.spawn(move || {
                for n in (lane..count).step_by(AT_ONCE) {
                    if call(to, number, n).is_some() {
                        made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                }
            });
        }
    });
    made.into_inner()
}

fn call(to: &str, number: &str, n: usize) -> Option<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
    socket.connect(to).ok()?;
    socket.set_read_timeout(Some(Duration::from_millis(500))).ok()?;
    let here = socket.local_addr().ok()?;
    let media = UdpSocket::bind("127.0.0.1:0").ok()?;
    let rtp = media.local_addr().ok()?.port();
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {rtp} RTP/AVP 8 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
    );
    let head = |method: &str, cseq: u32, to_tag: &str, branch: u32| {
        format!(
            "{method} sip:{number}@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK-{n}-{branch}-{rtp};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+905321{n:06}@{here}>;tag=f{n}\r\nTo: <sip:{number}@{to}>{to_tag}\r\n\
             Call-ID: faults-{n}-{rtp}\r\nCSeq: {cseq} {method}\r\nContact: <sip:caller@{here}>\r\n"
        )
    };
    let length = body.len();
    let invite =
        format!("{}Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{body}", head("INVITE", 1, "", 1));
    let answer = ask(&socket, &invite, "1 INVITE")?;
    let tag = answer.lines().find_map(|line| line.strip_prefix("To:"))?.split(";tag=").nth(1)?.trim().to_owned();
    let tag = format!(";tag={tag}");
    let target = answer.lines().find_map(|line| line.strip_prefix("Contact:"))?;
    let target = target.split('<').nth(1)?.split('>').next()?.to_owned();
    let within = |method: &str, cseq: u32, branch: u32| {
        let text = head(method, cseq, &tag, branch) + "Content-Length: 0\r\n\r\n";
        text.replacen(&format!("sip:{number}@{to}"), &target, 1)
    };
    socket.send(within("ACK", 1, 2).as_bytes()).ok()?;
    std::thread::park_timeout(Duration::from_millis(60));
    ask(&socket, &within("BYE", 2, 3), "2 BYE").map(|_| ())
}

/// Sends, and again every half second, until a 200 to this request comes.
fn ask(socket: &UdpSocket, request: &str, cseq: &str) -> Option<String> {
    let mut buffer = [0; 8192];
    for _ in 0..20 {
        socket.send(request.as_bytes()).ok()?;
        for _ in 0..20 {
            let Ok(length) = socket.recv(&mut buffer) else { break };
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let status = text.split(' ').nth(1).unwrap_or_default().to_owned();
            if !text.contains(&format!("CSeq: {cseq}")) || status.starts_with('1') {
                continue;
            }
            return (status == "200").then_some(text);
        }
    }
    None
}
