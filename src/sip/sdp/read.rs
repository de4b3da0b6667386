//! Text to [`Sdp`]. Lines we have no use for are skipped; text is taken in any charset.

use std::net::{IpAddr, SocketAddr};

use super::{Audio, Direction, Law, Mapping, Media, Place, Sdp, SdpError};

/// m-lines read at most.
const MOST_MEDIA: usize = 64;
/// rtpmaps kept of one stream.
const MOST_MAPPINGS: usize = 128;

/// Reads a session description.
pub fn read(text: &[u8]) -> Result<Sdp, SdpError> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.split(['\r', '\n']).filter(|l| !l.is_empty());
    if lines.next().map(str::trim_end) != Some("v=0") {
        return Err(SdpError::Version);
    }
    let mut sdp = Sdp { origin: String::new(), place: None, direction: None, times: Vec::new(), media: Vec::new() };
    for line in lines {
        let Some((kind, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        match kind {
            "o" => value.clone_into(&mut sdp.origin),
            "t" if sdp.media.is_empty() && sdp.times.len() < MOST_MEDIA => sdp.times.push(value.to_owned()),
            "m" if sdp.media.len() >= MOST_MEDIA => return Err(SdpError::TooMany),
            "m" => sdp.media.push(media(value).ok_or(SdpError::Media)?),
            "c" => connection(&mut sdp, value)?,
            "a" => attribute(&mut sdp, value),
            _ => {}
        }
    }
    Ok(sdp)
}

/// `audio 49170 RTP/AVP 8 0 101`
fn media(value: &str) -> Option<Media> {
    // These words are repeated in our answer, so nothing may hide in them.
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return None;
    }
    let mut words = value.split_whitespace();
    let kind = words.next()?.to_owned();
    // The number of ports behind a slash is of no use to us.
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?.to_owned();
    let formats: Vec<String> = words.take(256).map(str::to_owned).collect();
    let known = !formats.is_empty();
    let (place, direction, mappings, ptime, max_ptime) = (None, None, Vec::new(), None, None);
    known.then_some(Media { kind, port, protocol, formats, place, direction, mappings, ptime, max_ptime })
}

/// `IN IP4 192.0.2.1/127`; the first of a media description counts.
fn connection(sdp: &mut Sdp, value: &str) -> Result<(), SdpError> {
    let mut words = value.split_whitespace();
    let (Some(net), Some(family), Some(address)) = (words.next(), words.next(), words.next()) else {
        return Err(SdpError::Connection);
    };
    let address = address.split('/').next().unwrap_or_default();
    let place = match address.parse::<IpAddr>() {
        Ok(ip) if net == "IN" && ip.is_ipv6() == (family == "IP6") => Place::Ip(ip),
        Ok(_) => return Err(SdpError::Connection),
        Err(_) => Place::Name(address.to_owned()),
    };
    let slot = sdp.media.last_mut().map_or(&mut sdp.place, |m| &mut m.place);
    slot.get_or_insert(place);
    Ok(())
}

fn attribute(sdp: &mut Sdp, value: &str) {
    let (name, value) = value.split_once(':').unwrap_or((value, ""));
    if let Some(direction) = direction(name) {
        let slot = sdp.media.last_mut().map_or(&mut sdp.direction, |m| &mut m.direction);
        *slot = Some(direction);
        return;
    }
    let Some(media) = sdp.media.last_mut() else { return };
    match name {
        "rtpmap" if media.mappings.len() < MOST_MAPPINGS => media.mappings.extend(mapping(value)),
        "ptime" => media.ptime = value.trim().parse().ok(),
        "maxptime" => media.max_ptime = value.trim().parse().ok(),
        _ => {}
    }
}

fn direction(name: &str) -> Option<Direction> {
    let all = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
    all.into_iter().find(|d| d.name() == name)
}

/// `101 telephone-event/8000`
fn mapping(value: &str) -> Option<Mapping> {
    let (payload, encoding) = value.trim().split_once(' ')?;
    let mut parts = encoding.trim().split('/');
    Some(Mapping {
        payload: payload.parse().ok().filter(|p| *p < 128)?,
        encoding: parts.next()?.to_owned(),
        clock: parts.next()?.parse().ok()?,
        channels: parts.next().map_or(Some(1), |c| c.parse().ok())?,
    })
}

impl Media {
    /// The G.711 formats in order. A static payload type needs no rtpmap; one that says otherwise is believed.
    fn codecs(&self) -> Vec<(u8, Law)> {
        self.payloads().filter_map(|payload| Some((payload, self.law(payload)?))).collect()
    }

    fn payloads(&self) -> impl Iterator<Item = u8> {
        self.formats.iter().filter_map(|f| f.parse().ok())
    }

    fn law(&self, payload: u8) -> Option<Law> {
        let laws = [Law::Pcma, Law::Pcmu];
        match self.mappings.iter().find(|m| m.payload == payload) {
            Some(m) => laws.into_iter().find(|l| m.is(l.name(), 8000)),
            None => laws.into_iter().find(|l| l.payload() == payload),
        }
    }

    fn telephone_event(&self) -> Option<u8> {
        let is_event = |p: &u8| self.mappings.iter().any(|m| m.payload == *p && m.is("telephone-event", 8000));
        self.payloads().find(is_event)
    }

    /// What we can use of it; `None` when it is no audio over plain RTP, is refused, or names a host.
    pub(super) fn audio(&self, session: &Sdp) -> Option<Audio> {
        let plain = ["RTP/AVP", "RTP/AVPF"].contains(&self.protocol.as_str());
        if self.kind != "audio" || self.port == 0 || !plain {
            return None;
        }
        let Some(Place::Ip(ip)) = self.place.as_ref().or(session.place.as_ref()) else { return None };
        let said = self.direction.or(session.direction).unwrap_or_default();
        let direction = Direction::of(said.sends(), said.receives() && !ip.is_unspecified());
        Some(Audio {
            address: SocketAddr::new(*ip, self.port),
            codecs: self.codecs(),
            telephone_event: self.telephone_event(),
            direction,
            ptime: self.ptime,
            max_ptime: self.max_ptime,
        })
    }
}

impl Mapping {
    fn is(&self, encoding: &str, clock: u32) -> bool {
        self.encoding.eq_ignore_ascii_case(encoding) && self.clock == clock && self.channels == 1
    }
}

impl Sdp {
    /// The first audio stream with a G.711 format, else the first audio stream that is not refused.
    pub fn audio(&self) -> Option<Audio> {
        let mut streams = self.media.iter().filter_map(|m| m.audio(self));
        let first = streams.next()?;
        if !first.codecs.is_empty() {
            return Some(first);
        }
        Some(streams.find(|a| !a.codecs.is_empty()).unwrap_or(first))
    }
}
