//! Offer and answer, RFC 3264.

use std::fmt::Write;
use std::net::IpAddr;

use bytes::Bytes;

use super::{Agreed, Audio, Direction, Incompatible, Law, Line, Local, Media, Sdp};

/// The payload type our own offers give telephone events.
const TELEPHONE_EVENT: u8 = 101;
/// Milliseconds per packet when nobody says otherwise (RFC 3551 §4.5).
const USUAL_PTIME: u16 = 20;

/// Our first offer of a session: one audio stream.
pub fn offer(ours: &Local) -> Bytes {
    let lines = [Line::Audio { protocol: "RTP/AVP".into() }];
    description(ours, &lines, &Stream::offering(ours, Some(TELEPHONE_EVENT)), &[])
}

/// A later offer of ours in a session already agreed: its m-lines stay in their places and the payload types keep their
/// meaning (RFC 3264 §8).
pub fn reoffer(ours: &Local, agreed: &Agreed) -> Bytes {
    let mut stream = Stream::offering(ours, agreed.telephone_event);
    for (payload, law) in &mut stream.codecs {
        if *law == agreed.law {
            *payload = agreed.payload;
        }
    }
    description(ours, &agreed.lines, &stream, &[])
}

/// Our answer to an offer, and what it settles. The offerer's most preferred law that we have is taken; every other
/// stream is refused with port 0.
///
/// # Errors
/// [`Incompatible`]: the answer is 488.
pub fn answer(offer: &Sdp, ours: &Local) -> Result<(Bytes, Agreed), Incompatible> {
    let (index, audio, codec) = usable(offer, ours)?;
    let lines = lines(offer, index);
    let agreed = settle(ours, &audio, codec, lines);
    let stream = Stream {
        codecs: vec![codec],
        telephone_event: agreed.telephone_event,
        direction: agreed.direction,
        ptime: agreed.ptime,
    };
    Ok((description(ours, &agreed.lines, &stream, &offer.times), agreed))
}

/// What the far end's answer to our offer settles.
///
/// # Errors
/// [`Incompatible`]: nothing can be said over it.
pub fn agree(our_offer: &Local, answer: &Sdp) -> Result<Agreed, Incompatible> {
    let (index, audio, codec) = usable(answer, our_offer)?;
    Ok(settle(our_offer, &audio, codec, lines(answer, index)))
}

/// The first stream of theirs with a law of ours at an address of our family: we have one socket for sound.
fn usable(theirs: &Sdp, ours: &Local) -> Result<(usize, Audio, (u8, Law)), Incompatible> {
    let mut why = Incompatible::Codec;
    for (index, media) in theirs.media.iter().enumerate() {
        let Some(audio) = media.audio(theirs) else { continue };
        let Some(codec) = common(&audio, &ours.codecs) else { continue };
        if audio.address.is_ipv6() == ours.address.is_ipv6() {
            return Ok((index, audio, codec));
        }
        why = Incompatible::AddressFamily;
    }
    Err(why)
}

/// The first format of theirs that we have too.
fn common(audio: &Audio, ours: &[Law]) -> Option<(u8, Law)> {
    audio.codecs.iter().copied().find(|(_, law)| ours.contains(law))
}

fn settle(ours: &Local, audio: &Audio, (payload, law): (u8, Law), lines: Vec<Line>) -> Agreed {
    Agreed {
        remote: audio.address,
        law,
        payload,
        telephone_event: audio.telephone_event,
        direction: ours.direction.and(audio.direction.reversed()),
        ptime: ptime(audio),
        lines,
    }
}

/// What the far end asks for, in tens from 10 to 60 ms, else the usual; never more than it can take.
fn ptime(audio: &Audio) -> u16 {
    let wanted = audio.ptime.filter(|p| (10..=60).contains(p) && p % 10 == 0).unwrap_or(USUAL_PTIME);
    let most = audio.max_ptime.map_or(wanted, |most| most / 10 * 10);
    wanted.min(most.max(10))
}

/// The shape of the session: our audio at `index`, everything else refused.
fn lines(sdp: &Sdp, index: usize) -> Vec<Line> {
    let line = |(at, media): (usize, &Media)| {
        let protocol = media.protocol.clone();
        if at == index {
            return Line::Audio { protocol };
        }
        let format = media.formats.first().cloned().unwrap_or_else(|| "0".into());
        Line::Refused { kind: media.kind.clone(), protocol, format }
    };
    sdp.media.iter().enumerate().map(line).collect()
}

/// What our audio m-line says.
struct Stream {
    codecs: Vec<(u8, Law)>,
    telephone_event: Option<u8>,
    direction: Direction,
    ptime: u16,
}

impl Stream {
    fn offering(ours: &Local, telephone_event: Option<u8>) -> Self {
        let codecs = ours.codecs.iter().map(|law| (law.payload(), *law)).collect();
        Self { codecs, telephone_event, direction: ours.direction, ptime: USUAL_PTIME }
    }

    fn print(&self, out: &mut String, port: u16, protocol: &str) {
        let numbers = self.codecs.iter().map(|(payload, _)| *payload).chain(self.telephone_event);
        let formats: Vec<String> = numbers.map(|n| n.to_string()).collect();
        line(out, format_args!("m=audio {port} {protocol} {}", formats.join(" ")));
        for (payload, law) in &self.codecs {
            line(out, format_args!("a=rtpmap:{payload} {}/8000", law.name()));
        }
        if let Some(event) = self.telephone_event {
            line(out, format_args!("a=rtpmap:{event} telephone-event/8000"));
            line(out, format_args!("a=fmtp:{event} 0-16"));
        }
        line(out, format_args!("a=ptime:{}", self.ptime));
        line(out, format_args!("a={}", self.direction.name()));
    }
}

fn description(ours: &Local, lines: &[Line], stream: &Stream, times: &[String]) -> Bytes {
    let mut out = String::with_capacity(400);
    let family = if matches!(ours.address, IpAddr::V6(_)) { "IP6" } else { "IP4" };
    let Local { address, port, session_id, version, .. } = ours;
    line(&mut out, format_args!("v=0"));
    line(&mut out, format_args!("o=santral {session_id} {version} IN {family} {address}"));
    line(&mut out, format_args!("s=-"));
    line(&mut out, format_args!("c=IN {family} {address}"));
    for time in times {
        line(&mut out, format_args!("t={time}"));
    }
    if times.is_empty() {
        line(&mut out, format_args!("t=0 0"));
    }
    for one in lines {
        match one {
            Line::Audio { protocol } => stream.print(&mut out, *port, protocol),
            Line::Refused { kind, protocol, format } => line(&mut out, format_args!("m={kind} 0 {protocol} {format}")),
        }
    }
    out.into()
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
    out.push_str("\r\n");
}
