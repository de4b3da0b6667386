//! Phone numbers on the wire and in the log.

use std::sync::LazyLock;

use crm::number::Home;

static HOME: LazyLock<Option<Home>> = LazyLock::new(|| Home::of("TR"));

/// A number as people write it, `0532 111 22 33`; the text itself where it is no number.
pub fn display(text: &str) -> String {
    let Some(home) = HOME.as_ref() else { return text.to_owned() };
    let key = crm::number::key(text, home);
    key.map_or_else(|| text.to_owned(), |key| crm::number::display(&key, home))
}

/// A name for the log: its first letter.
pub fn masked_name(name: &str) -> String {
    let first: String = name.chars().take(1).filter(|letter| letter.is_alphanumeric()).collect();
    format!("{first}***")
}
