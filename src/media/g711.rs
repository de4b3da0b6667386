//! ITU-T G.711: both laws to and from 16-bit linear, and from one law to the other, by tables built at compile time.

use crate::order::Codec;

/// The A-law octet of silence.
pub const A_SILENCE: u8 = 0xd5;
/// The µ-law octet of silence.
pub const U_SILENCE: u8 = 0xff;

/// Linear value of every A-law octet.
pub static A_TO_LINEAR: [i16; 256] = a_table();
/// Linear value of every µ-law octet.
pub static U_TO_LINEAR: [i16; 256] = u_table();
static A_TO_U: [u8; 256] = a_to_u();
static U_TO_A: [u8; 256] = u_to_a();

/// µ-law adds this before the segment is sought, so that the first segment is linear (G.711 table 2a, in 16-bit units).
const BIAS: i32 = 0x84;

const fn a_decode(octet: u8) -> i16 {
    let octet = octet ^ 0x55;
    let segment = (octet >> 4) & 7;
    let mut value = ((octet & 0x0f) as i32) << 4;
    value += 8;
    if segment > 0 {
        value = (value + 0x100) << (segment - 1);
    }
    (if octet & 0x80 != 0 { value } else { -value }) as i16
}

const fn u_decode(octet: u8) -> i16 {
    let octet = !octet;
    let segment = (octet >> 4) & 7;
    let value = ((((octet & 0x0f) as i32) << 3) + BIAS) << segment;
    (if octet & 0x80 != 0 { BIAS - value } else { value - BIAS }) as i16
}

/// The segment (exponent) of a magnitude whose first segment ends below `1 << first`.
const fn segment(magnitude: i32, first: u32) -> u8 {
    let bits = 32 - magnitude.leading_zeros();
    if bits > first { (bits - first) as u8 } else { 0 }
}

const fn a_encode(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample as i32) } else { (0, -(sample as i32) - 1) };
    let segment = segment(magnitude, 8);
    let step = if segment == 0 { 4 } else { segment + 3 };
    let octet = (segment << 4) | ((magnitude >> step) & 0x0f) as u8;
    (octet | sign) ^ 0x55
}

const fn u_encode(sample: i16) -> u8 {
    let wide = sample as i32;
    let (sign, magnitude) = if wide >= 0 { (0, wide) } else { (0x80, -wide) };
    let biased = if magnitude > 32_635 { 32_635 } else { magnitude } + BIAS;
    let segment = segment(biased, 8);
    let octet = (segment << 4) | ((biased >> (segment + 3)) & 0x0f) as u8;
    !(octet | sign)
}

const fn a_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = a_decode(octet as u8);
        octet += 1;
    }
    table
}

const fn u_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = u_decode(octet as u8);
        octet += 1;
    }
    table
}

const fn a_to_u() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = u_encode(a_decode(octet as u8));
        octet += 1;
    }
    table
}

const fn u_to_a() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = a_encode(u_decode(octet as u8));
        octet += 1;
    }
    table
}

/// One linear sample as an octet of `codec`.
#[must_use]
pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcma => a_encode(sample),
        Codec::Pcmu => u_encode(sample),
    }
}

/// The linear value of one octet.
#[must_use]
pub fn decode(codec: Codec, octet: u8) -> i16 {
    decode_table(codec)[usize::from(octet)]
}

/// The table of linear values of a law.
#[must_use]
pub fn decode_table(codec: Codec) -> &'static [i16; 256] {
    match codec {
        Codec::Pcma => &A_TO_LINEAR,
        Codec::Pcmu => &U_TO_LINEAR,
    }
}

/// The table that turns `from` octets into `to` octets; `None` when they are the same law.
#[must_use]
pub fn transcode_table(from: Codec, to: Codec) -> Option<&'static [u8; 256]> {
    match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => Some(&A_TO_U),
        (Codec::Pcmu, Codec::Pcma) => Some(&U_TO_A),
        _ => None,
    }
}

/// The static payload type of a law.
#[must_use]
pub fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcma => crate::wire::PCMA,
        Codec::Pcmu => crate::wire::PCMU,
    }
}

/// The law of a static payload type.
#[must_use]
pub fn codec(payload_type: u8) -> Option<Codec> {
    match payload_type {
        crate::wire::PCMA => Some(Codec::Pcma),
        crate::wire::PCMU => Some(Codec::Pcmu),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_agree_with_the_recommendation_at_its_landmarks() {
        assert_eq!((A_TO_LINEAR[0xd5], A_TO_LINEAR[0x55]), (8, -8));
        assert_eq!((A_TO_LINEAR[0xaa], A_TO_LINEAR[0x2a]), (32_256, -32_256));
        assert_eq!((U_TO_LINEAR[0xff], U_TO_LINEAR[0x7f]), (0, 0));
        assert_eq!((U_TO_LINEAR[0x80], U_TO_LINEAR[0x00]), (32_124, -32_124));
        assert_eq!(encode(Codec::Pcmu, 0), U_SILENCE);
        assert_eq!(encode(Codec::Pcma, 0), A_SILENCE);
    }

    #[test]
    fn every_octet_survives_decoding_and_encoding() {
        for octet in 0..=255u8 {
            assert_eq!(encode(Codec::Pcma, decode(Codec::Pcma, octet)), octet);
            let back = encode(Codec::Pcmu, decode(Codec::Pcmu, octet));
            // µ-law has two zeros; both mean silence.
            assert!(back == octet || (octet == 0x7f && back == 0xff), "{octet:#x} became {back:#x}");
        }
    }

    #[test]
    fn every_sample_comes_back_within_half_a_step_of_its_segment() {
        for codec in [Codec::Pcma, Codec::Pcmu] {
            for sample in i16::MIN..=i16::MAX {
                let error = (i32::from(decode(codec, encode(codec, sample))) - i32::from(sample)).abs();
                assert!(error <= (i32::from(sample).abs() / 16).clamp(16, 1_024), "{codec:?} {sample} off by {error}");
            }
        }
    }

    #[test]
    fn transcoding_is_decoding_then_encoding() {
        let table = transcode_table(Codec::Pcma, Codec::Pcmu).unwrap();
        for octet in 0..=255u8 {
            assert_eq!(table[usize::from(octet)], encode(Codec::Pcmu, decode(Codec::Pcma, octet)));
        }
        assert!(transcode_table(Codec::Pcmu, Codec::Pcmu).is_none());
    }
}
