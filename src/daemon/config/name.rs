//! What people call a queue or a menu.

use pbx::plan::PerLanguage;

use super::fields::{Fields, node_text, wrong_type};
use super::reading::Reading;
use super::sounds;
use super::tree::Value;

/// The name for people: one text for all languages, or one per language; without either, the id.
pub fn name(reading: &mut Reading<'_>, fields: &Fields<'_>, id: &str) -> PerLanguage<String> {
    let in_all =
        |text: &str, languages: &[String]| languages.iter().map(|code| (code.clone(), text.to_owned())).collect();
    let Some(entry) = fields.entry("name") else {
        return in_all(id, &reading.languages);
    };
    match &entry.node.value {
        Value::Text(text) => in_all(text, &reading.languages),
        Value::Table(table) => {
            let mut names = PerLanguage::new();
            for one in &table.entries {
                sounds::check_language(reading, &one.key, &one.key_place);
                if let Some((text, _)) = node_text(&one.key, &one.node, &mut reading.report) {
                    names.insert(one.key.clone(), text.to_owned());
                }
            }
            names
        }
        _ => wrong_type("name", &entry.node, "@text", &mut reading.report).unwrap_or_default(),
    }
}
