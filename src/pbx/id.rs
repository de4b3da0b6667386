//! The names of things, as closed newtypes: a queue's id cannot be handed where an agent's is wanted.

use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// One call, from the first INVITE to the last BYE: `c_` and a UUIDv7. Names the recording file too.
    CallId
);
text_id!(
    /// A person who signs in (`zeynep`). An agent is a user with an extension.
    UserId
);
text_id!(
    /// An internal number (`101`).
    Extension
);
text_id!(
    /// A queue of the configuration (`destek`).
    QueueId
);
text_id!(
    /// A menu of the configuration (`ana-menu`).
    MenuId
);
text_id!(
    /// A schedule of the configuration (`mesai`).
    ScheduleId
);
text_id!(
    /// A trunk of the configuration.
    TrunkId
);

/// A call inside one run of the switch: cheap to copy, and the group its sound lives in. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallNo(pub u64);
