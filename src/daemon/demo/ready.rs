//! What is said when the demo is ready: words for a newcomer, one line of JSON for a program.

use std::path::{Path, PathBuf};

use pbx::plan::Plan;
use serde::Serialize;
use store::StoreError;

use super::people::Login;
use crate::clock;
use crate::config::words::{self, Language};
use crate::serve::Running;

/// How long the sign-in link works, µs: long enough for a cold coffee.
const LINK: i64 = 60 * 60 * 1_000_000;

/// Everything there is to know, as the JSON line has it.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// `http://127.0.0.1:8080`
    pub http: String,
    /// `127.0.0.1:5060`
    pub sip: String,
    /// Signs the agent in, once.
    pub login: String,
    /// Who the link signs in, as colleagues see them.
    pub agent: String,
    /// The number of the menu.
    pub menu: String,
    /// Extensions with their secrets.
    pub extensions: Vec<Account>,
    /// People with their passwords.
    pub users: Vec<Person>,
    /// Folder of database and recordings.
    pub data: PathBuf,
}

/// An extension a softphone can register.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// `101`
    pub number: String,
    /// Digest secret.
    pub secret: String,
    /// Whose.
    pub user: String,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// Sign-in name.
    pub name: String,
    /// Password, made at this start.
    pub password: String,
    /// `agent`, `supervisor`, `admin`.
    pub role: &'static str,
}

impl Facts {
    /// Gathers them, and makes the sign-in link.
    pub async fn new(
        running: &Running,
        plan: &Plan,
        logins: Vec<Login>,
        menu: &str,
        data: &Path,
    ) -> Result<Self, StoreError> {
        let http = format!("http://{}", running.http);
        let extensions = plan.extensions.iter().map(|(number, extension)| Account {
            number: number.to_string(),
            secret: extension.secret.0.clone(),
            user: extension.user.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
        let agent = running.store.user_by_extension(super::BUILT_IN).await?.ok_or(StoreError::NotFound)?;
        Ok(Self {
            login: link(running, &http, &agent.id).await?,
            agent: agent.display_name,
            http,
            sip: running.sip.to_string(),
            menu: menu.to_owned(),
            extensions: extensions.collect(),
            users: logins
                .into_iter()
                .map(|login| Person { name: login.name, password: login.password, role: login.role.as_str() })
                .collect(),
            data: data.to_owned(),
        })
    }

    /// For a person, in their language.
    pub fn words(&self, language: Language) -> String {
        let words = words::of(language);
        let account = self.extensions.iter().find(|account| account.number != super::BUILT_IN);
        let (extension, secret) =
            account.map_or(("", ""), |account| (account.number.as_str(), account.secret.as_str()));
        let person = |person: &Person| {
            let role = words.line(&format!("role-{}", person.role), &[]);
            format!("    {:<10} {role:<14} {}\n", person.name, person.password)
        };
        let people: String = self.users.iter().map(person).collect();
        let fillings = [
            ("agent", self.agent.clone()),
            ("login", self.login.clone()),
            ("sip", self.sip.clone()),
            ("extension", extension.to_owned()),
            ("secret", secret.to_owned()),
            ("menu", self.menu.clone()),
            ("people", people),
            ("data", self.data.display().to_string()),
        ];
        let fillings = fillings.map(|(name, word)| (name.to_owned(), word)).into();
        words.sentence("demo", "ready", &fillings).unwrap_or_default()
    }
}

async fn link(running: &Running, http: &str, user: &str) -> Result<String, StoreError> {
    let token = api::token::fresh().map_err(|_| StoreError::Conflict("no-randomness"))?;
    let expires = clock::wall() + LINK;
    running.store.login_link_insert(&api::token::hash(&token), user, expires).await?;
    Ok(format!("{http}/?login={token}"))
}
