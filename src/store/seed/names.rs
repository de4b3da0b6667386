//! Names, companies, products and sentences of the sample business, in each language it can be shown in.

mod english;
mod turkish;

/// A language of the sample business: everything in it is in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Türkçe.
    Turkish,
    /// English.
    English,
}

impl Language {
    /// `tr`, `en`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Turkish => "tr",
            Self::English => "en",
        }
    }

    /// What the few customers speak who do not speak this one.
    pub(super) fn other(self) -> &'static str {
        match self {
            Self::Turkish => "en",
            Self::English => "tr",
        }
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Turkish => &turkish::WORDS,
            Self::English => &english::WORDS,
        }
    }
}

/// Everything that is said or shown.
pub(super) struct Words {
    pub(super) language: Language,
    /// Displayed names: two agents, the supervisor, the administrator.
    pub(super) staff: [&'static str; 4],
    pub(super) women: &'static [&'static str],
    pub(super) men: &'static [&'static str],
    pub(super) surnames: &'static [&'static str],
    /// How a customer is spoken to; `{first}` and `{last}` are filled in.
    pub(super) address_woman: &'static str,
    pub(super) address_man: &'static str,
    pub(super) foreigners: &'static [Person],
    pub(super) trades: &'static [&'static str],
    pub(super) forms: &'static [&'static str],
    pub(super) mail_host: &'static str,
    pub(super) roles: &'static [&'static str],
    pub(super) tags: &'static [&'static str],
    /// First digits of mobile numbers.
    pub(super) mobiles: &'static [&'static str],
    /// First digits of other numbers.
    pub(super) landlines: &'static [&'static str],
    pub(super) products: &'static [Product],
    pub(super) subjects: &'static [Subject],
    pub(super) comments: &'static [&'static str],
    /// What the agent wrote down, and the result that fits.
    pub(super) call_notes: &'static [(&'static str, &'static str)],
    pub(super) appointments: &'static [&'static str],
    pub(super) notes: &'static [&'static str],
    /// What, and why it fits.
    pub(super) offers: &'static [(&'static str, &'static str)],
    pub(super) hero: Hero,
}

/// A customer from abroad.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) language: &'static str,
    pub(super) number: &'static str,
}

/// A product.
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) sku: &'static str,
    /// Kuruş with KDV.
    pub(super) price: i64,
    pub(super) vat_rate: i64,
    pub(super) unit: &'static str,
}

/// What a ticket is about.
pub(super) struct Subject {
    pub(super) title: &'static str,
    pub(super) kind: &'static str,
    pub(super) body: &'static str,
}

/// The customer every tour begins with: VIP, a payment overdue, a complaint open.
pub(super) struct Hero {
    pub(super) name: &'static str,
    pub(super) company: &'static str,
    pub(super) role: &'static str,
    pub(super) email: &'static str,
    pub(super) address_as: &'static str,
    pub(super) tags: &'static [&'static str],
    pub(super) note: &'static str,
    pub(super) complaint: &'static str,
    pub(super) complaint_body: &'static str,
    /// The note of a call that was an order.
    pub(super) ordered: &'static str,
    /// Days ago, the note and the result.
    pub(super) calls: &'static [(i64, &'static str, &'static str)],
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn both_languages_have_as_much_of_everything_and_english_has_no_turkish_letter() {
        let (turkish, english) = (Language::Turkish.words(), Language::English.words());
        assert_eq!(turkish.products.len(), english.products.len());
        assert_eq!(turkish.subjects.len(), english.subjects.len());
        assert_eq!(turkish.hero.calls.len(), english.hero.calls.len());
        for (one, other) in turkish.products.iter().zip(english.products) {
            assert_eq!((one.price, one.vat_rate), (other.price, other.vat_rate), "{}", one.name);
        }
        let source = include_str!("names/english.rs");
        assert!(!source.contains(|letter| "çğıİöşüÇĞÖŞÜ".contains(letter)));
    }
}
