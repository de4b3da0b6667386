//! Hours of the week and of particular days, and taking the ones of another schedule out of them.

use std::collections::BTreeMap;

use pbx::plan::{Schedule, SpecialDay};

use super::value::{Day, Interval};

/// Years for which a half holiday of every year is written out day by day: what is left open on it depends on the day
/// of the week it falls on.
const YEARS: std::ops::RangeInclusive<i16> = 2020..=2069;

/// When a schedule is open.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    /// Monday first.
    pub weekly: [Vec<Interval>; 7],
    /// Days with hours of their own.
    pub days: BTreeMap<Day, DayHours>,
}

/// The hours of one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayHours {
    /// Name for people.
    pub name: String,
    /// Open intervals; none = closed all day.
    pub open: Vec<Interval>,
}

impl Hours {
    /// What is open on a date; `weekday` decides where the date has no hours of its own.
    fn on(&self, date: Day, weekday: usize) -> &[Interval] {
        let special = self.days.get(&date).or_else(|| self.days.get(&Day { year: None, ..date }));
        special.map_or_else(|| self.weekly.get(weekday).map_or(&[][..], Vec::as_slice), |day| day.open.as_slice())
    }

    /// The name of a date, when it has one.
    fn name_of(&self, date: Day) -> Option<&str> {
        let special = self.days.get(&date).or_else(|| self.days.get(&Day { year: None, ..date }))?;
        Some(special.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Whether there is no minute at which it is open.
    pub fn never_opens(&self) -> bool {
        self.weekly.iter().all(Vec::is_empty) && self.days.values().all(|day| day.open.is_empty())
    }

    /// As the switch wants it. Days of one year come before those of every year.
    pub fn into_schedule(self, timezone: String) -> Schedule {
        let special = |(date, day): (Day, DayHours)| SpecialDay {
            year: date.year,
            month: date.month,
            day: date.day,
            name: day.name,
            open: day.open,
        };
        let (every_year, of_a_year): (Vec<_>, Vec<_>) =
            self.days.into_iter().partition(|(date, _)| date.year.is_none());
        let days = of_a_year.into_iter().chain(every_year).map(special).collect();
        Schedule { timezone, weekly: self.weekly, days }
    }
}

/// `hours` without what is open in `excepted`.
pub fn without(hours: &Hours, excepted: &Hours) -> Hours {
    let mut left = Hours::default();
    for (day, open) in left.weekly.iter_mut().enumerate() {
        *open = subtract(&hours.weekly[day], &excepted.weekly[day]);
    }
    let dates = hours.days.keys().chain(excepted.days.keys()).copied();
    let (of_every_year, of_a_year): (Vec<Day>, Vec<Day>) = dates.partition(|date| date.year.is_none());
    for date in of_every_year {
        every_year(hours, excepted, date, &mut left);
    }
    for date in of_a_year {
        if let Some(weekday) = weekday(date) {
            left.days.insert(date, left_on(hours, excepted, date, weekday));
        }
    }
    left
}

/// One entry when the day of the week does not matter; else one for each year.
fn every_year(hours: &Hours, excepted: &Hours, date: Day, left: &mut Hours) {
    let by_weekday: Vec<DayHours> = (0..7).map(|weekday| left_on(hours, excepted, date, weekday)).collect();
    if let Some(first) = by_weekday.first()
        && by_weekday.iter().all(|other| other == first)
    {
        left.days.insert(date, first.clone());
        return;
    }
    for year in YEARS {
        let date = Day { year: Some(year), ..date };
        if let Some(weekday) = weekday(date) {
            left.days.insert(date, left_on(hours, excepted, date, weekday));
        }
    }
}

fn left_on(hours: &Hours, excepted: &Hours, date: Day, weekday: usize) -> DayHours {
    let name = excepted.name_of(date).or_else(|| hours.name_of(date)).unwrap_or("").to_owned();
    DayHours { name, open: subtract(hours.on(date, weekday), excepted.on(date, weekday)) }
}

/// The day of the week of a date, Monday is 0.
fn weekday(date: Day) -> Option<usize> {
    let date = jiff::civil::Date::new(date.year?, date.month, date.day).ok()?;
    usize::try_from(date.weekday().to_monday_zero_offset()).ok()
}

/// The minutes of `open` that are in none of `taken`.
fn subtract(open: &[Interval], taken: &[Interval]) -> Vec<Interval> {
    let mut left = open.to_vec();
    for (from, to) in taken {
        left = left.into_iter().flat_map(|(begin, end)| [(begin, end.min(*from)), (begin.max(*to), end)]).collect();
        left.retain(|(begin, end)| begin < end);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::subtract;

    #[test]
    fn taking_hours_out_splits_shortens_and_removes_intervals() {
        assert_eq!(subtract(&[(540, 1080)], &[(750, 810)]), [(540, 750), (810, 1080)]);
        assert_eq!(subtract(&[(540, 1080)], &[(780, 1440)]), [(540, 780)]);
        assert_eq!(subtract(&[(540, 750), (810, 1080)], &[(0, 1440)]), []);
        assert_eq!(subtract(&[(540, 750)], &[(750, 810)]), [(540, 750)]);
    }
}
