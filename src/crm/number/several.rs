//! One field, several numbers: `0212 320 50 62 / 0532 111 22 33` is two, `0212/320 50 62` is one.

use super::{Home, Kind, clean, identify};

/// Marks that stand between two numbers at least as often as within one.
const DIVIDERS: [char; 7] = ['/', '\\', ',', ';', '|', '&', '\n'];
/// Shortest number of another country that is believed to end before a divider.
const SHORTEST_ABROAD: usize = 10;

/// Whether a text, which read as one number would be of that kind, holds more than one.
pub(super) fn are_several(text: &str, whole: Kind, home: &Home) -> bool {
    let text = clean::Subscriber::of(text).number;
    // What is no number as a whole is looked at between any two digits that do not stand together.
    let odd = whole == Kind::Unknown;
    let divides = |c: char| DIVIDERS.contains(&c) || odd && (c.is_whitespace() || c == '-');
    let cuts =
        text.char_indices().filter(|(_, c)| divides(*c)).map(|(at, c)| (&text[..at], &text[at + c.len_utf8()..]));
    cuts.into_iter().any(|(before, after)| {
        let rest = clean::digits_in(after);
        !rest.is_empty() && (is_whole(before, home) || whole == Kind::Extension)
    })
}

/// Whether a text is a number to which nothing can be added.
fn is_whole(text: &str, home: &Home) -> bool {
    let clean::Outcome::Cleaned(cleaned) = clean::clean(text) else { return false };
    match identify(&cleaned, home).1 {
        Kind::Mobile | Kind::Geographic | Kind::Uan | Kind::Nomadic | Kind::TollFree | Kind::Premium => true,
        Kind::International => cleaned.digits.len() >= SHORTEST_ABROAD,
        Kind::Short | Kind::Extension | Kind::Unknown => false,
    }
}
