//! The sample customers.

use std::collections::HashSet;

use crm::text::{fold, sort_key};

use super::names::Words;
use super::random::Random;
use super::{AYSE_NUMBER, CUSTOMERS, DAY, SHARED_NUMBER};
use crate::Store;
use crate::db::{Tx, Value, values};
use crate::error::Result;
use crate::fields::search_text;

/// A sample customer.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) language: &'static str,
    pub(super) numbers: Vec<String>,
    pub(super) segment: Option<&'static str>,
    company: Option<String>,
    role: Option<&'static str>,
    email: Option<String>,
    birth_date: Option<String>,
    address_as: Option<String>,
    consent: Option<bool>,
    tags: Vec<&'static str>,
    displays: Vec<String>,
    offer: Option<(String, &'static str, &'static str)>,
    note: &'static str,
    created_at: i64,
}

/// The hero first, then the others.
pub(super) fn all(store: &Store, words: &Words, random: &mut Random, now: i64) -> Vec<Sample> {
    let mut numbers: HashSet<String> = HashSet::from([AYSE_NUMBER.to_owned(), SHARED_NUMBER.to_owned()]);
    let mut names: HashSet<String> = HashSet::from([words.hero.name.to_owned()]);
    let mut samples = vec![hero(words, random, now)];
    for person in words.foreigners {
        numbers.insert(person.number.to_owned());
        let created_at = now - random.between(20, 900) * DAY;
        let id = random.id("cus", created_at);
        let (name, numbers) = (person.name.to_owned(), vec![person.number.to_owned()]);
        samples.push(Sample { id, name, language: person.language, numbers, created_at, ..Sample::default() });
    }
    while samples.len() < CUSTOMERS {
        samples.push(customer(words, random, &mut names, &mut numbers, now));
    }
    share_numbers(random, &mut samples);
    for sample in &mut samples {
        sample.displays = sample.numbers.iter().map(|number| store.display_number(number)).collect();
    }
    samples
}

fn hero(words: &Words, random: &mut Random, now: i64) -> Sample {
    let created_at = now - 7 * 365 * DAY;
    let offered = now - 10 * DAY;
    Sample {
        id: random.id("cus", created_at),
        name: words.hero.name.to_owned(),
        language: words.language.code(),
        numbers: vec![AYSE_NUMBER.to_owned(), "+902123334455".to_owned()],
        segment: Some("vip"),
        company: Some(words.hero.company.to_owned()),
        role: Some(words.hero.role),
        email: Some(words.hero.email.to_owned()),
        address_as: Some(words.hero.address_as.to_owned()),
        tags: words.hero.tags.to_vec(),
        offer: Some((random.id("off", offered), words.offers[0].0, words.offers[0].1)),
        note: words.hero.note,
        created_at,
        ..Sample::default()
    }
}

fn customer(
    words: &Words,
    random: &mut Random,
    names: &mut HashSet<String>,
    numbers: &mut HashSet<String>,
    now: i64,
) -> Sample {
    let woman = random.chance(50);
    let (first, last, name) = loop {
        let (first, last) = (*random.pick(if woman { words.women } else { words.men }), *random.pick(words.surnames));
        let name = format!("{first} {last}");
        if names.insert(name.clone()) {
            break (first, last, name);
        }
    };
    let spoken_to = if woman { words.address_woman } else { words.address_man };
    let created_at = now - random.between(1, 6 * 365) * DAY + random.between(0, 8) * super::HOUR;
    let in_company = random.chance(45);
    let mut sample = Sample {
        id: random.id("cus", created_at),
        address_as: Some(spoken_to.replace("{first}", first).replace("{last}", last)),
        company: in_company.then(|| company(words, random)),
        role: in_company.then(|| *random.pick(words.roles)),
        email: random.chance(60).then(|| format!("{}@{}", fold(&name).replace(' ', "."), words.mail_host)),
        birth_date: random.chance(55).then(|| birth_date(random)),
        language: if random.chance(97) { words.language.code() } else { words.language.other() },
        consent: random.chance(60).then(|| random.chance(75)),
        segment: segment(random, now - created_at),
        note: if random.chance(12) { random.pick::<&str>(words.notes) } else { "" },
        numbers: vec![fresh_number(random, numbers, words.mobiles)],
        name,
        created_at,
        ..Sample::default()
    };
    if random.chance(18) {
        sample.numbers.push(fresh_number(random, numbers, words.landlines));
    }
    if sample.segment == Some("vip") {
        sample.tags.push("VIP");
    }
    for _ in 0..random.between(0, 3) {
        let tag = *random.pick(words.tags);
        if !sample.tags.contains(&tag) {
            sample.tags.push(tag);
        }
    }
    if random.chance(20) {
        let &(title, why) = random.pick(words.offers);
        sample.offer = Some((random.id("off", now - DAY), title, why));
    }
    sample
}

fn company(words: &Words, random: &mut Random) -> String {
    format!("{} {} {}", random.pick(words.surnames), random.pick(words.trades), random.pick(words.forms))
}

fn birth_date(random: &mut Random) -> String {
    format!("{}-{:02}-{:02}", random.between(1955, 2004), random.between(1, 13), random.between(1, 29))
}

fn segment(random: &mut Random, known_for: i64) -> Option<&'static str> {
    if known_for < 60 * DAY {
        return Some("new");
    }
    match random.between(0, 100) {
        0..8 => Some("vip"),
        8..40 => Some("loyal"),
        40..52 => Some("at_risk"),
        52..58 => Some("lost"),
        _ => None,
    }
}

fn fresh_number(random: &mut Random, numbers: &mut HashSet<String>, areas: &[&str]) -> String {
    loop {
        let number = random.number(areas);
        if numbers.insert(number.clone()) {
            return number;
        }
    }
}

/// A switchboard number of two colleagues, and a few families with one telephone.
fn share_numbers(random: &mut Random, samples: &mut [Sample]) {
    let last = samples.len() - 1;
    for at in [20, 21] {
        if let Some(sample) = samples.get_mut(at) {
            sample.numbers.push(SHARED_NUMBER.to_owned());
        }
    }
    for _ in 0..4 {
        let (one, other) = (random.between(30, 150) as usize, random.between(151, last as i64) as usize);
        let number = samples[one].numbers[0].clone();
        samples[other].numbers.push(number);
    }
}

/// Writes them with their numbers, tags and offers.
pub(super) async fn write(tx: &mut Tx, samples: &[Sample]) -> Result<()> {
    let into = "customers (id, name, company, role, email, birth_date, language, segment, address_as, sms_consent, \
                sms_consent_source, sms_consent_at, note, search, sort, created_at, updated_at)";
    tx.insert(into, samples.iter().map(customer_row).collect(), "").await?;
    let phones = samples.iter().flat_map(phone_rows).collect();
    tx.insert("customer_phones (customer_id, number, display, original, place)", phones, "").await?;
    let tags = samples.iter().flat_map(|sample| {
        (0..).zip(&sample.tags).map(|(at, tag): (i64, _)| values![&sample.id, *tag, fold(tag), sample.created_at + at])
    });
    tx.insert("customer_tags (customer_id, tag, tag_key, added_at)", tags.collect(), "").await?;
    let offers = samples.iter().filter_map(|sample| {
        let (id, title, why) = sample.offer.as_ref()?;
        Some(values![id, &sample.id, *title, *why, sample.created_at])
    });
    tx.insert("offers (id, customer_id, title, why, created_at)", offers.collect(), "").await?;
    Ok(())
}

fn customer_row(sample: &Sample) -> Vec<Value> {
    let source = sample.consent.map(|_| "call");
    let asked_at = sample.consent.map(|_| sample.created_at);
    let search = search_text(&sample.name, sample.company.as_deref(), sample.email.as_deref());
    values![
        &sample.id,
        &sample.name,
        &sample.company,
        sample.role,
        &sample.email,
        &sample.birth_date,
        sample.language,
        sample.segment,
        &sample.address_as,
        sample.consent,
        source,
        asked_at,
        sample.note,
        search,
        sort_key(&sample.name),
        sample.created_at,
        sample.created_at,
    ]
}

fn phone_rows(sample: &Sample) -> Vec<Vec<Value>> {
    let row =
        |(place, (number, display)): (i64, (&String, &String))| values![&sample.id, number, display, display, place];
    (0..).zip(sample.numbers.iter().zip(&sample.displays)).map(row).collect()
}
