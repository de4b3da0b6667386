//! Money in kuruş: writing, reading, and KDV per line.

/// `₺1.234,50`; negative amounts as `-₺1.234,50`.
pub fn format(kurus: i64) -> String {
    let magnitude = kurus.unsigned_abs();
    let sign = if kurus < 0 { "-" } else { "" };
    format!("{sign}₺{},{:02}", grouped(magnitude / 100), magnitude % 100)
}

fn grouped(lira: u64) -> String {
    let digits = lira.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

/// Reads what people type: `1.234,50`, `₺1.234,50`, `1234,5 TL`, `1.234`, `12`. A dot separates thousands and a comma
/// kuruş, so `12.5` is refused rather than guessed at. `None` when it is not an amount or does not fit.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest.trim_start()));
    let text = text.strip_prefix('₺').unwrap_or(text).trim_start();
    let text = ["TL", "TRY", "tl", "₺"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end();
    let (lira, kurus) = text.split_once(',').unwrap_or((text, ""));
    let amount = lira_digits(lira)?.checked_mul(100)?.checked_add(kurus_digits(kurus)?)?;
    Some(if negative { -amount } else { amount })
}

fn lira_digits(text: &str) -> Option<i64> {
    let mut groups = text.split('.');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let well_grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    let digits: String = text.chars().filter(|&c| c != '.').collect();
    let only_digits = !first.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (well_grouped && only_digits).then(|| digits.parse().ok()).flatten()
}

fn kurus_digits(text: &str) -> Option<i64> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        0 => Some(0),
        1 => text.parse::<i64>().ok().map(|tenths| tenths * 10),
        2 => text.parse().ok(),
        _ => None,
    }
}

/// An amount split into its net and its KDV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Without KDV, kuruş.
    pub net: i64,
    /// KDV, kuruş.
    pub vat: i64,
    /// With KDV, kuruş: always `net + vat`.
    pub total: i64,
}

/// Splits an amount that includes KDV of `rate` per cent. The net is rounded half away from zero, once per line; the
/// KDV is what remains, so the three always add up. `None` when it does not fit.
pub fn split_inclusive(total: i64, rate: i64) -> Option<Split> {
    let net = divide_rounded(i128::from(total) * 100, 100 + i128::from(rate))?;
    Some(Split { net, vat: total.checked_sub(net)?, total })
}

/// Adds KDV of `rate` per cent to a net amount, rounded half away from zero, once per line.
pub fn split_exclusive(net: i64, rate: i64) -> Option<Split> {
    let vat = divide_rounded(i128::from(net) * i128::from(rate), 100)?;
    Some(Split { net, vat, total: net.checked_add(vat)? })
}

fn divide_rounded(numerator: i128, denominator: i128) -> Option<i64> {
    if denominator <= 0 {
        return None;
    }
    let half = denominator / 2;
    let shifted = if numerator < 0 { numerator - half } else { numerator + half };
    i64::try_from(shifted / denominator).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_written_the_turkish_way() {
        assert_eq!(format(1_245_000), "₺12.450,00");
        assert_eq!(format(123_456_750), "₺1.234.567,50");
        assert_eq!(format(5), "₺0,05");
        assert_eq!(format(-123_450), "-₺1.234,50");
        assert_eq!(format(i64::MIN), "-₺92.233.720.368.547.758,08");
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for text in ["1234,50", "1.234,50", "₺1.234,50", "₺ 1.234,5", "1234,5 TL", " 1.234,50 TRY "] {
            assert_eq!(parse(text), Some(123_450), "{text}");
        }
        assert_eq!(parse("12"), Some(1200));
        assert_eq!(parse("-₺5,00"), Some(-500));
        for text in ["", "₺", "12.5", "1,234", "1.23,00", "12,345", "on lira", ",50", "99999999999999999999"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn vat_is_rounded_per_line_and_adds_up() {
        assert_eq!(split_inclusive(12_000, 20), Some(Split { net: 10_000, vat: 2_000, total: 12_000 }));
        assert_eq!(split_inclusive(100, 20), Some(Split { net: 83, vat: 17, total: 100 }));
        assert_eq!(split_exclusive(1_005, 10), Some(Split { net: 1_005, vat: 101, total: 1_106 }));
        assert_eq!(split_exclusive(i64::MAX, 20), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(kurus in -1_000_000_000_000i64..1_000_000_000_000) {
            prop_assert_eq!(parse(&format(kurus)), Some(kurus));
        }

        #[test]
        fn net_and_vat_always_add_up(total in -1_000_000_000i64..1_000_000_000, rate in 0i64..=100) {
            let split = split_inclusive(total, rate).unwrap();
            prop_assert_eq!(split.net + split.vat, split.total);
            let again = split_exclusive(split.net, rate).unwrap();
            prop_assert!((again.total - total).abs() <= 1, "one kuruş of rounding at most");
        }
    }
}
