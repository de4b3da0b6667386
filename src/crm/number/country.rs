//! Numbering plans: the home country's rules, and where country codes end.

use super::Kind;

/// How numbers are written in the business's own country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Country code without `+`.
    pub calling_code: &'static str,
    /// Dialled before national numbers; empty where there is none.
    pub trunk_prefix: &'static str,
    /// Dialled before country codes.
    pub international_prefix: &'static str,
    /// Lengths of national numbers without the trunk prefix.
    pub shortest_national: usize,
    /// See `shortest_national`.
    pub longest_national: usize,
}

/// One row of the Turkish numbering plan: how the ten digits begin, and what they are.
struct Range {
    begins: &'static str,
    kind: Kind,
}

const fn range(begins: &'static str, kind: Kind) -> Range {
    Range { begins, kind }
}

/// The Turkish numbering plan of ten-digit numbers; the first row that fits counts.
const TURKISH_RANGES: [Range; 9] = [
    range("512", Kind::Unknown), // pagers
    range("5", Kind::Mobile),
    range("2", Kind::Geographic),
    range("3", Kind::Geographic),
    range("4", Kind::Geographic),
    range("850", Kind::Nomadic),
    range("800", Kind::TollFree),
    range("888", Kind::Premium),
    range("900", Kind::Premium),
];

/// Digits of a Turkish number without country code and trunk prefix.
const TURKISH_LENGTH: usize = 10;
/// Digits of a 444 number.
const UAN_LENGTH: usize = 7;

impl Home {
    /// Türkiye.
    pub const TURKIYE: Self = Self {
        calling_code: "90",
        trunk_prefix: "0",
        international_prefix: "00",
        shortest_national: TURKISH_LENGTH,
        longest_national: TURKISH_LENGTH,
    };
    /// Germany.
    pub const GERMANY: Self = Self {
        calling_code: "49",
        trunk_prefix: "0",
        international_prefix: "00",
        shortest_national: 6,
        longest_national: 11,
    };
    /// Great Britain.
    pub const BRITAIN: Self = Self {
        calling_code: "44",
        trunk_prefix: "0",
        international_prefix: "00",
        shortest_national: 9,
        longest_national: 10,
    };
    /// The United States and Canada.
    pub const NORTH_AMERICA: Self = Self {
        calling_code: "1",
        trunk_prefix: "",
        international_prefix: "011",
        shortest_national: 10,
        longest_national: 10,
    };

    /// The plan of a country by its two letters.
    pub fn of(country: &str) -> Option<Self> {
        match country {
            "TR" => Some(Self::TURKIYE),
            "DE" => Some(Self::GERMANY),
            "GB" => Some(Self::BRITAIN),
            "US" | "CA" => Some(Self::NORTH_AMERICA),
            _ => None,
        }
    }

    fn is_turkish(&self) -> bool {
        self.calling_code == "90"
    }

    /// Key and kind of a national number without prefixes, if it is one.
    pub(super) fn national(&self, digits: &str) -> Option<(String, Kind)> {
        if self.is_turkish() && is_uan(digits) {
            return Some((digits.to_owned(), Kind::Uan));
        }
        let fits = (self.shortest_national..=self.longest_national).contains(&digits.len());
        if !fits || digits.starts_with('0') {
            return None;
        }
        let kind = if self.is_turkish() { turkish_kind(digits)? } else { Kind::Geographic };
        Some((format!("+{}{digits}", self.calling_code), kind))
    }

    /// Short numbers, which are dialled without any prefix.
    pub(super) fn short(&self, digits: &str) -> Option<(String, Kind)> {
        let is_short = self.is_turkish()
            && (digits.len() == 3 && digits.starts_with('1') || digits.len() == 5 && digits.starts_with("118"));
        is_short.then(|| (digits.to_owned(), Kind::Short))
    }

    /// `0532 111 22 33`; other countries' national numbers as `0` and digits.
    pub(super) fn display_national(&self, digits: &str) -> String {
        if self.is_turkish() && digits.len() == TURKISH_LENGTH && digits.is_ascii() {
            return format!("0{} {} {} {}", &digits[..3], &digits[3..6], &digits[6..8], &digits[8..]);
        }
        format!("{}{digits}", self.trunk_prefix)
    }

    /// `444 1 444`; anything else as it is.
    pub(super) fn display_short(&self, key: &str) -> String {
        if self.is_turkish() && is_uan(key) {
            return format!("{} {} {}", &key[..3], &key[3..4], &key[4..]);
        }
        key.to_owned()
    }
}

fn is_uan(digits: &str) -> bool {
    digits.len() == UAN_LENGTH && digits.starts_with("444") && digits.is_ascii()
}

fn turkish_kind(digits: &str) -> Option<Kind> {
    let row = TURKISH_RANGES.iter().find(|row| digits.starts_with(row.begins));
    match row {
        Some(row) => Some(row.kind),
        None => matches!(digits.as_bytes().first(), Some(b'8' | b'9')).then_some(Kind::Unknown),
    }
}

/// Country codes of two digits; 1 and 7 have one, all others three (ITU-T E.164 Annex).
const TWO_DIGITS: [&str; 43] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95",
];

/// The country code at the start of E.164 digits.
pub(super) fn calling_code(digits: &str) -> Option<&str> {
    if !digits.is_ascii() || digits.starts_with('0') {
        return None;
    }
    if digits.starts_with(['1', '7']) {
        return digits.get(..1);
    }
    let two = digits.get(..2)?;
    if TWO_DIGITS.contains(&two) || two == "98" {
        return Some(two);
    }
    digits.get(..3)
}
