//! Orders: lines with KDV, totals, and what may follow what.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::money::split_inclusive;
use crate::word::words;

words! {
    /// Where an order stands.
    Status {
        /// Being written.
        Draft = "draft",
        /// Agreed.
        Open = "open",
        /// On its way.
        Shipped = "shipped",
        /// Arrived.
        Delivered = "delivered",
        /// Called off.
        Cancelled = "cancelled",
    }
}

impl Status {
    /// Whether an order may go from this status to `next`. Steps may be skipped forwards; nothing comes back from
    /// `delivered` or `cancelled`.
    pub fn may_become(self, next: Self) -> bool {
        let rank = |status| match status {
            Self::Draft => 0,
            Self::Open => 1,
            Self::Shipped => 2,
            Self::Delivered => 3,
            Self::Cancelled => 4,
        };
        self == next || (!self.is_final() && rank(next) > rank(self))
    }

    /// Whether nothing is left to do.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Cancelled)
    }

    /// Whether the lines may still be changed.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Open)
    }
}

/// One KDV rate and the days on which it was in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VatRate {
    /// Per cent.
    pub rate: i64,
    /// First day.
    pub from: Date,
    /// Last day; `None` while in force.
    pub to: Option<Date>,
}

/// The KDV rates of Türkiye. A decree adds rows; nothing else changes.
pub const VAT_RATES: [VatRate; 5] = [
    VatRate { rate: 1, from: date(2007, 12, 30), to: None },
    VatRate { rate: 8, from: date(2007, 12, 30), to: Some(date(2023, 7, 9)) },
    VatRate { rate: 18, from: date(2007, 12, 30), to: Some(date(2023, 7, 9)) },
    VatRate { rate: 10, from: date(2023, 7, 10), to: None },
    VatRate { rate: 20, from: date(2023, 7, 10), to: None },
];

/// The rates in force on a day, lowest first.
pub fn vat_rates_on(day: Date) -> Vec<i64> {
    let in_force = |row: &&VatRate| row.from <= day && row.to.is_none_or(|to| day <= to);
    let mut rates: Vec<i64> = VAT_RATES.iter().filter(in_force).map(|row| row.rate).collect();
    rates.sort_unstable();
    rates
}

/// Most lines of one order.
pub const MAX_LINES: usize = 200;
/// Most pieces on one line.
pub const MAX_QUANTITY: i64 = 100_000;
/// Highest unit price, kuruş (₺10.000.000,00).
pub const MAX_UNIT_PRICE: i64 = 1_000_000_000;

/// Highest total, kuruş: the largest whole number that every reader of JSON keeps exactly (2^53 − 1).
pub const MAX_TOTAL: i64 = 9_007_199_254_740_991;

/// One priced line. Prices include KDV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `prd_…`, unless it was typed freely.
    pub product: Option<String>,
    /// What.
    pub name: String,
    /// Pieces.
    pub quantity: i64,
    /// Kuruş per piece, KDV included.
    pub unit_price: i64,
    /// Per cent.
    pub vat_rate: i64,
    /// Line without KDV, kuruş.
    pub net: i64,
    /// KDV of the line, kuruş.
    pub vat: i64,
    /// Line with KDV, kuruş.
    pub total: i64,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// No name.
    Name,
    /// Not between 1 and [`MAX_QUANTITY`].
    Quantity,
    /// Negative or above [`MAX_UNIT_PRICE`].
    UnitPrice,
    /// Not a rate in force on that day.
    VatRate,
}

impl LineFault {
    /// The field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Quantity => "quantity",
            Self::UnitPrice => "unit_price",
            Self::VatRate => "vat_rate",
        }
    }
}

impl Line {
    /// Prices a line of an order made on `day`. KDV is rounded once, on the line.
    ///
    /// # Errors
    /// The first [`LineFault`] found.
    pub fn priced(
        product: Option<String>,
        name: &str,
        quantity: i64,
        unit_price: i64,
        vat_rate: i64,
        day: Date,
    ) -> Result<Self, LineFault> {
        let name = name.trim();
        if name.is_empty() {
            return Err(LineFault::Name);
        }
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            return Err(LineFault::Quantity);
        }
        if !(0..=MAX_UNIT_PRICE).contains(&unit_price) {
            return Err(LineFault::UnitPrice);
        }
        if !vat_rates_on(day).contains(&vat_rate) {
            return Err(LineFault::VatRate);
        }
        let split = split_inclusive(quantity * unit_price, vat_rate).ok_or(LineFault::UnitPrice)?;
        let name = name.to_owned();
        Ok(Self { product, name, quantity, unit_price, vat_rate, net: split.net, vat: split.vat, total: split.total })
    }
}

/// Totals of an order: the sums of its lines, so that the printed lines add up to the printed total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Without KDV, kuruş.
    pub net: i64,
    /// KDV, kuruş.
    pub vat: i64,
    /// With KDV, kuruş.
    pub total: i64,
}

/// Sums lines. `None` when the sum is above [`MAX_TOTAL`].
pub fn totals(lines: &[Line]) -> Option<Totals> {
    let sum = lines.iter().try_fold(Totals::default(), |sum, line| {
        Some(Totals {
            net: sum.net.checked_add(line.net)?,
            vat: sum.vat.checked_add(line.vat)?,
            total: sum.total.checked_add(line.total)?,
        })
    });
    sum.filter(|sum| sum.total <= MAX_TOTAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date(2026, 11, 22);

    fn line(quantity: i64, price: i64, rate: i64) -> Result<Line, LineFault> {
        Line::priced(None, "Kargo", quantity, price, rate, TODAY)
    }

    #[test]
    fn rates_follow_their_dates() {
        assert_eq!(vat_rates_on(TODAY), [1, 10, 20]);
        assert_eq!(vat_rates_on(date(2023, 7, 9)), [1, 8, 18]);
        assert_eq!(line(1, 100, 18), Err(LineFault::VatRate));
        assert!(Line::priced(None, "Kargo", 1, 100, 18, date(2023, 7, 9)).is_ok());
    }

    #[test]
    fn lines_add_up_to_the_total() {
        let lines = [line(3, 3333, 20).unwrap(), line(1, 999, 10).unwrap(), line(7, 101, 1).unwrap()];
        let sum = totals(&lines).unwrap();
        assert_eq!(sum.total, 3 * 3333 + 999 + 707);
        assert_eq!(sum.net + sum.vat, sum.total);
        assert_eq!(lines[0].net, 8333, "9999 / 1.20 = 8332,5 is rounded up");
    }

    #[test]
    fn a_total_stays_a_number_that_a_browser_keeps_exactly() {
        let dear = line(MAX_QUANTITY, MAX_UNIT_PRICE, 20).unwrap();
        assert_eq!(totals(&vec![dear.clone(); 90]).map(|sum| sum.total), Some(90 * dear.total));
        assert_eq!(totals(&vec![dear; 91]), None);
    }

    #[test]
    fn nonsense_is_refused_with_its_field() {
        assert_eq!(line(0, 100, 20), Err(LineFault::Quantity));
        assert_eq!(line(MAX_QUANTITY + 1, 100, 20), Err(LineFault::Quantity));
        assert_eq!(line(1, -1, 20), Err(LineFault::UnitPrice));
        assert_eq!(line(MAX_QUANTITY, MAX_UNIT_PRICE, 20).unwrap().total, MAX_QUANTITY * MAX_UNIT_PRICE);
        assert_eq!(Line::priced(None, "  ", 1, 1, 20, TODAY), Err(LineFault::Name));
    }

    #[test]
    fn nothing_comes_back_from_an_end() {
        assert!(Status::Draft.may_become(Status::Shipped));
        assert!(!Status::Shipped.may_become(Status::Open));
        for next in [Status::Draft, Status::Open, Status::Shipped] {
            assert!(!Status::Delivered.may_become(next));
            assert!(!Status::Cancelled.may_become(next));
        }
        assert!(!Status::Delivered.may_become(Status::Cancelled));
    }
}
