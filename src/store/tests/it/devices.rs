//! Browsers that are known for a person.

use crate::opened::{DAY, NOON, Opened, both};

both! {
    async fn a_browser_is_known_for_who_signed_in_there_for_a_year_and_until_the_password_changes(opened: &Opened) {
        let store = &opened.store;
        let (zeynep, murat) = (opened.user("zeynep", None).await.id, opened.user("murat", None).await.id);
        store.device_keep("browser", &zeynep, NOON).await.unwrap();
        assert!(store.device_known("browser", "zeynep", NOON).await.unwrap());
        assert!(!store.device_known("browser", "murat", NOON).await.unwrap());
        assert!(!store.device_known("other", "zeynep", NOON).await.unwrap());
        assert!(store.device_exists("browser", NOON).await.unwrap());
        store.device_keep("browser", &murat, NOON).await.unwrap();
        assert!(store.device_known("browser", "murat", NOON).await.unwrap());
        store.device_keep("browser", &zeynep, NOON + 300 * DAY).await.unwrap();
        assert!(store.device_known("browser", "zeynep", NOON + 600 * DAY).await.unwrap(), "it was used meanwhile");
        assert!(!store.device_known("browser", "murat", NOON + 600 * DAY).await.unwrap());
        store.sessions_delete_of(&zeynep).await.unwrap();
        assert!(!store.device_known("browser", "zeynep", NOON + 300 * DAY).await.unwrap());
        assert!(store.device_known("browser", "murat", NOON).await.unwrap(), "another person's stays");
    }

    async fn of_many_browsers_the_oldest_are_forgotten(opened: &Opened) {
        let zeynep = opened.user("zeynep", None).await.id;
        for at in 0..30 {
            opened.store.device_keep(&format!("browser {at}"), &zeynep, NOON + at).await.unwrap();
        }
        assert!(!opened.store.device_known("browser 9", "zeynep", NOON).await.unwrap());
        assert!(opened.store.device_known("browser 10", "zeynep", NOON).await.unwrap());
    }
}
