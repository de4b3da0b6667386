//! The door to the switch: commands of people, each with its answer.

use std::time::Duration;

use pbx::contract::{Actor, Command, Refusal};
use tokio::sync::{mpsc, oneshot};

/// A person's command on its way to the switch.
#[derive(Debug)]
pub struct SwitchAsk {
    /// Who.
    pub by: Actor,
    /// What.
    pub command: Command,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<(), Refusal>>,
}

/// The door to the switch.
#[derive(Debug, Clone)]
pub struct Switch {
    tx: mpsc::Sender<SwitchAsk>,
}

/// The switch is full of work or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the switch does not answer")]
pub struct SwitchBusy;

/// A command that is not answered in this time will not be.
const SWITCH_PATIENCE: Duration = Duration::from_secs(2);

impl Switch {
    /// Over the channel the switchboard reads.
    pub fn new(tx: mpsc::Sender<SwitchAsk>) -> Self {
        Self { tx }
    }

    /// Gives a command and waits for its answer, two seconds at most.
    ///
    /// # Errors
    /// [`SwitchBusy`] when the channel is full or nobody answers.
    pub async fn ask(&self, by: Actor, command: Command) -> Result<Result<(), Refusal>, SwitchBusy> {
        let (reply, answer) = oneshot::channel();
        self.tx.try_send(SwitchAsk { by, command, reply }).map_err(|_full| SwitchBusy)?;
        match tokio::time::timeout(SWITCH_PATIENCE, answer).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) | Err(_) => Err(SwitchBusy),
        }
    }
}
