//! The database's words for the switch's closed lists.

use pbx::event::{EndClass, EndedBy};
use pbx::record::RecordingState;

/// An ending's class.
pub(crate) fn class_word(class: EndClass) -> &'static str {
    match class {
        EndClass::Completed => "completed",
        EndClass::Abandoned => "abandoned",
        EndClass::Rejected => "rejected",
        EndClass::Failed => "failed",
    }
}

pub(crate) fn class_of(word: &str) -> Option<EndClass> {
    Some(match word {
        "completed" => EndClass::Completed,
        "abandoned" => EndClass::Abandoned,
        "rejected" => EndClass::Rejected,
        "failed" => EndClass::Failed,
        _ => return None,
    })
}

pub(crate) fn by_word(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Caller => "caller",
        EndedBy::Agent => "agent",
        EndedBy::System => "system",
    }
}

pub(crate) fn by_of(word: &str) -> Option<EndedBy> {
    Some(match word {
        "caller" => EndedBy::Caller,
        "agent" => EndedBy::Agent,
        "system" => EndedBy::System,
        _ => return None,
    })
}

/// A recording's state.
pub(crate) fn recording_word(state: RecordingState) -> &'static str {
    match state {
        RecordingState::Recording => "recording",
        RecordingState::Ready => "ready",
        RecordingState::Missing => "missing",
        RecordingState::Repaired => "repaired",
    }
}

pub(crate) fn recording_of(word: &str) -> Option<RecordingState> {
    Some(match word {
        "recording" => RecordingState::Recording,
        "ready" => RecordingState::Ready,
        "missing" => RecordingState::Missing,
        "repaired" => RecordingState::Repaired,
        _ => return None,
    })
}
