//! What a typed question means, and how rows are found by it.
//!
//! A row's `found_by` column holds its words, folded, each with two blanks before it. A word of a question is found
//! anywhere in it; one or two letters are found where a word begins. Both are searches in the trigram index of the
//! migration `0004_search`: three letters of `  ayse` are `  a`, ` ay`, `ays` and `yse`.

use crm::text::fold;

/// What digits alone mean.
#[derive(Clone, Copy)]
pub(crate) enum Digits {
    /// A telephone number in any spelling: the zeros before it and the marks in it do not count.
    Telephone,
    /// The number of the thing itself, which people put after its name (`sipariş 5220`, `#5220`, `talep no: 1042`).
    Own(&'static [&'static str]),
}

/// Words a row must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    words: Vec<String>,
}

/// Words that stand before a number and say nothing else.
const NUMBER_WORDS: [&str; 6] = ["no", "nr", "numara", "numarasi", "numarali", "number"];
/// Entries of the index that are looked up for one question: more make it no narrower.
const MOST_ENTRIES: usize = 24;
/// Digits at the end of a telephone number that tell it from its neighbours.
const TELLING: usize = 7;
/// Words of one question that count, and the letters of each.
const MOST_WORDS: usize = 16;
const MOST_LETTERS: usize = 100;

impl Question {
    /// Reads what was typed; `None` when nothing was. A question of marks alone has no words and finds nothing.
    pub(crate) fn read(q: Option<&str>, digits: Digits) -> Option<Self> {
        let q = q.map(str::trim).filter(|q| !q.is_empty())?;
        let telephone = || crm::number::search_digits(q).map(|digits| vec![digits]);
        let words = || fold(q).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let mut words = match digits {
            Digits::Telephone => telephone().unwrap_or_else(words),
            Digits::Own(names) => without_name(words(), names),
        };
        words.truncate(MOST_WORDS);
        for word in &mut words {
            *word = word.chars().take(MOST_LETTERS).collect();
        }
        Some(Self { words })
    }

    /// Whether nothing can be found.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A `LIKE` pattern per word. Folded text holds none of its wildcards.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = String> {
        self.words.iter().map(|word| format!("%{}%", sought(word)))
    }

    /// The question for SQLite's full-text index: enough three letters of every word. The index reads along each of them
    /// that is asked for, so those that say nothing new are left out; what it finds is compared with the whole words.
    pub(crate) fn entries(&self) -> String {
        let mut entries: Vec<String> = self.words.iter().flat_map(|word| threes(&sought(word))).collect();
        entries.truncate(MOST_ENTRIES);
        entries.join(" ")
    }
}

/// Three letters after three letters from the end on, and the first three. Of a long number its end: half a country begins
/// with the same digits.
fn threes(word: &str) -> Vec<String> {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() > TELLING && letters.iter().all(char::is_ascii_digit) {
        letters.drain(..letters.len() - TELLING);
    }
    let mut begins: Vec<usize> = (3..=letters.len()).rev().step_by(3).map(|end| end - 3).collect();
    if begins.last().is_some_and(|first| *first > 0) {
        begins.push(0);
    }
    begins.iter().map(|at| format!("\"{}\"", String::from_iter(&letters[*at..at + 3]))).collect()
}

/// Folded text as a `found_by` column holds it.
pub(crate) fn spaced(folded: &str) -> String {
    if folded.is_empty() { String::new() } else { format!("  {}", folded.replace(' ', "  ")) }
}

/// What is looked for: the word, with the blanks before it when it is too short to be found in the middle of another.
fn sought(word: &str) -> String {
    match word.chars().count() {
        1 => format!("  {word}"),
        2 => format!(" {word}"),
        _ => word.to_owned(),
    }
}

/// `siparis no 5220` → `5220`; words without a number stay as they are.
fn without_name(words: Vec<String>, names: &[&str]) -> Vec<String> {
    let is_number = |word: &String| word.chars().all(|c| c.is_ascii_digit());
    let says_nothing = |word: &String| names.contains(&word.as_str()) || NUMBER_WORDS.contains(&word.as_str());
    if words.iter().any(is_number) && words.iter().all(|word| is_number(word) || says_nothing(word)) {
        return words.into_iter().filter(is_number).collect();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Digits, Question};

    fn words(q: &str, digits: Digits) -> Vec<String> {
        Question::read(Some(q), digits).unwrap().words
    }

    #[test]
    fn digits_are_a_telephone_number_or_the_number_of_the_thing() {
        assert_eq!(words("0532 111 22 33", Digits::Telephone), ["5321112233"]);
        assert_eq!(words("Işık 12", Digits::Telephone), ["isik", "12"]);
        let orders = Digits::Own(&["siparis", "order"]);
        for q in ["5220", "#5220", "sipariş 5220", "Sipariş no: 5220", "ORDER #5220", "sipariş numarası 5220"] {
            assert_eq!(words(q, orders), ["5220"], "{q}");
        }
        assert_eq!(words("sipariş yılmaz", orders), ["siparis", "yilmaz"]);
        assert_eq!(words("sipariş", orders), ["siparis"]);
        assert_eq!(Question::read(Some("  "), orders), None);
        assert!(Question::read(Some("%_"), orders).unwrap().is_empty());
    }

    #[test]
    fn short_words_are_looked_for_where_words_begin() {
        let question = Question::read(Some("a şe yıl"), Digits::Telephone).unwrap();
        assert_eq!(question.patterns().collect::<Vec<_>>(), ["%  a%", "% se%", "%yil%"]);
        assert_eq!(question.entries(), "\"  a\" \" se\" \"yil\"");
        for (q, entries) in
            [("yılmaz", "\"maz\" \"yil\""), ("5321", "\"321\" \"532\""), ("0532 111 22 33", "\"233\" \"112\" \"111\"")]
        {
            assert_eq!(Question::read(Some(q), Digits::Telephone).unwrap().entries(), entries, "{q}");
        }
        let long = Question::read(Some(&"yılmaz ".repeat(90)), Digits::Telephone).unwrap();
        assert!(long.entries().len() < 200 && long.patterns().count() == 16);
        let endless = Question::read(Some(&"y".repeat(70_000)), Digits::Telephone).unwrap();
        assert!(endless.patterns().all(|pattern| pattern.len() < 300));
    }
}
