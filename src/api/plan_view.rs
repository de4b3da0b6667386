//! The few names of the configuration that the page needs, so that no secret of the plan ever comes near a response.

use pbx::id::{Extension, QueueId, UserId};
use pbx::plan::{PerLanguage, Plan};

/// Names out of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanView {
    /// Queues in order of their ids.
    pub queues: Vec<QueueView>,
    /// Menu ids.
    pub menus: Vec<String>,
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
            menus: plan.menus.keys().map(|id| id.as_str().to_owned()).collect(),
            extensions: extensions.collect(),
            default_language: plan.languages.first().cloned().unwrap_or_else(|| "tr".to_owned()),
        }
    }

    /// The queue's name in a language, else in the default one, else its id.
    pub fn queue_name(&self, queue: &QueueView, language: &str) -> String {
        let named = queue.name.get(language).or_else(|| queue.name.get(&self.default_language));
        named.cloned().unwrap_or_else(|| queue.id.as_str().to_owned())
    }

    /// Whether this extension is a member of the queue.
    pub fn is_member(&self, queue: &QueueId, extension: &Extension) -> bool {
        self.queues.iter().any(|view| view.id == *queue && view.members.contains(extension))
    }
}
