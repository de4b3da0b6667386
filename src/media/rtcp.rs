//! Our RTCP: a compound report every five seconds or so, a goodbye at the end, and the two fields we need of theirs.
//! RFC 3550 §6.

use bytes::Bytes;
use rtcp::goodbye::Goodbye;
use rtcp::packet::Packet;
use rtcp::receiver_report::ReceiverReport;
use rtcp::reception_report::ReceptionReport;
use rtcp::sender_report::SenderReport;
use rtcp::source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem};

/// What a sender report says of our stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// NTP time of the report, 32.32 seconds since 1900.
    pub ntp: u64,
    /// The same moment on our RTP clock.
    pub rtp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload octets sent.
    pub octets: u32,
}

/// What a report block says of the stream we hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its source.
    pub ssrc: u32,
    /// Share lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost in all.
    pub lost: u32,
    /// Extended highest sequence number.
    pub highest: u32,
    /// Jitter in RTP units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of their last sender report; 0 when there was none.
    pub last_report: u32,
    /// Time since that report came, in 1/65536 s.
    pub delay: u32,
}

/// The NTP time (seconds since 1900, 32.32) of a wall clock in microseconds since 1970.
#[must_use]
pub fn ntp(wall_micros: u64) -> u64 {
    const SINCE_1900: u64 = 2_208_988_800;
    let seconds = wall_micros / 1_000_000 + SINCE_1900;
    let fraction = ((wall_micros % 1_000_000) << 32) / 1_000_000;
    (seconds << 32) | fraction
}

/// A compound packet: sender or receiver report, then the canonical name, then a goodbye at the end of the session.
#[must_use]
pub fn compound(ssrc: u32, name: &str, sent: Option<Sent>, received: Option<Received>, bye: bool) -> Bytes {
    let mut packets = vec![report(ssrc, sent, received), description(ssrc, name)];
    if bye {
        packets.push(Box::new(Goodbye { sources: vec![ssrc], reason: Bytes::new() }));
    }
    rtcp::packet::marshal(&packets).unwrap_or_default()
}

type Boxed = Box<dyn Packet + Send + Sync>;

fn report(ssrc: u32, sent: Option<Sent>, received: Option<Received>) -> Boxed {
    let reports = received.map(block).into_iter().collect();
    match sent {
        Some(sent) => Box::new(SenderReport {
            ssrc,
            ntp_time: sent.ntp,
            rtp_time: sent.rtp,
            packet_count: sent.packets,
            octet_count: sent.octets,
            reports,
            profile_extensions: Bytes::new(),
        }),
        None => Box::new(ReceiverReport { ssrc, reports, profile_extensions: Bytes::new() }),
    }
}

fn block(received: Received) -> ReceptionReport {
    ReceptionReport {
        ssrc: received.ssrc,
        fraction_lost: received.fraction_lost,
        // 24 bits on the wire.
        total_lost: received.lost.min(0x7f_ffff),
        last_sequence_number: received.highest,
        jitter: received.jitter,
        last_sender_report: received.last_report,
        delay: received.delay,
    }
}

fn description(ssrc: u32, name: &str) -> Boxed {
    let item = SourceDescriptionItem { sdes_type: SdesType::SdesCname, text: Bytes::copy_from_slice(name.as_bytes()) };
    Box::new(SourceDescription { chunks: vec![SourceDescriptionChunk { source: ssrc, items: vec![item] }] })
}

/// Finds the sender report in a compound packet and gives its source and the middle 32 bits of its NTP time.
/// Read by hand: it is two fields, and the packet may be anybody's.
#[must_use]
pub fn sender_report(datagram: &[u8]) -> Option<(u32, u32)> {
    const SENDER_REPORT: u8 = 200;
    let mut rest = datagram;
    while let Some(&[first, kind, high, low]) = rest.first_chunk::<4>() {
        let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
        let packet = rest.get(..length).filter(|_| first >> 6 == 2)?;
        if kind == SENDER_REPORT {
            let ssrc = u32::from_be_bytes(packet.get(4..8)?.try_into().ok()?);
            return Some((ssrc, u32::from_be_bytes(packet.get(10..14)?.try_into().ok()?)));
        }
        rest = &rest[length..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Sent = Sent { ntp: 0x0102_0304_0506_0708, rtp: 9, packets: 10, octets: 1_600 };
    const RECEIVED: Received =
        Received { ssrc: 3, fraction_lost: 12, lost: 5, highest: 70_000, jitter: 8, last_report: 1, delay: 2 };

    #[test]
    fn a_report_is_read_by_another_implementation_as_it_was_meant() {
        let bytes = compound(7, "a@b", Some(SENT), Some(RECEIVED), true);
        let packets = rtcp::packet::unmarshal(&mut bytes.clone()).unwrap();
        assert_eq!(packets.len(), 3);
        let report = packets[0].as_any().downcast_ref::<SenderReport>().unwrap();
        assert_eq!((report.ssrc, report.packet_count, report.reports[0].fraction_lost), (7, 10, 12));
        assert_eq!((report.reports[0].total_lost, report.reports[0].last_sequence_number), (5, 70_000));
        assert!(packets[2].as_any().downcast_ref::<Goodbye>().is_some());
        assert_eq!(sender_report(&bytes), Some((7, 0x0304_0506)));
    }

    #[test]
    fn without_anything_sent_it_is_a_receiver_report_and_holds_no_sender_report() {
        let bytes = compound(7, "a@b", None, None, false);
        assert_eq!(bytes[1], 201);
        assert_eq!(sender_report(&bytes), None);
    }

    #[test]
    fn broken_reports_are_passed_over() {
        let whole = compound(7, "a@b", Some(SENT), Some(RECEIVED), true);
        for cut in 0..28 {
            assert_eq!(sender_report(&whole[..cut]), None);
        }
        assert_eq!(sender_report(&[0x80, 200, 0, 0]), None);
    }

    #[test]
    fn ntp_time_counts_from_1900() {
        assert_eq!(ntp(0), 2_208_988_800 << 32);
        assert_eq!(ntp(500_000) & 0xffff_ffff, 0x8000_0000);
    }
}
