//! People who sign in.

use std::str::FromStr;

use crate::db::{Row, values};
use crate::error::{Result, StoreError};
use crate::{Store, check, id};

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves customers.
    Agent,
    /// Also sees everybody's work.
    Supervisor,
    /// Also runs the system.
    Admin,
}

impl Role {
    /// The public word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "agent" => Ok(Self::Agent),
            "supervisor" => Ok(Self::Supervisor),
            "admin" => Ok(Self::Admin),
            _ => Err(StoreError::invalid("role", "unknown")),
        }
    }
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `usr_…`
    pub id: String,
    /// Sign-in name, `zeynep`.
    pub name: String,
    /// Name for people, `Zeynep Kaya`.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Their internal number.
    pub extension: Option<String>,
    /// Argon2 hash; `None` when they cannot sign in with a password.
    pub password_hash: Option<String>,
    /// `tr`, `en`.
    pub language: String,
    /// `system`, `light`, `dark`.
    pub theme: String,
    /// µs UTC.
    pub created_at: i64,
}

/// A colleague as shown beside a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Person {
    /// `usr_…`
    pub id: String,
    /// Sign-in name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
}

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Sign-in name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Internal number.
    pub extension: Option<String>,
    /// Argon2 hash.
    pub password_hash: Option<String>,
    /// `tr`, `en`.
    pub language: String,
}

/// What changes; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// Name for people.
    pub display_name: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Internal number, or none.
    pub extension: Option<Option<String>>,
    /// Argon2 hash, or none.
    pub password_hash: Option<Option<String>>,
    /// Language.
    pub language: Option<String>,
    /// Theme.
    pub theme: Option<String>,
}

const COLUMNS: &str =
    "SELECT id, name, display_name, role, extension, password_hash, language, theme, created_at FROM users";

pub(crate) fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.get("id")?,
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        role: row.word("role")?,
        extension: row.get("extension")?,
        password_hash: row.get("password_hash")?,
        language: row.get("language")?,
        theme: row.get("theme")?,
        created_at: row.get("created_at")?,
    })
}

impl Store {
    /// Adds a person.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name or the extension is taken.
    pub async fn user_insert(&self, new: &NewUser, now: i64) -> Result<User> {
        let name = check::required("name", &new.name, check::LINE)?;
        let display_name = check::required("display_name", &new.display_name, check::LINE)?;
        let id = id::new("usr", now);
        let sql = "INSERT INTO users (id, name, display_name, role, extension, password_hash, language, theme, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, 'system', $8)";
        let role = new.role.as_str();
        let values = values![&id, name, display_name, role, &new.extension, &new.password_hash, &new.language, now];
        self.db.run(sql, values).await?;
        self.user_by_id(&id).await?.ok_or(StoreError::NotFound)
    }

    /// Finds a person by sign-in name (exact, as stored).
    ///
    /// # Errors
    /// Database errors.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>> {
        self.user_where("name", name).await
    }

    /// Finds a person by id.
    ///
    /// # Errors
    /// Database errors.
    pub async fn user_by_id(&self, id: &str) -> Result<Option<User>> {
        self.user_where("id", id).await
    }

    /// Finds a person by internal number.
    ///
    /// # Errors
    /// Database errors.
    pub async fn user_by_extension(&self, extension: &str) -> Result<Option<User>> {
        self.user_where("extension", extension).await
    }

    async fn user_where(&self, column: &'static str, value: &str) -> Result<Option<User>> {
        if value.contains('\0') {
            return Ok(None);
        }
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE {column} = $1"));
        self.db.row(sql, values![value]).await?.as_ref().map(user).transpose()
    }

    /// Whether there is one person with a password.
    ///
    /// # Errors
    /// Database errors.
    pub async fn anybody_signs_in(&self) -> Result<bool> {
        let sql = "SELECT id FROM users WHERE password_hash IS NOT NULL LIMIT 1";
        Ok(self.db.row(sql, Vec::new()).await?.is_some())
    }

    /// Everybody, by display name in Turkish order.
    ///
    /// # Errors
    /// Database errors.
    pub async fn users_list(&self) -> Result<Vec<User>> {
        let rows = self.db.rows(sqlx::AssertSqlSafe(COLUMNS.to_owned()), Vec::new()).await?;
        let mut users: Vec<User> = rows.iter().map(user).collect::<Result<_>>()?;
        users.sort_by_cached_key(|user| (crm::text::sort_key(&user.display_name), user.id.clone()));
        Ok(users)
    }

    /// Changes a person.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] when the extension is taken.
    pub async fn user_patch(&self, id: &str, patch: &UserPatch) -> Result<User> {
        let mut tx = self.db.begin().await?;
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row = tx.row(sql, values![id]).await?.ok_or(StoreError::NotFound)?;
        let new = patched(user(&row)?, patch)?;
        let sql = "UPDATE users SET display_name = $2, role = $3, extension = $4, password_hash = $5, language = $6, \
                   theme = $7 WHERE id = $1";
        let role = new.role.as_str();
        let values =
            values![id, &new.display_name, role, &new.extension, &new.password_hash, &new.language, &new.theme];
        tx.run(sql, values).await?;
        tx.commit().await?;
        Ok(new)
    }
}

fn patched(mut user: User, patch: &UserPatch) -> Result<User> {
    let patch = patch.clone();
    if let Some(name) = patch.display_name {
        user.display_name = check::required("display_name", &name, check::LINE)?;
    }
    if let Some(theme) = patch.theme {
        let known = ["system", "light", "dark"].contains(&theme.as_str());
        user.theme = if known { theme } else { return Err(StoreError::invalid("theme", "unknown")) };
    }
    if let Some(language) = patch.language {
        let known = ["tr", "en"].contains(&language.as_str());
        user.language = if known { language } else { return Err(StoreError::invalid("language", "unknown")) };
    }
    user.role = patch.role.unwrap_or(user.role);
    user.extension = patch.extension.unwrap_or(user.extension);
    user.password_hash = patch.password_hash.unwrap_or(user.password_hash);
    Ok(user)
}
