//! Turkish text: lower case, search key, sort key and case suffixes.
//!
//! Databases and ASCII tools fold `I` to `i`, which in Turkish are two letters. So the keys are made here, stored
//! beside the text, and compared as plain bytes on every database.

/// Lower case by the Turkish rules: `I` becomes `ı`, `İ` becomes `i`. Decomposed letters (`s` + cedilla) come out
/// composed, so that two spellings of one name are one text.
pub fn lower(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_combining(c) {
            compose_last(&mut out, c);
            continue;
        }
        match c {
            'I' => out.push('ı'),
            'İ' => out.push('i'),
            other => out.extend(other.to_lowercase()),
        }
    }
    out
}

fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Control characters, direction marks (UAX #9), line and paragraph separators, and the byte order mark: what changes
/// the text around it.
pub fn is_disturbing(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that show nothing by themselves: joiners, fillers, selectors, blanks that are no space.
pub fn is_invisible(c: char) -> bool {
    is_disturbing(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
        || matches!(c, '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks that show only above or below a letter.
fn is_mark(c: char) -> bool {
    is_combining(c)
        || matches!(c, '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}')
        || matches!(c, '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}')
        || matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}')
        || matches!(c, '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302f}')
        || matches!(c, '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether a person sees anything of a text.
pub fn shows(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_invisible(c) && !is_mark(c))
}

/// A line of text without what changes the text around it.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|c| !is_disturbing(*c)).collect()
}

/// A text of several lines, the same way; line ends are `\n`, and tabs stay.
pub fn harmless_lines(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !is_disturbing(*c)).collect()
}

/// Without anything that shows nothing: for texts whose characters are counted, such as numbers.
pub fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// Joins a combining mark with the letter before it where Turkish has a letter for the two.
fn compose_last(out: &mut String, mark: char) {
    let Some(last) = out.pop() else { return };
    out.push(match (last, mark) {
        ('ı' | 'i', '\u{307}') => 'i',
        ('s', '\u{327}') => 'ş',
        ('c', '\u{327}') => 'ç',
        ('g', '\u{306}') => 'ğ',
        ('o', '\u{308}') => 'ö',
        ('u', '\u{308}') => 'ü',
        ('a', '\u{302}') => 'â',
        ('ı' | 'i', '\u{302}') => 'î',
        ('u', '\u{302}') => 'û',
        (letter, _) => letter,
    });
}

/// The search key: Turkish lower case, then plain ASCII letters, single spaces, no punctuation.
///
/// `ISIK`, `ışık`, `isik` and `Işık` have the same key, and so do `Yılmaz Ltd.` and `yilmaz ltd`.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in lower(text).chars() {
        if c.is_alphanumeric() {
            push_plain(&mut out, c);
        } else if !is_joiner(c) && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Marks inside a word which people leave out when they search.
fn is_joiner(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | '.' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

fn push_plain(out: &mut String, c: char) {
    match c {
        'ı' | 'î' | 'í' | 'ì' | 'ï' => out.push('i'),
        'ş' | 'ś' | 'š' | 'ș' => out.push('s'),
        'ğ' => out.push('g'),
        'ç' | 'ć' | 'č' => out.push('c'),
        'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => out.push('o'),
        'ü' | 'û' | 'ú' | 'ù' => out.push('u'),
        'â' | 'ä' | 'á' | 'à' | 'ã' | 'å' | 'ə' => out.push('a'),
        'é' | 'è' | 'ê' | 'ë' | 'ě' => out.push('e'),
        'ñ' | 'ń' | 'ň' => out.push('n'),
        'ž' | 'ź' | 'ż' => out.push('z'),
        'ý' | 'ÿ' => out.push('y'),
        'ł' => out.push('l'),
        'ř' => out.push('r'),
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        other => out.push(other),
    }
}

/// The Turkish alphabet with the three foreign letters where Turkish dictionaries put them.
const ALPHABET: &str = "abcçdefgğhıijklmnoöpqrsştuüvwxyz";

/// Longest part of a text that takes part in sorting, in letters.
const SORTED_LETTERS: usize = 48;

/// The sort key by the Turkish alphabet: two decimal digits per letter.
///
/// Digits only, because a database sorts text by the collation of its own locale and every locale agrees on digits.
pub fn sort_key(text: &str) -> String {
    let mut out = String::with_capacity(2 * text.len().min(SORTED_LETTERS));
    for c in lower(text).trim().chars().filter(|&c| !is_joiner(c)).take(SORTED_LETTERS) {
        let weight = weight(c);
        out.push(char::from(b'0' + weight / 10));
        out.push(char::from(b'0' + weight % 10));
    }
    out
}

/// 1 gap, 10–19 digits, 30–61 letters, 90 anything else. Accented letters weigh as their plain ones.
fn weight(c: char) -> u8 {
    if c.is_ascii_digit() {
        return 10 + (c as u8 - b'0');
    }
    if !c.is_alphanumeric() {
        return 1;
    }
    let place = |wanted: char| ALPHABET.chars().zip(30u8..).find(|&(letter, _)| letter == wanted).map(|(_, at)| at);
    place(c).unwrap_or_else(|| {
        let mut plain = String::new();
        push_plain(&mut plain, c);
        plain.chars().next().and_then(place).unwrap_or(90)
    })
}

/// The cases a proper name takes in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Where: `İstanbul'da`, `Uşak'ta`.
    Locative,
    /// Where from: `İzmir'den`.
    Ablative,
    /// Whose: `Hakan'ın`, `Ayşe'nin`.
    Genitive,
    /// Where to, to whom: `Ankara'ya`.
    Dative,
    /// Whom: `Murat'ı`.
    Accusative,
}

/// A proper name with its case suffix and apostrophe: `İstanbul’da`, `Ağrı’da`, `Hakan’ın`. Follows vowel harmony and
/// consonant hardening, knows numbers (`2026’da`), letters read one by one (`KDV’nin`) and names whose last `a` is
/// thin (`Kemal’in`). An empty name stays empty.
pub fn with_case(name: &str, case: Case) -> String {
    let name = name.trim();
    if name.is_empty() {
        return String::new();
    }
    format!("{name}’{}", suffix(&sounded(name), case))
}

fn suffix(word: &str, case: Case) -> String {
    let (wide, narrow) = harmony(word);
    let ends_in_vowel = word.chars().last().is_some_and(is_vowel);
    let hard = word.chars().last().is_some_and(|c| "fstkçşhp".contains(c));
    let d = if hard { 't' } else { 'd' };
    match case {
        Case::Locative => format!("{d}{wide}"),
        Case::Ablative => format!("{d}{wide}n"),
        Case::Genitive if ends_in_vowel => format!("n{narrow}n"),
        Case::Genitive => format!("{narrow}n"),
        Case::Dative if ends_in_vowel => format!("y{wide}"),
        Case::Dative => wide.to_string(),
        Case::Accusative if ends_in_vowel => format!("y{narrow}"),
        Case::Accusative => narrow.to_string(),
    }
}

/// Words whose last vowel is written back but spoken front, as folded keys.
const THIN: [&str; 14] = [
    "kemal",
    "celal",
    "bilal",
    "hilal",
    "iclal",
    "nihal",
    "zuhal",
    "cemal",
    "ikbal",
    "visal",
    "santral",
    "istiklal",
    "saat",
    "seyhulislam",
];

/// The wide and the narrow vowel that harmonise with a word's last vowel.
fn harmony(word: &str) -> (char, char) {
    let last = word.chars().rev().find(|&c| is_vowel(c)).unwrap_or('e');
    let key = fold(word);
    let thin = THIN.contains(&key.rsplit(' ').next().unwrap_or_default());
    match last {
        'a' | 'ı' if thin => ('e', 'i'),
        'o' | 'u' if thin => ('e', 'ü'),
        'a' | 'ı' => ('a', 'ı'),
        'o' | 'u' | 'û' => ('a', 'u'),
        'ö' | 'ü' => ('e', 'ü'),
        'â' => ('a', 'ı'),
        _ => ('e', 'i'),
    }
}

fn is_vowel(c: char) -> bool {
    "aeıioöuüâîû".contains(c)
}

/// What is heard at the end of a written name: the word itself, the last number word, or the last letter's name.
fn sounded(name: &str) -> String {
    let word = lower(name);
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    let digits: String = word.chars().rev().take_while(char::is_ascii_digit).collect();
    if !digits.is_empty() {
        return number_word(&digits).to_owned();
    }
    let last_word = word.rsplit(' ').next().unwrap_or(word);
    if last_word.chars().any(is_vowel) {
        return word.to_owned();
    }
    // Letters read one by one: every consonant's name ends in `e`.
    "e".to_owned()
}

/// The last spoken word of a number whose digits are given backwards.
fn number_word(backwards: &str) -> &'static str {
    const ONES: [&str; 10] = ["sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"];
    const TENS: [&str; 10] = ["", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"];
    let zeros = backwards.chars().take_while(|&c| c == '0').count();
    let digit = backwards.chars().nth(zeros).and_then(|c| c.to_digit(10)).unwrap_or(0) as usize;
    match zeros {
        _ if digit == 0 => ONES[0],
        0 => ONES[digit],
        1 => TENS[digit],
        2 => "yüz",
        3..=5 => "bin",
        6..=8 => "milyon",
        _ => "milyar",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_name_have_one_search_key() {
        for spelling in ["ISIK", "IŞIK", "ışık", "isik", "Işık", "İşık", " Işık ", "I\u{307}s\u{327}ık"] {
            assert_eq!(fold(spelling), "isik", "{spelling}");
        }
        assert_eq!(fold("Yılmaz Ltd. Şti."), "yilmaz ltd sti");
        assert_eq!(fold("O'Neil & Söhne GmbH"), "oneil sohne gmbh");
        assert_eq!(fold("Şişli/İSTANBUL"), "sisli istanbul");
        assert_eq!(fold("  ...  "), "");
    }

    #[test]
    fn lower_case_keeps_dotted_and_dotless_apart() {
        assert_eq!(lower("IĞDIR İZMİR"), "ığdır izmir");
        assert_eq!(lower("i\u{307}"), "i");
    }

    #[test]
    fn the_sort_key_follows_the_turkish_alphabet() {
        let wanted = ["Cam", "Çilek", "Ilık", "ince", "su", "Şap", "Ufuk", "Ünal", "Zeki"];
        let mut sorted = wanted;
        sorted.reverse();
        sorted.sort_by_key(|word| sort_key(word));
        assert_eq!(sorted, wanted);
        assert!(sort_key("Ali Can") < sort_key("Alican"), "a gap sorts before a letter");
        assert_eq!(sort_key("Kâmil"), sort_key("Kamil"));
        assert!(sort_key("3M") < sort_key("Arçelik"));
        assert!(sort_key("Москва").chars().all(|c| c.is_ascii_digit()));
    }

    #[test]
    fn a_text_that_shows_nothing_is_told_from_one_that_shows_something() {
        for text in [
            "",
            " \u{a0}\u{3000}",
            "\u{200b}",
            "\u{200d}\u{fe0f}",
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{2800}",
            "\u{ad}",
            "\u{301}\u{308}",
            "\u{20e3}",
            "\u{1b}",
            "\u{202e}\u{2066}",
            "\u{e0041}",
        ] {
            assert!(!shows(text), "{text:?}");
        }
        for text in ["a", ".", "☎", "👩\u{200d}💻", "e\u{301}", "\u{202e}moc", "안녕", "ก็", "١٢"] {
            assert!(shows(text), "{text:?}");
        }
    }

    #[test]
    fn what_turns_or_breaks_the_text_around_it_goes_and_the_rest_stays() {
        assert_eq!(harmless("\u{202e}moc.knab\u{202c} \u{1b}[2J"), "moc.knab [2J");
        assert_eq!(harmless("Ayşe 👩\u{200d}💻 ﷽"), "Ayşe 👩\u{200d}💻 ﷽");
        assert_eq!(harmless_lines("bir\r\niki\t\u{7}üç\u{2028}"), "bir\niki\tüç");
        assert_eq!(visible("05\u{200b}32\u{3164}1112233"), "05321112233");
    }

    #[test]
    fn suffixes_follow_vowel_harmony_and_hardening() {
        let cases = [
            ("İstanbul", Case::Locative, "İstanbul’da"),
            ("Uşak", Case::Locative, "Uşak’ta"),
            ("Ağrı", Case::Locative, "Ağrı’da"),
            ("İzmir", Case::Ablative, "İzmir’den"),
            ("Hakan", Case::Genitive, "Hakan’ın"),
            ("Ayşe", Case::Genitive, "Ayşe’nin"),
            ("Gül", Case::Genitive, "Gül’ün"),
            ("Onur", Case::Genitive, "Onur’un"),
            ("Kemal", Case::Genitive, "Kemal’in"),
            ("Ankara", Case::Dative, "Ankara’ya"),
            ("Murat", Case::Accusative, "Murat’ı"),
            ("2026", Case::Locative, "2026’da"),
            ("1990", Case::Locative, "1990’da"),
            ("2003", Case::Locative, "2003’te"),
            ("KDV", Case::Genitive, "KDV’nin"),
            ("TCDD", Case::Dative, "TCDD’ye"),
            ("Örnek Ticaret", Case::Locative, "Örnek Ticaret’te"),
            ("", Case::Dative, ""),
        ];
        for (name, case, wanted) in cases {
            assert_eq!(with_case(name, case), wanted);
        }
    }
}
