//! "Did you mean …?"

/// The known word nearest to what was written, when it is near enough to be meant.
pub fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let written = fold(written);
    let measured = known.into_iter().map(|word| (distance(&written, &fold(word)), word));
    let near = measured.filter(|(distance, word)| {
        let longer = written.chars().count().max(word.chars().count());
        *distance <= longer.div_ceil(3)
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// Case and Turkish letters do not count as differences: `Satış` is `satis`.
fn fold(text: &str) -> String {
    let plain = |letter: char| match letter {
        'ı' | 'İ' => 'i',
        'ş' | 'Ş' => 's',
        'ğ' | 'Ğ' => 'g',
        'ç' | 'Ç' => 'c',
        'ö' | 'Ö' => 'o',
        'ü' | 'Ü' => 'u',
        '_' => '-',
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(plain).collect()
}

/// Edits between two words; two letters that changed places count as one edit (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(letter != other);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == b[j - 1] && a[i - 1] == *other {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_missing_letter_two_swapped_letters_and_turkish_letters_are_near() {
        let known = ["destek", "satis", "ana-menu"];
        assert_eq!(nearest("dstek", known), Some("destek"));
        assert_eq!(nearest("detsek", known), Some("destek"));
        assert_eq!(nearest("Satış", known), Some("satis"));
        assert_eq!(nearest("ana_menü", known), Some("ana-menu"));
    }

    #[test]
    fn a_word_that_is_nothing_like_the_others_has_no_neighbour() {
        assert_eq!(nearest("muhasebe", ["destek", "satis"]), None);
        assert_eq!(nearest("muhasebe", []), None);
    }
}
