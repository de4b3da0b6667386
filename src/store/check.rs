//! Texts on their way in: trimmed, bounded, and without characters that change what stands around them.

use crm::text::{harmless, harmless_lines, shows};

use crate::error::{Result, StoreError};

/// Longest line of text (names, subjects), letters.
pub(crate) const LINE: usize = 200;
/// Longest free text, letters.
pub(crate) const FREE: usize = 20_000;

/// A text that must be there: something of it must show.
pub(crate) fn required(field: &str, text: &str, most: usize) -> Result<String> {
    let text = bounded(field, text, most)?;
    if !shows(&text) {
        return Err(StoreError::invalid(field, "required"));
    }
    Ok(text)
}

/// A text that may be empty. What may be longer than a line keeps its line ends; in a line they are spaces.
pub(crate) fn bounded(field: &str, text: &str, most: usize) -> Result<String> {
    if text.contains('\0') {
        return Err(StoreError::invalid(field, "invalid"));
    }
    let clean = if most > LINE {
        harmless_lines(text)
    } else {
        harmless(&text.replace(['\t', '\n', '\u{2028}', '\u{2029}'], " "))
    };
    let clean = clean.trim();
    if clean.chars().count() > most {
        return Err(StoreError::invalid(field, "too-long"));
    }
    Ok(clean.to_owned())
}

/// A text that may be missing; one that shows nothing counts as missing.
pub(crate) fn optional(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(|text| bounded(field, text, LINE)).transpose()?;
    Ok(text.filter(|text| shows(text)))
}

/// A date of birth or the like: `YYYY-MM-DD`.
pub(crate) fn date(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = optional(field, text)? else { return Ok(None) };
    let wrong = |_| StoreError::invalid(field, "invalid");
    text.parse::<jiff::civil::Date>().map(|date| Some(date.to_string())).map_err(wrong)
}

/// Something with an `@` between two non-empty parts; mail servers know the rest.
pub(crate) fn email(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let text = optional(field, text)?;
    let well_formed = |text: &String| {
        text.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !text.contains(' '))
    };
    match text {
        Some(text) if !well_formed(&text) => Err(StoreError::invalid(field, "invalid")),
        other => Ok(other),
    }
}
