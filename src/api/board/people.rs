//! Who is who: the switch knows people by their sign-in name, the page by their id.

use pbx::id::{Extension, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes calls.
    Agent,
    /// Sees every call, listens to recordings.
    Supervisor,
    /// Everything.
    Admin,
}

impl Role {
    /// Whether calls of others are seen.
    pub fn sees_every_call(self) -> bool {
        self >= Self::Supervisor
    }
}

impl From<store::Role> for Role {
    fn from(role: store::Role) -> Self {
        match role {
            store::Role::Agent => Self::Agent,
            store::Role::Supervisor => Self::Supervisor,
            store::Role::Admin => Self::Admin,
        }
    }
}

impl From<&store::User> for Person {
    fn from(user: &store::User) -> Self {
        Self {
            id: user.id.clone(),
            name: UserId::new(&user.name),
            display_name: user.display_name.clone(),
            role: user.role.into(),
            extension: user.extension.as_deref().map(Extension::new),
        }
    }
}

/// One person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `usr_…`
    pub id: String,
    /// Sign-in name, which is the name the switch knows them by.
    pub name: UserId,
    /// Name for people.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Their extension.
    pub extension: Option<Extension>,
}

/// All people, found by sign-in name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct People(Vec<Person>);

impl People {
    /// Replaces nobody: a new list is a new value.
    pub fn new(people: Vec<Person>) -> Self {
        Self(people)
    }

    /// The person with this sign-in name.
    pub fn named(&self, name: &UserId) -> Option<&Person> {
        self.0.iter().find(|person| person.name == *name)
    }

    /// The public id of a sign-in name; the name itself for somebody who is not in the list.
    pub fn id_of<'a>(&'a self, name: &'a UserId) -> &'a str {
        self.named(name).map_or(name.as_str(), |person| person.id.as_str())
    }

    /// Everybody with an extension, in order of the list.
    pub fn agents(&self) -> impl Iterator<Item = &Person> {
        self.0.iter().filter(|person| person.extension.is_some())
    }
}
