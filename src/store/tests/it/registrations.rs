//! Where phones are registered, kept over a restart.

use pbx::contract::Registration;
use pbx::id::Extension;
use store::Store;

use crate::opened::{MINUTE, NOON, Opened, both};

fn place(port: u16, until: i64) -> Registration {
    Registration {
        contact: format!("sip:101@192.168.1.9:{port}"),
        path: vec!["<sip:10.0.0.9;lr>".to_owned()],
        tcp: port == 2,
        remote: ([198, 51, 100, 7], port).into(),
        reconnects: false,
        expires_at: until,
        call_id: "çağrı-1".to_owned(),
        cseq: u32::MAX,
        q: 1000,
        instance: Some(("urn:uuid:1".to_owned(), Some(1))),
        user_agent: Some("Telefon \"1.0\"".to_owned()),
        events: vec!["talk".to_owned()],
    }
}

both! {
    async fn what_was_said_last_is_kept_and_comes_back_whole(opened: &Opened) {
        let (ayse, veli) = (Extension::new("101"), Extension::new("102"));
        let store = &opened.store;
        let two = vec![place(1, NOON + MINUTE), place(2, NOON + 2 * MINUTE)];
        store.registrations_write(&[(ayse.clone(), vec![place(3, NOON + MINUTE)]), (veli.clone(), two.clone())]).await.unwrap();
        store.registrations_write(&[(ayse.clone(), two.clone())]).await.unwrap();
        let again = Store::open(&opened.url).await.unwrap();
        let known = again.registrations_list(NOON).await.unwrap();
        assert_eq!(known, [(ayse.clone(), two.clone()), (veli.clone(), two.clone())]);
        assert!(again.registrations_list(NOON + 2 * MINUTE).await.unwrap().is_empty(), "what is over does not come back");
        store.registrations_write(&[(ayse, Vec::new())]).await.unwrap();
        assert_eq!(again.registrations_list(NOON).await.unwrap(), [(veli, two)]);
        again.close().await;
    }
}
