//! Who is calling? Asked of the store beside the call, never in its way.

use std::sync::Arc;
use std::time::Duration;

use crm::card::{Caller, Match};
use pbx::contract::Asked;
use pbx::id::CallId;
use pbx::plan::Plan;
use store::Store;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock;
use crate::switchboard::Order;

/// Look-ups at the same time; more wait in the channel and are answered late, which the call survives.
const AT_ONCE: usize = 16;

/// Answers questions until their sender is gone.
pub async fn run(
    store: Store,
    plan: watch::Receiver<Arc<Plan>>,
    mut questions: Receiver<(CallId, Asked)>,
    answers: Sender<Order>,
) {
    let mut running = JoinSet::new();
    while let Some((call, asked)) = questions.recv().await {
        if let Some(extension) = &asked.internal {
            let caller = colleague(&plan.borrow(), extension);
            let _ = answers.send(Order::Found(call, Box::new(caller))).await;
            continue;
        }
        while running.len() >= AT_ONCE {
            running.join_next().await;
        }
        let (store, answers) = (store.clone(), answers.clone());
        running.spawn(async move {
            let look = store.caller_for(asked.number.as_deref(), clock::wall());
            match tokio::time::timeout(Duration::from_secs(2), look).await {
                Ok(Ok(caller)) => {
                    let _ = answers.send(Order::Found(call, Box::new(caller))).await;
                }
                Ok(Err(error)) => tracing::warn!(%call, %error, "look-up failed; the call goes on without a card"),
                Err(_) => tracing::warn!(%call, "look-up took too long; the call goes on without a card"),
            }
        });
    }
}

fn colleague(plan: &Plan, extension: &pbx::id::Extension) -> Caller {
    let name = plan.extensions.get(extension).map_or_else(|| extension.to_string(), |plan| plan.name.clone());
    Caller {
        matched: Match::Internal { name },
        number: Some(extension.to_string()),
        display_number: Some(extension.to_string()),
        language: None,
        segment: None,
        card: None,
    }
}
