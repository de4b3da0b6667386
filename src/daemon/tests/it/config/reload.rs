//! Files change under a running daemon: what is noticed, and what is different.

use daemon::config::Watch;
use daemon::config::compare::compare;

use super::folder::Folder;

#[test]
fn nothing_is_different_in_the_same_folder() {
    let folder = Folder::good();
    assert!(compare(&folder.load().unwrap(), &folder.load().unwrap()).is_empty());
}

#[test]
fn what_came_went_and_changed_is_named() {
    let folder = Folder::good();
    let old = folder.load().unwrap();
    folder.write("queues/satis.toml", "[queue.satis]\nmembers = [ { ext = \"102\" } ]\n");
    folder.write("queues/destek.toml", "[queue.destek]\nring = \"5s\"\nmembers = [ { ext = \"101\" } ]\n");
    folder.write("schedules.toml", "");
    folder.write("db.toml", "[db]\nurl = \"sqlite:baska.db\"\n[rtp]\ntimeout = \"9s\"\n");
    let changes = compare(&old, &folder.load().unwrap());
    assert_eq!(changes.changed, ["-schedule:mesai", "~queue:destek", "+queue:satis", "~rtp.timeout"]);
    assert_eq!(changes.needs_restart, ["db.url"]);
}

#[test]
fn a_change_is_told_once_and_after_it_came_to_rest() {
    let folder = Folder::good();
    let mut watch = Watch::new(&folder.path);
    assert!(!watch.changed());
    folder.write("queues/destek.toml", "[queue.destek]\n");
    assert!(!watch.changed(), "still being written");
    folder.write("queues/destek.toml", "[queue.destek]\nmembers = [ { ext = \"102\" } ]\n");
    assert!(!watch.changed(), "still being written");
    assert!(watch.changed());
    assert!(!watch.changed());
}

#[test]
fn new_and_removed_files_and_sounds_are_changes_and_an_editors_swap_file_is_none() {
    let folder = Folder::good();
    folder.own_sounds();
    let mut watch = Watch::new(&folder.path);
    let mut told = |what: &dyn Fn()| {
        what();
        let first = watch.changed();
        (first, watch.changed())
    };
    assert_eq!(told(&|| folder.write("ivr/yeni.toml", "")), (false, true));
    assert_eq!(told(&|| std::fs::remove_file(folder.path.join("ivr/yeni.toml")).unwrap()), (false, true));
    assert_eq!(told(&|| folder.write_bytes("sounds/tr/menu.wav", b"x")), (false, true));
    assert_eq!(told(&|| folder.write("ivr/.yeni.toml.swp", "x")), (false, false));
    assert_eq!(told(&|| folder.write("notlar.txt", "x")), (false, false));
}

#[test]
fn a_file_of_the_same_length_put_in_its_place_is_a_change() {
    let folder = Folder::good();
    let mut watch = Watch::new(&folder.path);
    let text = folder.read("numbers.toml");
    folder.write("numbers.toml.new", &text.replace("500", "600"));
    std::fs::rename(folder.path.join("numbers.toml.new"), folder.path.join("numbers.toml")).unwrap();
    assert_eq!((watch.changed(), watch.changed()), (false, true));
}
