//! Whose a database is.

use store::{Claimed, claim};

use crate::opened::Opened;

/// The server still holds the session of a connection that is gone for us: nobody but us can have it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_is_taken_over_by_its_own_holder_and_by_nobody_else() {
    let Some(opened) = Opened::postgres().await else { return };
    let long = format!("santral pid 4711/0badcafe on {}", "a-very-long-host-name".repeat(4));
    for name in ["santral pid 4711/0badcafe on desk-1", &long] {
        let Claimed::Ours(mut first) = claim(&opened.url, name).await.unwrap() else { panic!("nobody had it") };
        let Claimed::Theirs(rival) = claim(&opened.url, "santral pid 4711/00000001 on desk-1").await.unwrap() else {
            panic!("it was taken from somebody else")
        };
        assert!(name.starts_with(&rival.name) && !rival.name.is_empty(), "{}", rival.name);
        assert!(first.stands().await);
        let Claimed::Ours(mut second) = claim(&opened.url, name).await.unwrap() else { panic!("it is ours") };
        assert!(!first.stands().await && second.stands().await);
        second.release().await;
    }
    opened.gone().await;
}
