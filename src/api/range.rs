//! The `Range` header (RFC 9110, section 14) for one part of a file.

/// Bytes `first..=last` of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// First byte.
    pub first: u64,
    /// Last byte.
    pub last: u64,
}

impl Part {
    /// How many bytes.
    pub fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

/// What a header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// All of it (no header, another unit, several parts, or a header that breaks the grammar).
    Whole,
    /// One part.
    Part(Part),
    /// A part outside the file: 416.
    Outside,
}

/// Reads the header for a file of `length` bytes.
pub fn read(header: Option<&str>, length: u64) -> Asked {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Asked::Whole };
    let Some((first, last)) = spec.split_once('-') else { return Asked::Whole };
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) => from_to(first, last, length),
        (Some(None), Some(Some(suffix))) => last_bytes(suffix, length),
        _ => Asked::Whole,
    }
}

fn from_to(first: u64, last: Option<u64>, length: u64) -> Asked {
    if last.is_some_and(|last| last < first) {
        return Asked::Whole;
    }
    if first >= length {
        return Asked::Outside;
    }
    Asked::Part(Part { first, last: last.unwrap_or(u64::MAX).min(length - 1) })
}

fn last_bytes(suffix: u64, length: u64) -> Asked {
    if suffix == 0 || length == 0 {
        return Asked::Outside;
    }
    Asked::Part(Part { first: length.saturating_sub(suffix), last: length - 1 })
}

/// `Some(None)` for nothing, `None` for something that is no number.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(first: u64, last: u64) -> Asked {
        Asked::Part(Part { first, last })
    }

    #[test]
    fn the_forms_of_rfc_9110_14_1_2() {
        assert_eq!(read(Some("bytes=0-499"), 10_000), part(0, 499));
        assert_eq!(read(Some("bytes=500-"), 10_000), part(500, 9_999));
        assert_eq!(read(Some("bytes=-500"), 10_000), part(9_500, 9_999));
        assert_eq!(read(Some("bytes=9500-20000"), 10_000), part(9_500, 9_999));
        assert_eq!(read(Some("bytes=-20000"), 10_000), part(0, 9_999));
    }

    #[test]
    fn outside_is_outside() {
        assert_eq!(read(Some("bytes=10000-"), 10_000), Asked::Outside);
        assert_eq!(read(Some("bytes=-0"), 10_000), Asked::Outside);
        assert_eq!(read(Some("bytes=0-"), 0), Asked::Outside);
    }

    #[test]
    fn what_breaks_the_grammar_is_ignored() {
        let broken = ["items=0-1", "bytes=5-1", "bytes=-", "bytes=a-b", "bytes=0-1,5-9", "bytes=+1-2", "0-1"];
        for header in broken {
            assert_eq!(read(Some(header), 10_000), Asked::Whole, "{header}");
        }
        assert_eq!(read(Some("bytes=99999999999999999999-"), 10_000), Asked::Whole, "too long for a number");
    }
}
