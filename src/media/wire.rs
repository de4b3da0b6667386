//! The RTP header, RFC 3550 §5.1, read and written in place.
//!
//! Relaying needs six header fields and the payload's bounds, nothing else, so this reads exactly those and never
//! allocates. The `rtp` crate is the oracle of the tests here and not the parser of the running system: its 0.17.2
//! panics on a header extension whose inner length is a lie, and any stranger may send one.

/// Bytes of the fixed header.
pub const HEADER: usize = 12;

/// Payload type of µ-law, RFC 3551 §6.
pub const PCMU: u8 = 0;
/// Payload type of A-law, RFC 3551 §6.
pub const PCMA: u8 = 8;

/// The fields of the fixed header that matter to a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// First packet of a talk spurt or of a digit.
    pub marker: bool,
    /// Payload type, 7 bits.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in units of 125 µs.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// One packet, its payload borrowed from the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The header.
    pub header: Header,
    /// What follows header, CSRC list and extension, without padding.
    pub payload: &'a [u8],
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Whether a datagram on a shared port is RTCP rather than RTP, RFC 5761 §4.
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|second| (192..=223).contains(second))
}

/// Reads one RTP packet; `None` when it is not version 2, is RTCP, or lies about its lengths.
#[must_use]
pub fn read(datagram: &[u8]) -> Option<Packet<'_>> {
    let (&first, &second) = (datagram.first()?, datagram.get(1)?);
    if first >> 6 != 2 || is_rtcp(datagram) {
        return None;
    }
    let header = Header {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: half(datagram, 2)?,
        timestamp: word(datagram, 4)?,
        ssrc: word(datagram, 8)?,
    };
    let payload = if first & 0x3f == 0 { datagram.get(HEADER..)? } else { odd_payload(datagram, first)? };
    Some(Packet { header, payload })
}

/// The payload of a packet with CSRC list, extension or padding, all of which telephones hardly ever send.
fn odd_payload(datagram: &[u8], first: u8) -> Option<&[u8]> {
    let mut start = HEADER + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        start += 4 + 4 * usize::from(half(datagram, start + 2)?);
    }
    let mut end = datagram.len();
    if first & 0x20 != 0 {
        let padding = usize::from(*datagram.last()?);
        end = end.checked_sub(padding).filter(|_| padding > 0)?;
    }
    datagram.get(start..end)
}

/// Appends the twelve header bytes to `out`; the payload follows.
pub fn write(header: &Header, out: &mut Vec<u8>) {
    let marker = if header.marker { 0x80 } else { 0 };
    let [s0, s1] = header.sequence.to_be_bytes();
    let [t0, t1, t2, t3] = header.timestamp.to_be_bytes();
    let [r0, r1, r2, r3] = header.ssrc.to_be_bytes();
    let bytes = [0x80, marker | (header.payload_type & 0x7f), s0, s1, t0, t1, t2, t3, r0, r1, r2, r3];
    out.extend_from_slice(&bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use webrtc_util::marshal::{Marshal, Unmarshal};

    fn foreign(header: &Header, payload: &[u8]) -> rtp::packet::Packet {
        rtp::packet::Packet {
            header: rtp::header::Header {
                version: 2,
                marker: header.marker,
                payload_type: header.payload_type,
                sequence_number: header.sequence,
                timestamp: header.timestamp,
                ssrc: header.ssrc,
                ..Default::default()
            },
            payload: Bytes::copy_from_slice(payload),
        }
    }

    proptest! {
        #[test]
        fn what_we_write_another_implementation_reads_and_the_other_way_round(
            marker: bool, payload_type in 0u8..64, sequence: u16, timestamp: u32, ssrc: u32,
            payload in proptest::collection::vec(any::<u8>(), 1..400),
        ) {
            let header = Header { marker, payload_type, sequence, timestamp, ssrc };
            let mut ours = Vec::new();
            write(&header, &mut ours);
            ours.extend_from_slice(&payload);
            let theirs = foreign(&header, &payload).marshal().unwrap();
            prop_assert_eq!(&ours[..], &theirs[..]);
            prop_assert_eq!(read(&theirs), Some(Packet { header, payload: &payload }));
            let parsed = rtp::packet::Packet::unmarshal(&mut &ours[..]).unwrap();
            prop_assert_eq!(parsed.header.sequence_number, sequence);
        }

        #[test]
        fn no_datagram_however_broken_brings_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(packet) = read(&bytes) {
                prop_assert!(packet.payload.len() + HEADER <= bytes.len());
            }
        }
    }

    #[test]
    fn csrc_list_extension_and_padding_are_cut_off_the_payload() {
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 1, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend_from_slice(&[9; 4]);
        bytes.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x10, 7, 0, 0]);
        bytes.extend_from_slice(&[0x55; 10]);
        bytes.extend_from_slice(&[0, 0, 3]);
        assert_eq!(read(&bytes).unwrap().payload, &[0x55; 10]);
    }

    #[test]
    fn an_extension_whose_inner_length_lies_is_read_without_a_panic() {
        let bytes = [0x90, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x1f, 7, 0, 0];
        assert_eq!(read(&bytes).unwrap().payload, &[] as &[u8]);
    }

    #[test]
    fn rtcp_and_other_versions_are_not_rtp() {
        assert_eq!(read(&[0x80, 200, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(read(&[0x40, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]), None);
        assert_eq!(read(&[0xa0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 200]), None);
    }
}
