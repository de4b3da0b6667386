//! Text that strangers chose: kept as text, without the characters that change what is around it.

use crm::number::{self, Home};

/// Longest display name kept, in characters.
const LONGEST_NAME: usize = 128;
/// Longest number there is, in characters.
const LONGEST_NUMBER: usize = 64;

/// A display name as a person may see it: no control, direction or line-breaking characters, at most 128 characters.
/// `None` when nothing is left.
pub fn display(raw: &str) -> Option<String> {
    let kept: String = crm::text::harmless(raw).chars().take(LONGEST_NAME).collect();
    let kept = kept.trim();
    crm::text::shows(kept).then(|| kept.to_owned())
}

/// The number of a caller as sent, without parameters and the marks people put between digits. `None` for a withheld
/// number (`anonymous`, RFC 3323 §4.1.1.3, and the words providers use for it), and for what is too long for one: its
/// beginning would be another's.
pub fn number(raw: &str, home: &Home) -> Option<String> {
    if raw.chars().count() > number::LONGEST_TEXT {
        return None;
    }
    let clean = crm::text::harmless(raw);
    let clean = clean.trim();
    if !crm::text::shows(clean) || is_withheld(clean, home) {
        return None;
    }
    let number = number::dialled(clean, home);
    (number.chars().count() <= LONGEST_NUMBER).then_some(number)
}

/// Whether a name or number is one of the words for "hidden".
pub fn is_withheld(text: &str, home: &Home) -> bool {
    number::read(text, home) == number::Reading::Withheld
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_line_breaks_and_direction_marks_and_nothing_else() {
        assert_eq!(display("Ayşe\r\nX-Evil: 1").as_deref(), Some("AyşeX-Evil: 1"));
        assert_eq!(display("\u{202e}moc.knab").as_deref(), Some("moc.knab"));
        assert_eq!(display("<script>alert(1)</script>").as_deref(), Some("<script>alert(1)</script>"));
        assert_eq!(display(" \u{7} "), None);
        assert_eq!(display("\u{3164}\u{200b}"), None, "a name that shows nothing is none");
        assert_eq!(display(&"ğ".repeat(500)).map(|t| t.chars().count()), Some(128));
    }

    #[test]
    fn a_withheld_number_is_none_and_marks_between_digits_go() {
        let number = |raw: &str| number(raw, &Home::TURKIYE);
        assert_eq!(number("Anonymous"), None);
        assert_eq!(number(""), None);
        assert_eq!(number("+90 (532) 111-22-33").as_deref(), Some("+905321112233"));
        assert_eq!(number("+90-532-111-22-33;npdi;rn=+9053").as_deref(), Some("+905321112233"));
        assert_eq!(number(&format!("0532{}1112233", "-".repeat(200))).as_deref(), Some("05321112233"));
        assert_eq!(number(&format!("0532{}1112233", "-".repeat(300))), None, "no number is cut into another");
        assert_eq!(number(&"5".repeat(65)), None);
        assert_eq!(number("alice-b").as_deref(), Some("alice-b"));
        assert_eq!(number("0532\u{3164}111\u{200b}2233").as_deref(), Some("05321112233"));
    }
}
