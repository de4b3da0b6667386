//! An orderly end: no new calls, the ones in progress are said goodbye to, rows and files are closed, exit code 0.

use std::time::Duration;

use crate::world::desk::Desk;
use crate::world::ear::Ear;
use crate::world::left_out;
use crate::world::santral::{Santral, folder};
use crate::world::sipp::{Caller, Over};
use crate::world::wait_for;

#[test]
fn sigterm_says_goodbye_to_the_caller_closes_the_row_and_exits_with_zero() {
    if left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let data = folder("stop");
    let mut santral = Santral::demo_in(&data, &["--no-caller"]);
    let ear = Ear::with_tone(440.0);
    let from = "+905321112233";
    let caller = Caller {
        to: santral.sip(),
        menu: santral.menu(),
        from,
        display: "\"Ayse\"",
        rtp: ear.port,
        hold: Duration::from_secs(60),
        over: Over::Udp,
    };
    let mut call = caller.call();
    wait_for("the welcome prompt", Duration::from_secs(10), || ear.heard_sound(400).then_some(()));

    let (code, took) = santral.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(call.finish(Duration::from_secs(5)), "the caller got a BYE: {}", call.output());
    drop(santral);

    let again = Santral::demo_in(&data, &["--no-caller"]);
    let desk = Desk::supervisor(&again);
    let row = desk.call_from(from, Duration::from_secs(5), |call| call["to"] == "500");
    assert_eq!(row["ending"]["reason"], "shutdown", "{row}");
    assert_eq!(row["ending"]["by"], "system", "{row}");
    assert!(row["ended_at"].is_string(), "{row}");
    drop(again);
    std::fs::remove_dir_all(&data).unwrap();
}
