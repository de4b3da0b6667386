//! What is said when the demo is ready: words for a newcomer, one line of JSON for a program.

use std::path::{Path, PathBuf};

use pbx::plan::Plan;
use serde::Serialize;
use store::StoreError;

use super::people::Login;
use crate::clock;
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
        Ok(Self {
            login: link(running, &http, super::BUILT_IN).await?,
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

    /// For a person, in Turkish or English.
    pub fn words(&self, turkish: bool) -> String {
        let account = self.extensions.iter().find(|account| account.number != super::BUILT_IN);
        let (number, secret) = account.map_or(("", ""), |account| (account.number.as_str(), account.secret.as_str()));
        let mut text = if turkish {
            format!(
                "\n  Demo hazır. Tarayıcınızda açın (temsilci Zeynep olarak girersiniz):\n\n    {}\n\n  \
                 “Mesaiye başla”ya basın; birkaç saniye içinde bir müşteri arar. F2 yanıtlar, T talep açar.\n\n  \
                 Kendi yazılım telefonunuz: sunucu {}, dahili {number}, şifre {secret}; menü için {} çevirin.\n",
                self.login, self.sip, self.menu
            )
        } else {
            format!(
                "\n  The demo is ready. Open it in your browser (you come in as the agent Zeynep):\n\n    {}\n\n  \
                 Press “Start shift”; a customer calls within seconds. F2 answers, T writes a ticket.\n\n  \
                 Your own softphone: server {}, extension {number}, secret {secret}; dial {} for the menu.\n",
                self.login, self.sip, self.menu
            )
        };
        text.push_str(if turkish { "\n  Diğer kullanıcılar:\n" } else { "\n  Other people who can sign in:\n" });
        for person in &self.users {
            text.push_str(&format!("    {:<10} {:<12} {}\n", person.name, person.role, person.password));
        }
        text.push_str(&format!(
            "\n  {} {}\n  {}\n",
            if turkish { "Veriler:" } else { "Data:" },
            self.data.display(),
            if turkish { "Durdurmak için Ctrl+C." } else { "Ctrl+C stops it." }
        ));
        text
    }
}

async fn link(running: &Running, http: &str, extension: &str) -> Result<String, StoreError> {
    let user = running.store.user_by_extension(extension).await?.ok_or(StoreError::NotFound)?;
    let token = api::token::fresh().map_err(|_| StoreError::Conflict("no-randomness"))?;
    let expires = clock::wall() + LINK;
    running.store.login_link_insert(&api::token::hash(&token), &user.id, expires).await?;
    Ok(format!("{http}/?login={token}"))
}
