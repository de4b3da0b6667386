//! The sample business's people and data.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use crm::card::Match;
use pbx::plan::Secret;
use store::seed::Recorded;
use store::{PageAsk, Role, Store, StoreError, UserPatch};

use super::{Options, caller};
use crate::clock;
use crate::config::{self, Language, Loaded, secrets};
use crate::serve::StartError;

/// A sample user with the password made for this start.
#[derive(Debug, Clone)]
pub struct Login {
    /// Sign-in name.
    pub name: String,
    /// Made by the system, told once.
    pub password: String,
    /// Role.
    pub role: Role,
    /// Extension, when they take calls.
    pub extension: Option<String>,
}

fn random() -> Result<String, StartError> {
    secrets::random().map_err(StartError::Media)
}

/// The sample configuration with the command's addresses, everything on loopback, and secrets of its own.
pub fn settings(options: &Options, data: &Path) -> Result<Loaded, StartError> {
    let mut loaded = config::load(&config::Source::Embedded, &std::collections::BTreeMap::new())
        .map_err(|errors| StartError::Sample(errors.first().map(ToString::to_string).unwrap_or_default()))?;
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    loaded.settings.listen.http = SocketAddr::new(loopback, options.port);
    loaded.settings.listen.sip = SocketAddr::new(loopback, options.sip_port);
    loaded.settings.listen.media = loopback;
    loaded.settings.database = Secret(format!("sqlite:{}", data.join("santral.db").display()));
    loaded.settings.recordings = data.join("recordings");
    if options.language == Language::English {
        loaded.settings.business.name = "Sample Trading".to_owned();
    }
    loaded.plan.advertised.media = loopback;
    loaded.plan.advertised.sip = SocketAddr::new(loopback, options.sip_port);
    loaded.plan.guests_from_loopback = true;
    if let Some(place) = loaded.plan.languages.iter().position(|language| language == options.language.code()) {
        loaded.plan.languages.swap(0, place);
    }
    for extension in loaded.plan.extensions.values_mut() {
        extension.secret = Secret(random()?);
    }
    Ok(loaded)
}

/// Fills an empty database with the sample business and tells which calls were recorded.
pub async fn fill(store: &Store, seed: u64, now: i64, language: Language) -> Result<Vec<Recorded>, StoreError> {
    if !store.users_list().await?.is_empty() {
        return Ok(Vec::new());
    }
    let language = match language {
        Language::Turkish => store::seed::Language::Turkish,
        Language::English => store::seed::Language::English,
    };
    Ok(store::seed::demo(store, seed, now, language).await?.recorded)
}

/// The people of the sample business.
const SAMPLE: [&str; 4] = [store::seed::ZEYNEP, store::seed::MURAT, store::seed::ELIF, store::seed::KEMAL];

/// Gives the sample people new passwords; nobody else is touched.
pub async fn log_in(store: &Store) -> Result<Vec<Login>, StoreError> {
    let mut logins = Vec::new();
    for user in store.users_list().await?.into_iter().filter(|user| SAMPLE.contains(&user.name.as_str())) {
        let password = secrets::random().map_err(|_| StoreError::Conflict("no-randomness"))?;
        let hash = hash(password.clone()).await?;
        let patch = UserPatch { password_hash: Some(Some(hash)), ..UserPatch::default() };
        store.user_patch(&user.id, &patch).await?;
        logins.push(Login { name: user.name, password, role: user.role, extension: user.extension });
    }
    logins.sort_by_key(|login| (login.role, login.extension.clone(), login.name.clone()));
    Ok(logins)
}

async fn hash(password: String) -> Result<String, StoreError> {
    let hashed = tokio::task::spawn_blocking(move || api::sign_in::hash_password(&password)).await;
    hashed.ok().and_then(Result::ok).ok_or(StoreError::Conflict("no-randomness"))
}

/// Who calls, in order: first the sample customer whose card shows everything, then others.
pub async fn callers(store: &Store) -> Vec<caller::Person> {
    let hero = store.caller_for(Some(store::seed::AYSE_NUMBER), clock::wall()).await;
    let mut people: Vec<caller::Person> = match hero.map(|caller| caller.matched) {
        Ok(Match::One { name, .. }) => vec![caller::Person { number: store::seed::AYSE_NUMBER.to_owned(), name }],
        _ => Vec::new(),
    };
    let page = store.customers_list(None, &PageAsk { cursor: None, limit: Some(40) }).await;
    for customer in page.map(|page| page.items).unwrap_or_default() {
        let Some(phone) = customer.phones.first() else { continue };
        if phone.number != store::seed::AYSE_NUMBER {
            people.push(caller::Person { number: phone.number.clone(), name: customer.name.clone() });
        }
    }
    people
}
