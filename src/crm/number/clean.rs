//! From a written number to its digits: SIP and tel URIs, labels, brackets, invisible characters, extension suffixes.

use crate::text::{fold, visible};

/// The digits of a written number.
pub(super) struct Cleaned {
    /// ASCII digits only.
    pub digits: String,
    /// Whether it began with `+`.
    pub plus: bool,
    /// Digits of the extension suffix.
    pub extension: Option<String>,
    /// Global digits, without `+`, of the place where the number is valid (`phone-context`, RFC 3966 §5.1.5).
    pub context: Option<String>,
}

/// What the text turned out to be.
pub(super) enum Outcome {
    Cleaned(Cleaned),
    Withheld,
    Other,
}

/// Ways of writing "no number", as folded keys.
const WITHHELD: [&str; 16] = [
    "anonymous",
    "unavailable",
    "restricted",
    "private",
    "unknown",
    "withheld",
    "blocked",
    "no number",
    "no caller id",
    "gizli",
    "gizli numara",
    "ozel numara",
    "bilinmeyen",
    "bilinmeyen numara",
    "id unavailable",
    "coinline payphone",
];

/// Words people write beside a number, as folded keys.
const LABELS: [&str; 20] = [
    "tel", "telefon", "phone", "mobile", "mobil", "cep", "gsm", "ev", "is", "no", "nolu", "numara", "fax", "faks",
    "whatsapp", "wp", "sabit", "santral", "hat", "tr",
];

/// Words that begin an extension suffix, longest first.
const SUFFIXES: [&str; 8] = ["extension", "dahilisi", "dahili", "dâhili", "ext", "dah", "x", "#"];

/// Longest number of any plan, with prefixes and room for a carrier code.
const LONGEST: usize = 22;

/// Reads a text down to its digits.
pub(super) fn clean(text: &str) -> Outcome {
    let text = visible(text);
    let subscriber = Subscriber::of(&text);
    let user = unescape(subscriber.number);
    if is_withheld(&user) {
        return Outcome::Withheld;
    }
    let (number, suffix) = split_extension(&user);
    let extension = subscriber.extension.map(digits_in).filter(|digits| !digits.is_empty()).or(suffix);
    let context = subscriber.context.filter(|place| place.starts_with('+')).map(digits_in);
    let plus = begins_with_plus(number);
    let digits = digits_of(number, plus);
    if !only_labels(number) || number.contains(['*', '#']) || digits.is_empty() || digits.len() > LONGEST {
        return Outcome::Other;
    }
    if digits.bytes().all(|b| b == b'0') {
        return Outcome::Withheld;
    }
    Outcome::Cleaned(Cleaned { digits, plus, extension, context })
}

/// A digit of any script that phones and address books put into numbers.
pub(super) fn ascii_digit(c: char) -> Option<char> {
    let base = match c {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(base), 10)
}

/// A telephone-subscriber (RFC 3966 §3, RFC 3261 §19.1.6): a number, and what its parameters say about it. Parameters of
/// routing (`npdi`, `rn`, `cic`, `tgrp`, `isub`, `postd` …) say nothing about whose number it is.
pub(super) struct Subscriber<'a> {
    /// The number as written, escapes kept.
    pub number: &'a str,
    /// `ext`
    pub extension: Option<&'a str>,
    /// `phone-context`
    pub context: Option<&'a str>,
}

impl<'a> Subscriber<'a> {
    /// Reads the user part of a SIP or tel URI, alone or with the rest of the URI around it.
    pub(super) fn of(text: &'a str) -> Self {
        let user = user_part(text);
        let mut subscriber = Self { number: user, extension: None, context: None };
        let Some((number, parameters)) = user.split_once(';') else { return subscriber };
        if !parameters.split(';').all(is_parameter) {
            return subscriber;
        }
        subscriber.number = number;
        for parameter in parameters.split(';') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_lowercase().as_str() {
                "ext" => subscriber.extension = Some(value),
                "phone-context" => subscriber.context = Some(value),
                _ => {}
            }
        }
        subscriber
    }
}

/// `name` or `name=value`, as against what people write after a semicolon.
fn is_parameter(text: &str) -> bool {
    let name = text.split('=').next().unwrap_or_default();
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    text.is_empty() || letters && name.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(' ')
}

/// The digits of a text.
pub(super) fn digits_in(text: &str) -> String {
    text.chars().filter_map(ascii_digit).collect()
}

/// The user part of a SIP, SIPS or tel URI with or without angle brackets; other text as it is.
fn user_part(text: &str) -> &str {
    let text = text.trim();
    let inside = text.rsplit_once('<').map_or(text, |(_, rest)| rest.split('>').next().unwrap_or(rest));
    let scheme = ["sip:", "sips:", "tel:"]
        .iter()
        .find(|scheme| inside.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let rest = scheme.map_or(inside, |scheme| &inside[scheme.len()..]);
    rest.split('@').next().unwrap_or(rest)
}

/// Undoes `%2B`, `%23`, `%2A` and the like; anything else that looks like an escape stays.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let byte = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii);
        match byte {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_withheld(user: &str) -> bool {
    let key = fold(user);
    key.is_empty() && !user.contains(['*', '#']) || WITHHELD.contains(&key.as_str())
}

/// Cuts `dahili 12`, `ext. 12`, `x12`, `;ext=12`, `#12` off a number that is long enough to have one.
fn split_extension(text: &str) -> (&str, Option<String>) {
    let lower = text.to_ascii_lowercase();
    for suffix in SUFFIXES {
        let Some(at) = lower.rfind(suffix) else { continue };
        let (Some(number), Some(tail)) = (text.get(..at), text.get(at + suffix.len()..)) else { continue };
        let digits: String = tail.chars().filter_map(ascii_digit).collect();
        let only_digits = tail.chars().all(|c| ascii_digit(c).is_some() || matches!(c, ' ' | '.' | ':' | '-' | ')'));
        let long_enough = number.chars().filter_map(ascii_digit).count() >= 7;
        if only_digits && (1..=6).contains(&digits.len()) && long_enough {
            return (number.trim_end_matches([' ', '(', ',', '/', '-', ';']), Some(digits));
        }
    }
    (text, None)
}

fn begins_with_plus(number: &str) -> bool {
    number
        .chars()
        .find(|&c| c == '+' || c == '＋' || ascii_digit(c).is_some())
        .is_some_and(|c| ascii_digit(c).is_none())
}

/// The digits; the `(0)` of `+49 (0) 30 …` is not dialled from abroad and is left out.
fn digits_of(number: &str, plus: bool) -> String {
    let international = plus || number.trim_start().starts_with("00");
    let number = if international { number.replacen("(0)", "", 1) } else { number.to_owned() };
    number.chars().filter_map(ascii_digit).collect()
}

/// Whether all letters are labels such as `Tel:` or `(cep)`.
fn only_labels(number: &str) -> bool {
    let key = fold(number);
    key.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).all(|word| LABELS.contains(&word))
}
