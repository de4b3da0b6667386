//! Identity of a phone number: every spelling of one number has one key, and two numbers never share one.
//!
//! What trunks send and people type in one installation: `02123205062`, `5301234567`, `905320000000`,
//! `+90 (0) 532 …`, `00493089680211`, `444 1 444`, `1003`, `sip:+90…@host`. The key is E.164 with `+` where the number
//! has such a form, else the bare digits (`4441444`, `112`, `101`).

mod clean;
mod country;
mod several;

pub use country::Home;

use clean::Cleaned;

/// What a number is, as far as its digits tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Mobile of the home country.
    Mobile,
    /// Bound to a place.
    Geographic,
    /// Türkiye's 444 numbers: seven digits, never with an area code.
    Uan,
    /// Location-independent (0850).
    Nomadic,
    /// Free for the caller (0800).
    TollFree,
    /// Dearer for the caller (0888, 0900).
    Premium,
    /// Emergency, directory and service numbers: 1XY and 118XX.
    Short,
    /// An internal number.
    Extension,
    /// Of another country.
    International,
    /// Digits that fit no rule: kept, matched only with themselves.
    Unknown,
}

/// A number that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The identity: `+905321112233`, `4441444`, `112`, `101`.
    pub key: String,
    /// As people write it: `0532 111 22 33`.
    pub display: String,
    /// What it is.
    pub kind: Kind,
    /// Digits behind the number to reach a person (`dahili 12`); not part of the identity.
    pub extension: Option<String>,
    /// The text as it came.
    pub original: String,
}

/// What a text says about a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A number.
    Number(Number),
    /// The caller hides it.
    Withheld,
    /// Not a number (a name, a code).
    Other,
}

impl Reading {
    /// The number, if it is one.
    pub fn number(self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(number),
            Self::Withheld | Self::Other => None,
        }
    }
}

/// Longest text, in characters, that is looked at: whoever writes more around a number writes no number, and what he
/// sends must not cost more than its length.
pub const LONGEST_TEXT: usize = 256;

/// Reads a number as written by a trunk, a phone or a person in `home`. What is longer than [`LONGEST_TEXT`] is none.
pub fn read(text: &str, home: &Home) -> Reading {
    if is_too_long(text) {
        return Reading::Other;
    }
    let cleaned = match clean::clean(text) {
        clean::Outcome::Cleaned(cleaned) => cleaned,
        clean::Outcome::Withheld => return Reading::Withheld,
        clean::Outcome::Other => return Reading::Other,
    };
    let (key, kind) = place(&cleaned, home);
    if several::are_several(text, kind, home) {
        return Reading::Other;
    }
    let display = display(&key, home);
    Reading::Number(Number { key, display, kind, extension: cleaned.extension, original: text.to_owned() })
}

fn is_too_long(text: &str) -> bool {
    text.chars().nth(LONGEST_TEXT).is_some()
}

/// The key of a text, when it is a number.
pub fn key(text: &str, home: &Home) -> Option<String> {
    read(text, home).number().map(|number| number.key)
}

/// A number as it is dialled, from the user part of a SIP or tel URI (or the whole of it): without parameters and without
/// the marks people put between digits (RFC 3966 §5.1.1); one that is valid elsewhere than at `home` becomes global. What
/// is no number stays as it is.
pub fn dialled(text: &str, home: &Home) -> String {
    if is_too_long(text) {
        return text.to_owned();
    }
    if let clean::Outcome::Cleaned(cleaned) = clean::clean(text) {
        let (there, _) = place(&cleaned, home);
        if there != identify(&cleaned, home).0 {
            return there;
        }
    }
    let text = crate::text::visible(text);
    let number = clean::unescape(clean::Subscriber::of(&text).number);
    let kept: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
    let is_number = !kept.is_empty() && kept.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'));
    if is_number { kept } else { number }
}

/// The key and the kind of a number in its place: one that means something at home is that; any other is read where its
/// `phone-context` says it is valid.
fn place(cleaned: &Cleaned, home: &Home) -> (String, Kind) {
    let own = identify(cleaned, home);
    let Some(context) = cleaned.context.as_ref().filter(|_| !cleaned.plus) else { return own };
    let known = !matches!(own.1, Kind::Unknown | Kind::Extension);
    if known && context.starts_with(home.calling_code) {
        return own;
    }
    let local = cleaned.digits.strip_prefix(home.trunk_prefix).unwrap_or(&cleaned.digits);
    let there = international(&format!("{context}{local}"), home);
    if there.1 == Kind::Unknown { own } else { there }
}

/// The key and the kind of cleaned digits.
fn identify(cleaned: &Cleaned, home: &Home) -> (String, Kind) {
    let digits = cleaned.digits.as_str();
    if cleaned.plus && !digits.starts_with('0') {
        return international(digits, home);
    }
    let abroad = digits.strip_prefix(home.international_prefix);
    if let Some(rest) = abroad.filter(|rest| rest.len() >= 7 && !rest.starts_with('0')) {
        return international(rest, home);
    }
    if let Some(found) = national(digits, home) {
        return found;
    }
    // A bare number longer than any national one can only carry its country code.
    let may_be_abroad = digits.len() > home.longest_national && digits.len() <= LONGEST_E164;
    if may_be_abroad && country::calling_code(digits).is_some() {
        return international(digits, home);
    }
    internal_or_unknown(digits)
}

/// Most digits of an E.164 number.
const LONGEST_E164: usize = 15;

/// Digits that begin with a country code. What fits no rule keeps its `+`, so that it is never taken for an internal
/// number with the same digits.
fn international(digits: &str, home: &Home) -> (String, Kind) {
    if let Some(rest) = digits.strip_prefix(home.calling_code) {
        let found = home.national(rest.strip_prefix(home.trunk_prefix).unwrap_or(rest));
        return found.unwrap_or_else(|| (format!("+{digits}"), Kind::Unknown));
    }
    let fits = country::calling_code(digits).is_some() && (7..=LONGEST_E164).contains(&digits.len());
    (format!("+{digits}"), if fits { Kind::International } else { Kind::Unknown })
}

/// Digits of the home country: with or without the trunk prefix, or with the bare country code.
fn national(digits: &str, home: &Home) -> Option<(String, Kind)> {
    let without_trunk = digits.strip_prefix(home.trunk_prefix).filter(|_| !home.trunk_prefix.is_empty());
    if let Some(rest) = without_trunk {
        return home.national(rest);
    }
    home.short(digits).or_else(|| home.national(digits)).or_else(|| {
        let rest = digits.strip_prefix(home.calling_code)?;
        home.national(rest.strip_prefix(home.trunk_prefix).unwrap_or(rest))
    })
}

/// Longest internal number.
const LONGEST_EXTENSION: usize = 6;

fn internal_or_unknown(digits: &str) -> (String, Kind) {
    let internal = (2..=LONGEST_EXTENSION).contains(&digits.len()) && !digits.starts_with('0');
    (digits.to_owned(), if internal { Kind::Extension } else { Kind::Unknown })
}

/// A key as people write it: `0532 111 22 33`, `444 1 444`, `0850 123 45 67`, `+49 3089680211`, `112`.
pub fn display(key: &str, home: &Home) -> String {
    let Some(digits) = key.strip_prefix('+') else { return home.display_short(key) };
    let national = digits.strip_prefix(home.calling_code).filter(|rest| home.national(rest).is_some());
    if let Some(national) = national {
        return home.display_national(national);
    }
    match country::calling_code(digits) {
        Some(code) if code.len() < digits.len() => format!("+{code} {}", &digits[code.len()..]),
        _ => key.to_owned(),
    }
}

/// A displayed number with its middle hidden, for logs and walls: `0532 ••• •• 33`.
pub fn masked(key: &str, home: &Home) -> String {
    let shown = display(key, home);
    let digits = shown.chars().filter(char::is_ascii_digit).count();
    if digits <= LONGEST_EXTENSION {
        return shown;
    }
    let mut seen = 0;
    let hide = |c: char| {
        let hidden = c.is_ascii_digit() && {
            seen += 1;
            seen > 4 && seen <= digits - 2
        };
        if hidden { '•' } else { c }
    };
    shown.chars().map(hide).collect()
}

/// The digits of a search text in the form in which they occur inside keys: `0532 111` gives `532111`, `+90 532` gives
/// `90532`. `None` when the text has letters or fewer than three digits, and so is a name.
pub fn search_digits(text: &str) -> Option<String> {
    if text.chars().any(char::is_alphabetic) {
        return None;
    }
    let digits: String = text.chars().filter_map(clean::ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (digits.len() >= 3).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests;
