//! Wrong SIP secrets in log and figures. A guesser decides how often he guesses, not how much is written about it.

use std::time::{Duration, Instant};

use pbx::contract::WrongSecret;

/// At most so many lines in each span; the rest is counted in the next line.
const LINES: u32 = 5;
const SPAN: Duration = Duration::from_secs(10);

/// What was written lately. Bans have lines of their own: however much is guessed elsewhere, who was banned is said.
#[derive(Debug, Default)]
pub struct Alarms {
    mistakes: Lines,
    bans: Lines,
}

/// The lines of one kind.
#[derive(Debug, Default)]
struct Lines {
    since: Option<Instant>,
    lines: u32,
    unsaid: u64,
}

impl Alarms {
    /// Counts it, and writes a line when it is the first, a power of two, or makes a ban.
    pub fn wrong_secret(&mut self, now: Instant, wrong: &WrongSecret) {
        metrics::counter!("santral_sip_wrong_secrets_total").increment(1);
        if wrong.ban.is_some() {
            metrics::counter!("santral_sip_bans_total").increment(1);
        }
        if !(wrong.failures.is_power_of_two() || wrong.ban.is_some()) {
            return;
        }
        let lines = if wrong.ban.is_some() { &mut self.bans } else { &mut self.mistakes };
        let Some(unsaid) = lines.may_say(now) else { return };
        let (source, user, failures) = (wrong.source.ip(), masked(&wrong.user), wrong.failures);
        match wrong.ban {
            Some(time) => {
                let seconds = time.as_secs();
                tracing::warn!(%source, user, failures, seconds, unsaid, "too many wrong SIP secrets: banned");
            }
            None => tracing::warn!(%source, user, failures, unsaid, "wrong SIP secret"),
        }
    }
}

impl Lines {
    /// How many lines were held back, if this one may be written.
    fn may_say(&mut self, now: Instant) -> Option<u64> {
        if self.since.is_none_or(|since| now >= since + SPAN) {
            (self.since, self.lines) = (Some(now), 0);
        }
        if self.lines >= LINES {
            self.unsaid += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.unsaid))
    }
}

/// The first letter and the last, nothing that could be somebody's number or a line of its own.
fn masked(user: &str) -> String {
    let plain: Vec<char> = user.chars().filter(|letter| letter.is_alphanumeric()).collect();
    match plain.as_slice() {
        [first, .., last] => format!("{first}…{last}"),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
    use super::{Alarms, LINES, Lines, SPAN, WrongSecret, masked};
    use std::time::Instant;

    #[test]
    fn a_flood_of_guesses_writes_a_few_lines_and_says_how_many_it_left_out() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let said = (0..1_500).filter(|_| lines.may_say(now).is_some()).count();
        assert_eq!(said, LINES as usize);
        assert_eq!(lines.may_say(now + SPAN), Some(1_500 - u64::from(LINES)));
    }

    #[test]
    fn a_flood_of_guesses_leaves_bans_their_lines() {
        let (mut alarms, now) = (Alarms::default(), Instant::now());
        let wrong =
            |ban| WrongSecret { source: ([198, 51, 100, 7], 5060).into(), user: "101".into(), failures: 1, ban };
        (0..1_500).for_each(|_| alarms.wrong_secret(now, &wrong(None)));
        assert!(alarms.mistakes.unsaid > 0);
        alarms.wrong_secret(now, &wrong(Some(SPAN)));
        assert_eq!((alarms.bans.lines, alarms.bans.unsaid), (1, 0));
    }

    #[test]
    fn no_name_is_written_whole_and_none_can_write_lines() {
        assert_eq!((masked("101").as_str(), masked("+905321112233").as_str()), ("1…1", "9…3"));
        assert_eq!((masked("a\n\u{1b}[31mb").as_str(), masked("\n").as_str(), masked("7").as_str()), ("a…b", "…", "…"));
    }
}
