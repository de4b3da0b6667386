//! What a typed question means: words of folded text, or digits of a number.

use crm::text::fold;

use crate::db::{Value, values};
use crate::page::Select;

/// Each word of a question must occur in `column`; digits may instead be part of a number.
pub(crate) fn search(select: &mut Select, q: Option<&str>, columns: &[&str], by_number: &str) {
    let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) else { return };
    if let (Some(digits), false) = (crm::number::search_digits(q), by_number.is_empty()) {
        return select.and(by_number, values![contains(&digits)]);
    }
    let folded = fold(q);
    if folded.is_empty() {
        return select.and("1 = 0", Vec::new());
    }
    let condition: Vec<String> = columns.iter().map(|column| format!("{column} LIKE ? ESCAPE '\\'")).collect();
    for word in folded.split(' ') {
        select.and(&condition.join(" OR "), columns.iter().map(|_| Value::from(contains(word))).collect());
    }
}

/// A `LIKE` pattern for "contains", with the wildcards of the text itself escaped by `\`.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}
