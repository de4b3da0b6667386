use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use api::state::HealthStatus;
use pbx::id::{CallId, UserId};
use store::{Fault, Faults};
use tokio::sync::mpsc::channel;

use super::*;
use crate::media::MediaFigures;

/// A database that refuses for ever while it is told to, and files beside it.
struct House {
    folder: PathBuf,
    store: Store,
    refuses: Arc<AtomicBool>,
    vitals: Arc<Vitals>,
}

impl House {
    async fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("santral-journal-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let refuses = Arc::new(AtomicBool::new(true));
        let asked = refuses.clone();
        let faults = Faults::new(move |_| {
            asked.load(Ordering::SeqCst).then(|| Fault::Before(StoreError::Damaged("a value it does not take")))
        });
        let store = Store::open_with("sqlite::memory:", faults).await.unwrap();
        Self { folder, store, refuses, vitals: Arc::new(Vitals::new(Arc::new(MediaFigures::default()))) }
    }

    fn journal(&self) -> Journal {
        Journal::open(self.store.clone(), &self.folder, self.vitals.clone()).unwrap()
    }

    fn refused(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join(REFUSED)).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn event(n: u64) -> Event {
    let what = What::CallHeld { call: CallId::new(format!("c_{n}")), agent: UserId::new("zeynep") };
    Event { id: format!("evt_{n}"), at: 0, rev: n, what }
}

fn nowhere() -> Spool {
    Spool::open_once(Path::new("/dev/full")).unwrap()
}

/// The file of the refused is on a full disk when the database refuses events that waited; then there is room.
#[tokio::test]
async fn a_refused_event_that_found_no_file_is_filed_once() {
    let house = House::new("once").await;
    let mut journal = house.journal();
    let (_sender, mut events) = channel(8);
    journal.waiting.append(&[event(1), event(2)]).unwrap();
    let file = std::mem::replace(&mut journal.refused, nowhere());
    for _ in 0..3 {
        journal.turn(&mut events).await;
    }
    assert_eq!((journal.waiting.waiting(), journal.unfiled.len()), (2, 2), "they stay in the file, and are read once");
    journal.refused = file;
    journal.turn(&mut events).await;
    assert_eq!((journal.waiting.waiting(), journal.unfiled.len(), house.refused().len()), (0, 0, 2));
}

/// A kill between the two files: the events are in both, and the next run refuses them once more.
#[tokio::test]
async fn a_refused_event_is_filed_once_by_two_runs() {
    let house = House::new("runs").await;
    for _ in 0..2 {
        let mut journal = house.journal();
        journal.waiting.append(&[event(1), event(2)]).unwrap();
        journal.take_in().await.unwrap();
        assert_eq!(journal.waiting.waiting(), 0);
    }
    assert_eq!(house.refused().len(), 2);
    house.refuses.store(false, Ordering::SeqCst);
    let mut journal = house.journal();
    journal.take_in().await.unwrap();
    assert_eq!(journal.refused.waiting(), 0, "and a database that takes them has them");
}

/// What the database takes at last leaves the file, whatever stays refused in it.
#[tokio::test]
async fn a_refused_event_that_is_taken_at_last_leaves_the_file_alone() {
    let house = House::new("taken").await;
    let body = r#"{"id":"evt_9","type":"call.beamed"}"#;
    let foreign = format!("{} {body}", crate::spool::mark(body.as_bytes()));
    std::fs::write(house.folder.join(REFUSED), format!("{foreign}\n")).unwrap();
    let mut journal = house.journal();
    journal.waiting.append(&[event(1), event(2)]).unwrap();
    journal.take_in().await.unwrap();
    assert_eq!(house.refused().len(), 3);
    house.refuses.store(false, Ordering::SeqCst);
    let mut journal = house.journal();
    journal.take_in().await.unwrap();
    assert_eq!((journal.refused.waiting(), house.refused()), (1, vec![foreign.clone()]));
    house.refuses.store(true, Ordering::SeqCst);
    journal.waiting.append(&[event(3)]).unwrap();
    journal.take_in().await.unwrap();
    assert_eq!(house.refused().len(), 2, "it is the file that is written to");
    drop(journal);
    house.refuses.store(false, Ordering::SeqCst);
    house.journal().take_in().await.unwrap();
    assert_eq!(house.refused(), [foreign]);
}

/// What another version of the program left in the file is put aside as it is, and the start goes on.
#[tokio::test]
async fn a_waiting_event_of_another_version_stops_no_start() {
    let house = House::new("foreign").await;
    house.refuses.store(false, Ordering::SeqCst);
    let mut journal = house.journal();
    journal.waiting.append(&[event(1), event(2)]).unwrap();
    let text = std::fs::read_to_string(house.folder.join(WAITING)).unwrap();
    let line = text.lines().next().unwrap();
    let body = line[17..].replace("call.held", "call.beam");
    let foreign = format!("{} {body}\n", crate::spool::mark(body.as_bytes()));
    drop(journal);
    std::fs::write(house.folder.join(WAITING), text.replace(&format!("{line}\n"), &foreign)).unwrap();
    let mut journal = house.journal();
    journal.take_in().await.unwrap();
    assert_eq!((journal.waiting.waiting(), journal.refused.waiting()), (0, 1));
    assert_eq!(house.refused(), [foreign.trim_end()]);
    // At the next start it is still there, once.
    let mut journal = house.journal();
    journal.take_in().await.unwrap();
    assert_eq!(journal.refused.waiting(), 1);
}

/// Neither the database nor a file takes an event: `/health` says so until one does.
#[tokio::test]
async fn events_in_memory_only_are_told_and_end_with_their_cause() {
    let house = House::new("stuck").await;
    let mut journal = house.journal();
    let (sender, mut events) = channel(8);
    let file = std::mem::replace(&mut journal.refused, nowhere());
    sender.send(event(1)).await.unwrap();
    journal.turn(&mut events).await;
    let health = house.vitals.health();
    assert_eq!(health.status, HealthStatus::Degraded);
    assert!(health.checks["journal"].contains("in memory only"), "{}", health.checks["journal"]);
    journal.refused = file;
    sender.send(event(2)).await.unwrap();
    house.refuses.store(false, Ordering::SeqCst);
    journal.turn(&mut events).await;
    assert!(!house.vitals.health().checks["journal"].contains("in memory only"));
    assert_eq!(house.refused().len(), 1);
}
