//! `santral user …`: who signs in, and what they may do. Each command says what it did.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;

use pbx::id::Extension;
use store::{NewUser, Role, Store, StoreError, User, UserPatch};

use super::alone::Alone;
use crate::cli::{self, user as asking};
use crate::clock;
use crate::config::words::{self, Catalogue};
use crate::config::{self, Language, Loaded, Source, cause};
use crate::refusal::{self, Refusal};

type Env = BTreeMap<String, String>;

/// Runs one of the commands.
pub async fn run(command: &cli::User, env: &Env, language: Language) -> Result<u8, Refusal> {
    let place = match command {
        cli::User::Add(add) => &add.place,
        cli::User::List(list) => &list.place,
        cli::User::Set(set) => &set.place,
        cli::User::Passwd(who) | cli::User::Block(who) => &who.place,
    };
    let loaded = config::load(&Source::Folder(cli::config_folder(place.config.as_deref(), env)), env)
        .map_err(Refusal::of_findings)?;
    // The person is asked before the database is touched.
    let asked = match command {
        cli::User::Add(add) => Some(asking::ask(add, language, &mut io::stdin().lock(), &mut io::stderr())),
        _ => None,
    };
    let asked = asked.transpose().map_err(|error| not_taken(&error))?;
    let password = match command {
        cli::User::Passwd(_) => Some(asking::ask_password(language, &mut io::stdin().lock(), &mut io::stderr())),
        _ => None,
    };
    let password = password.transpose().map_err(|error| not_taken(&error))?;

    let people = People::open(place, env, loaded, language).await?;
    let told = match (command, asked, password) {
        (cli::User::Add(add), Some(asked), _) => people.add(add, asked).await,
        (cli::User::Passwd(who), _, Some(password)) => people.passwd(&who.name, &password).await,
        (cli::User::Set(set), ..) => people.set(set).await,
        (cli::User::Block(who), ..) => people.block(&who.name).await,
        (cli::User::List(list), ..) => people.list(list.json).await,
        _ => Ok(String::new()),
    };
    // A running daemon sees by itself that somebody came or changed.
    people.store.close().await;
    let told = told?;
    let printed = write!(io::stdout(), "{told}");
    printed.map_err(|error| Refusal::new("system").with("detail", cause(&error)))?;
    Ok(cli::DONE)
}

/// What the person typed will not do; the sentence is in their language already.
fn not_taken(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::InvalidInput => Refusal::new("typed").with("sentence", error.to_string()),
        _ => Refusal::new("system").with("detail", cause(error)),
    }
}

/// The people of one installation.
struct People {
    store: Store,
    loaded: Loaded,
    words: &'static Catalogue,
    language: Language,
}

impl People {
    async fn open(place: &cli::Serve, env: &Env, loaded: Loaded, language: Language) -> Result<Self, Refusal> {
        let data = cli::data_folder(place.data.as_deref(), env);
        std::fs::create_dir_all(&data).map_err(|error| refusal::of_folder(&data, &error))?;
        let url = loaded.settings.database_url(&data);
        // Under a running daemon the tables stay as it knows them.
        let is_current = store::is_current(&url).await.map_err(|error| refusal::of_store(&error))?;
        let alone = if is_current { None } else { Some(Alone::take(&data, &url).await?) };
        let store = Store::open(&url).await.map_err(|error| refusal::of_store(&error))?;
        if let Some(alone) = alone {
            alone.release().await;
        }
        Ok(Self { store, loaded, words: words::of(language), language })
    }

    async fn add(&self, add: &cli::UserAdd, asked: asking::NewUser) -> Result<String, Refusal> {
        // Without an option it is the extension that the configuration gives this person.
        let extension = asked.extension.or_else(|| self.extension_of(&asked.name));
        let new = NewUser {
            name: asked.name,
            display_name: asked.display_name,
            role: role(add.role),
            extension: extension.clone(),
            password_hash: Some(hashed(&asked.password.0)?),
            language: self.language.code().to_owned(),
        };
        let user = match self.store.user_insert(&new, clock::wall()).await {
            Ok(user) => user,
            Err(error) => return Err(self.not_kept(error, &new.name, extension.as_deref()).await),
        };
        let mut text = self.line("user-added", &user);
        text.push_str(&self.how_to_sign_in(&user));
        text.push_str(&self.about_extension(&user));
        Ok(text)
    }

    async fn passwd(&self, name: &str, password: &str) -> Result<String, Refusal> {
        let user = self.named(name).await?;
        let patch = UserPatch { password_hash: Some(Some(hashed(password)?)), ..UserPatch::default() };
        let user = self.patch(&user, &patch).await?;
        // Whoever knew the old password is signed out everywhere.
        let ended = self.signed_out(&user).await?;
        let mut text = self.line("user-new-password", &user);
        text.push_str(&self.ended(ended));
        text.push_str(&self.how_to_sign_in(&user));
        Ok(text)
    }

    async fn set(&self, set: &cli::UserSet) -> Result<String, Refusal> {
        let user = self.named(&set.name).await?;
        if set.role.is_none() && set.extension.is_none() && set.display_name.is_none() && !set.no_extension {
            return Err(Refusal::new("nothing-to-set"));
        }
        let extension = if set.no_extension { Some(None) } else { set.extension.clone().map(Some) };
        let (display_name, role) = (set.display_name.clone(), set.role.map(role));
        let user = self.patch(&user, &UserPatch { display_name, role, extension, ..UserPatch::default() }).await?;
        Ok(self.line("user-changed", &user) + &self.about_extension(&user))
    }

    async fn block(&self, name: &str) -> Result<String, Refusal> {
        let user = self.named(name).await?;
        let user = self.patch(&user, &UserPatch { password_hash: Some(None), ..UserPatch::default() }).await?;
        let ended = self.signed_out(&user).await?;
        Ok(self.line("user-blocked", &user) + &self.ended(ended))
    }

    async fn list(&self, json: bool) -> Result<String, Refusal> {
        let users = self.store.users_list().await.map_err(|error| refusal::of_store(&error))?;
        if json {
            return Ok(users.iter().map(|user| format!("{}\n", as_json(user))).collect());
        }
        if users.is_empty() {
            return Ok(self.words.line("user-none", &[]) + "\n");
        }
        let rows = users.iter().map(|user| {
            let signs_in = if user.password_hash.is_some() { "user-signs-in" } else { "user-signs-in-not" };
            let extension = user.extension.clone().unwrap_or_default();
            let role = self.words.line(role_line(user.role), &[]);
            [user.name.clone(), user.display_name.clone(), role, extension, self.words.line(signs_in, &[])]
        });
        let heads =
            ["user-head-name", "user-head-shown", "user-head-role", "user-head-extension", "user-head-signs-in"];
        let rows: Vec<_> = std::iter::once(heads.map(|head| self.words.line(head, &[]))).chain(rows).collect();
        Ok(table(&rows))
    }

    async fn named(&self, name: &str) -> Result<User, Refusal> {
        let found = self.store.user_by_name(name).await.map_err(|error| refusal::of_store(&error))?;
        found.ok_or_else(|| Refusal::new("no-such-user").with("name", name).answered())
    }

    async fn patch(&self, user: &User, patch: &UserPatch) -> Result<User, Refusal> {
        match self.store.user_patch(&user.id, patch).await {
            Ok(user) => Ok(user),
            Err(error) => {
                let extension = patch.extension.clone().flatten();
                Err(self.not_kept(error, "", extension.as_deref()).await)
            }
        }
    }

    async fn signed_out(&self, user: &User) -> Result<u64, Refusal> {
        self.store.sessions_delete_of(&user.id).await.map_err(|error| refusal::of_store(&error))
    }

    /// Why a person could not be written: their name or their extension is somebody else's.
    async fn not_kept(&self, error: StoreError, name: &str, extension: Option<&str>) -> Refusal {
        match error {
            StoreError::Conflict(_) => {
                if let Ok(Some(_)) = self.store.user_by_name(name).await {
                    return Refusal::new("user-taken").with("name", name).answered();
                }
                let extension = extension.unwrap_or_default();
                let other = self.store.user_by_extension(extension).await.ok().flatten();
                let other = other.map(|user| user.name).unwrap_or_default();
                Refusal::new("extension-taken").with("extension", extension).with("name", other).answered()
            }
            StoreError::Invalid { .. } => Refusal::new("user-invalid"),
            other => refusal::of_store(&other),
        }
    }

    fn line(&self, name: &str, user: &User) -> String {
        let role = self.words.line(role_line(user.role), &[]);
        let extension = match &user.extension {
            Some(extension) => self.words.line("user-with-extension", &[("extension", extension)]),
            None => self.words.line("user-without-extension", &[]),
        };
        let fillings =
            [("name", user.name.as_str()), ("shown", &user.display_name), ("role", &role), ("extension", &extension)];
        self.words.line(name, &fillings) + "\n"
    }

    fn ended(&self, sessions: u64) -> String {
        if sessions == 0 {
            return String::new();
        }
        self.words.line("user-signed-out", &[("count", &sessions.to_string())]) + "\n"
    }

    fn how_to_sign_in(&self, user: &User) -> String {
        let page = page_address(self.loaded.settings.listen.http);
        self.words.line("user-sign-in", &[("page", &page), ("name", &user.name)]) + "\n"
    }

    /// What the configuration says of their extension, where the two do not agree.
    fn about_extension(&self, user: &User) -> String {
        let Some(number) = &user.extension else {
            return String::new();
        };
        let plan = &self.loaded.plan;
        let known = plan.extensions.get(&Extension::new(number.clone()));
        let owner = known.and_then(|known| known.user.as_ref()).map(ToString::to_string);
        let line = match (known, owner) {
            (None, _) => "user-extension-unknown",
            (Some(_), Some(owner)) if owner == user.name => return String::new(),
            (Some(_), _) => "user-extension-other",
        };
        self.words.line(line, &[("extension", number), ("name", &user.name)]) + "\n"
    }

    fn extension_of(&self, name: &str) -> Option<String> {
        let mut all = self.loaded.plan.extensions.iter();
        let found = all.find(|(_, known)| known.user.as_ref().is_some_and(|user| user.as_str() == name));
        found.map(|(number, _)| number.to_string())
    }
}

fn hashed(password: &str) -> Result<String, Refusal> {
    api::sign_in::hash_password(password).map_err(|_| Refusal::new("system").with("detail", "@io-memory"))
}

fn role(asked: cli::Role) -> Role {
    match asked {
        cli::Role::Agent => Role::Agent,
        cli::Role::Supervisor => Role::Supervisor,
        cli::Role::Admin => Role::Admin,
    }
}

fn role_line(role: Role) -> &'static str {
    match role {
        Role::Agent => "role-agent",
        Role::Supervisor => "role-supervisor",
        Role::Admin => "role-admin",
    }
}

/// Where a browser on this machine opens the page.
fn page_address(http: SocketAddr) -> String {
    if http.ip().is_unspecified() { format!("http://localhost:{}", http.port()) } else { format!("http://{http}") }
}

fn as_json(user: &User) -> serde_json::Value {
    serde_json::json!({
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role.as_str(),
        "extension": user.extension,
        "signs_in": user.password_hash.is_some(),
    })
}

/// Columns as wide as their longest word.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
