use super::*;
use proptest::prelude::*;

const TR: Home = Home::TURKIYE;

fn number(text: &str) -> Number {
    read(text, &TR).number().unwrap_or_else(|| panic!("{text:?} is a number"))
}

#[test]
fn every_spelling_of_a_mobile_has_one_key() {
    let spellings = [
        "0532 111 22 33",
        "05321112233",
        "5321112233",
        "+905321112233",
        "905321112233",
        "00905321112233",
        "+90 (532) 111-22-33",
        "+90 0532 111 22 33",
        "+90 (0) 532 111 22 33",
        "0 (532) 111 22 33",
        "0532.111.22.33",
        "0532/1112233",
        "0090 532 1112233",
        "(0532) 111 22 33",
        "90 532 111 22 33",
        "Tel: 0532 111 22 33",
        "0532 111 22 33 (cep)",
        "sip:+905321112233@trunk.example.com;user=phone",
        "<sip:05321112233@10.0.0.1:5060>",
        "\"Ayşe\" <sip:905321112233@10.0.0.1>",
        "tel:+90-532-111-22-33",
        "%2B905321112233",
        "\u{202a}+90 532 111 22 33\u{202c}",
        "٠٥٣٢١١١٢٢٣٣",
        "０５３２１１１２２３３",
        "+0532 111 22 33",
        "sip:+905321112233;npdi;rn=+9053@x",
        "＋905321112233",
        "sip:+90-532-111-22-33;npdi@x",
        "sip:5321112233;phone-context=+90@x",
        "sip:1112233;phone-context=+90532@x;user=phone",
        "tel:05321112233;phone-context=+90;npdi;rn=+9053",
        "+905321112233;isub=12;postd=99",
        "tel:532-111-22-33;phone-context=example.com",
        "+905321112233;tgrp=x;trunk-context=+1",
    ];
    for spelling in spellings {
        let read = number(spelling);
        assert_eq!((read.key.as_str(), read.kind), ("+905321112233", Kind::Mobile), "{spelling}");
        assert_eq!(read.display, "0532 111 22 33");
        assert_eq!(read.original, spelling);
    }
}

#[test]
fn numbers_of_444_have_seven_digits_from_everywhere() {
    for spelling in ["444 1 444", "4441444", "+90 444 14 44", "00904441444", "904441444", "0444 1 444", "444-1-444"] {
        let read = number(spelling);
        assert_eq!((read.key.as_str(), read.kind), ("4441444", Kind::Uan), "{spelling}");
        assert_eq!(read.display, "444 1 444");
    }
    let istanbul = number("0212 444 14 44");
    assert_eq!((istanbul.key.as_str(), istanbul.kind), ("+902124441444", Kind::Geographic), "not the 444 number");
}

#[test]
fn special_ranges_are_recognised() {
    let cases = [
        ("0850 123 45 67", "+908501234567", Kind::Nomadic, "0850 123 45 67"),
        ("908505320000", "+908505320000", Kind::Nomadic, "0850 532 00 00"),
        ("0800 219 00 00", "+908002190000", Kind::TollFree, "0800 219 00 00"),
        ("0888 123 45 67", "+908881234567", Kind::Premium, "0888 123 45 67"),
        ("0900 123 45 67", "+909001234567", Kind::Premium, "0900 123 45 67"),
        ("02123205062", "+902123205062", Kind::Geographic, "0212 320 50 62"),
        ("0533 860 00 00", "+905338600000", Kind::Mobile, "0533 860 00 00"),
        ("112", "112", Kind::Short, "112"),
        ("118 80", "11880", Kind::Short, "11880"),
        ("1003", "1003", Kind::Extension, "1003"),
        ("201", "201", Kind::Extension, "201"),
        ("00493089680211", "+493089680211", Kind::International, "+49 3089680211"),
        ("+49 (0) 30 89680211", "+493089680211", Kind::International, "+49 3089680211"),
        ("+1 415 555 01 00", "+14155550100", Kind::International, "+1 4155550100"),
        ("14155550100", "+14155550100", Kind::International, "+1 4155550100"),
        ("+994 12 345 67 89", "+994123456789", Kind::International, "+994 123456789"),
        ("3205062", "3205062", Kind::Unknown, "3205062"),
    ];
    for (text, key, kind, display) in cases {
        let read = number(text);
        assert_eq!((read.key.as_str(), read.kind, read.display.as_str()), (key, kind, display), "{text}");
    }
}

#[test]
fn an_extension_suffix_is_not_part_of_the_identity() {
    let spellings = [
        "0212 320 50 62 dahili 12",
        "0212 320 50 62 dah. 12",
        "02123205062 ext 12",
        "02123205062x12",
        "+902123205062;ext=12",
        "0212 320 50 62 (dahili: 12)",
        "0212 320 50 62 #12",
        "0212 320 50 62 Dahili:12",
        "tel:+902123205062;ext=12",
        "tel:+90-212-320-50-62;npdi;ext=12;rn=+9053",
        "sip:02123205062;phone-context=+90;EXT=12@x",
    ];
    for spelling in spellings {
        let read = number(spelling);
        assert_eq!(read.key, "+902123205062", "{spelling}");
        assert_eq!(read.extension.as_deref(), Some("12"), "{spelling}");
    }
}

#[test]
fn a_hidden_number_is_withheld_and_a_name_is_no_number() {
    let hidden = [
        "",
        " ",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "unavailable",
        "Restricted",
        "private",
        "Gizli Numara",
        "+",
        "0",
        "0000000000",
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
        "sip:anonymous@anonymous.invalid",
        "unknown",
    ];
    for text in hidden {
        assert_eq!(read(text, &TR), Reading::Withheld, "{text:?}");
    }
    for text in
        ["alice", "sip:ayse.yilmaz@example.com", "*21%23", "*100", "#31#", "santral5x", "12345678901234567890123"]
    {
        assert_eq!(read(text, &TR), Reading::Other, "{text:?}");
    }
}

#[test]
fn two_numbers_in_one_field_are_not_read_as_one() {
    let several = [
        "0212 320 50 62 / 0532 111 22 33",
        "02123205062/05321112233",
        "0212 320 50 62, 0212 320 50 63",
        "0212 320 50 62 / 63",
        "02123205062;05321112233",
        "0212 320 50 62\n0532 111 22 33",
        "0212 320 50 62 - 0532 111 22 33",
        "02123205062 05321112233",
        "+90 212 320 50 62 | +90 532 111 22 33",
        "444 1 444 / 0212 320 50 62",
        "+49 30 89680211 / 0532 111 22 33",
        "101/102",
    ];
    for text in several {
        assert_eq!(read(text, &TR), Reading::Other, "{text:?}");
    }
    for text in ["0212/320 50 62", "0212/320/50/62", "0532-111-22-33", "+90/532/1112233", "+49 30/89680211"] {
        assert!(read(text, &TR).number().is_some(), "{text:?}");
    }
}

#[test]
fn a_dialled_number_loses_its_parameters_and_its_marks_and_nothing_else() {
    let cases = [
        ("+90212-123-45-67;npdi;rn=+9021", "+902121234567"),
        ("tel:+90-212-(123).45.67;phone-context=x", "+902121234567"),
        ("sip:101;phone-context=santral.local@10.0.0.1", "101"),
        ("sip:1234567;phone-context=+90212@x", "+902121234567"),
        ("*21%23", "*21#"),
        ("*21*0532%23", "*21*0532#"),
        ("ayse.yilmaz", "ayse.yilmaz"),
        ("%2B90 212", "+90212"),
        ("", ""),
    ];
    for (text, wanted) in cases {
        assert_eq!(dialled(text, &TR), wanted, "{text:?}");
    }
}

#[test]
fn a_local_number_is_read_where_it_is_valid() {
    assert_eq!(key("tel:03089680211;phone-context=+49", &TR).as_deref(), Some("+493089680211"));
    assert_eq!(key("tel:4441444;phone-context=+90", &TR).as_deref(), Some("4441444"));
    assert_eq!(key("tel:112;phone-context=+90212", &TR).as_deref(), Some("112"));
    assert_eq!(key("sip:101;phone-context=+902121234567@x", &TR).as_deref(), Some("101"));
}

#[test]
fn other_homes_read_their_own_numbers() {
    assert_eq!(key("030 89680211", &Home::GERMANY).as_deref(), Some("+493089680211"));
    assert_eq!(key("0049 30 89680211", &Home::GERMANY).as_deref(), Some("+493089680211"));
    assert_eq!(key("0090 532 111 22 33", &Home::GERMANY).as_deref(), Some("+905321112233"));
    assert_eq!(key("(415) 555-0100", &Home::NORTH_AMERICA).as_deref(), Some("+14155550100"));
    assert_eq!(key("011 90 532 111 22 33", &Home::NORTH_AMERICA).as_deref(), Some("+905321112233"));
    assert_eq!(key("020 7946 0000", &Home::BRITAIN).as_deref(), Some("+442079460000"));
}

#[test]
fn search_digits_occur_inside_the_key() {
    let stored = "+905321112233";
    for text in ["0532", "532 111", "0532 111 22", "+90 532 111 22 33", "0090 532", "22 33"] {
        let digits = search_digits(text).unwrap();
        assert!(stored.contains(&digits), "{text} gives {digits}");
    }
    assert_eq!(search_digits("Ayşe"), None);
    assert_eq!(search_digits("3M"), None);
    assert_eq!(search_digits("12"), None);
}

#[test]
fn logs_show_only_the_ends_of_a_number() {
    assert_eq!(masked("+905321112233", &TR), "0532 ••• •• 33");
    assert_eq!(masked("101", &TR), "101");
    assert_eq!(masked("+493089680211", &TR), "+49 30••••••11");
}

/// Ten national digits of a Turkish number.
fn turkish() -> impl Strategy<Value = String> {
    (prop::sample::select(vec!["532", "505", "555", "212", "312", "442", "850", "800", "900"]), 0u32..10_000_000)
        .prop_map(|(area, rest)| format!("{area}{rest:07}"))
}

/// Puts separators between digits.
fn spaced(digits: &str, gaps: &[u8]) -> String {
    let mark = |gap: u8| [" ", "-", ".", "", "/", "\u{a0}", "", ""][usize::from(gap % 8)];
    digits.chars().zip(gaps.iter().cycle()).map(|(digit, &gap)| format!("{digit}{}", mark(gap))).collect()
}

#[test]
fn a_text_of_any_length_costs_no_more_than_its_length_and_is_no_number() {
    let padded = |spaces: usize| format!("0532 111 22 33{}", " ".repeat(spaces));
    assert!(read(&padded(200), &TR).number().is_some());
    assert_eq!(read(&padded(300), &TR), Reading::Other);
    for long in ["1/", "1;", "0532 ", "%31", "x1"] {
        let long = long.repeat(30_000);
        assert_eq!(read(&long, &TR), Reading::Other);
        assert_eq!(dialled(&long, &TR), long);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prefixes_and_separators_do_not_change_the_key(digits in turkish(), gaps in prop::collection::vec(any::<u8>(), 14)) {
        let wanted = format!("+90{digits}");
        for prefix in ["", "0", "90", "+90", "0090", "+90(0)"] {
            let text = format!("{prefix}{}", spaced(&digits, &gaps));
            prop_assert_eq!(key(&text, &TR), Some(wanted.clone()), "{}", text);
        }
    }

    #[test]
    fn digits_with_plus_and_without_are_told_apart(digits in "[1-9][0-9]{1,5}") {
        prop_assert_ne!(key(&digits, &TR), key(&format!("+{digits}"), &TR));
    }

    #[test]
    fn two_numbers_never_share_a_key(one in turkish(), other in turkish()) {
        prop_assume!(one != other);
        prop_assert_ne!(key(&one, &TR), key(&format!("0{other}"), &TR));
    }

    #[test]
    fn a_key_and_its_display_read_back_as_the_same_key(text in "[+0-9]{1,16}") {
        if let Some(first) = key(&text, &TR) {
            prop_assert_eq!(key(&first, &TR), Some(first.clone()), "key {}", first);
            prop_assert_eq!(key(&display(&first, &TR), &TR), Some(first.clone()), "display of {}", first);
        }
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = read(&text, &TR);
        let _ = search_digits(&text);
        let _ = masked(&text, &TR);
    }

    #[test]
    fn the_national_library_agrees_about_turkish_numbers(digits in turkish()) {
        let text = format!("0{digits}");
        let theirs = phonenumber::parse(Some(phonenumber::country::TR), &text).unwrap();
        prop_assert_eq!(Some(theirs.format().mode(phonenumber::Mode::E164).to_string()), key(&text, &TR));
    }
}
