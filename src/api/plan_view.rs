//! The few names of the configuration that the page needs, so that no secret of the plan ever comes near a response.

use pbx::id::{Extension, MenuId, QueueId, UserId};
use pbx::plan::{PerLanguage, Plan};

/// Names out of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanView {
    /// Queues in order of their ids.
    pub queues: Vec<QueueView>,
    /// Menus in order of their ids.
    pub menus: Vec<MenuView>,
    /// Extensions in order of their numbers.
    pub extensions: Vec<ExtensionView>,
    /// Language used where the reader's own is missing.
    pub default_language: String,
}

/// A queue as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    /// `destek`
    pub id: QueueId,
    /// Name per language.
    pub name: PerLanguage<String>,
    /// Extensions of its members.
    pub members: Vec<Extension>,
}

/// A menu as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuView {
    /// `ana-menu`
    pub id: MenuId,
    /// Name per language.
    pub name: PerLanguage<String>,
}

/// An extension as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionView {
    /// `101`
    pub number: Extension,
    /// Name shown to colleagues.
    pub name: String,
    /// Whose it is.
    pub user: Option<UserId>,
}

impl PlanView {
    /// Takes the names out of a plan.
    pub fn of(plan: &Plan) -> Self {
        let queues = plan.queues.iter().map(|(id, queue)| QueueView {
            id: id.clone(),
            name: queue.name.clone(),
            members: queue.members.iter().map(|member| member.extension.clone()).collect(),
        });
        let extensions = plan.extensions.iter().map(|(number, extension)| ExtensionView {
            number: number.clone(),
            name: extension.name.clone(),
            user: extension.user.clone(),
        });
        Self {
            queues: queues.collect(),
            menus: plan.menus.iter().map(|(id, menu)| MenuView { id: id.clone(), name: menu.name.clone() }).collect(),
            extensions: extensions.collect(),
            default_language: plan.languages.first().cloned().unwrap_or_else(|| "tr".to_owned()),
        }
    }

    /// A name in a language, else in the default one, else the id.
    pub fn name_in(&self, name: &PerLanguage<String>, id: &str, language: &str) -> String {
        let named = name.get(language).or_else(|| name.get(&self.default_language));
        named.cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The queue's name in a language.
    pub fn queue_name(&self, queue: &QueueView, language: &str) -> String {
        self.name_in(&queue.name, queue.id.as_str(), language)
    }

    /// Whether this extension is a member of the queue.
    pub fn is_member(&self, queue: &QueueId, extension: &Extension) -> bool {
        self.queues.iter().any(|view| view.id == *queue && view.members.contains(extension))
    }
}
