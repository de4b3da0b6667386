//! A new configuration in a running daemon: a broken one is refused and the old one goes on, a good one hurts no call.

use std::time::Duration;

use crate::world::business::Business;
use crate::world::{left_out, sipp, wait_for};

const CALLS: u32 = 100;
const CALLER_MEDIA: u16 = 26_000;

#[test]
fn a_broken_configuration_is_refused_with_its_place_and_a_good_one_hurts_no_call() {
    if left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let mut business = Business::with_agents(2);
    business.start();
    let hold = Duration::from_secs(14);
    let mut callers = sipp::callers(&business.sip_address(), "600", CALLS, hold, CALLER_MEDIA, 440.0);
    let active = |wanted: f64| {
        wait_for(&format!("{wanted} calls in progress"), Duration::from_secs(20), || {
            ((business.metric("santral_calls_active") - wanted).abs() < 0.5).then_some(())
        });
    };
    active(f64::from(CALLS));

    let queue = business.folder.join("sip-config/queues/destek.toml");
    let good = std::fs::read_to_string(&queue).unwrap();
    std::fs::write(&queue, good.replace("ext = \"201\"", "ext = \"999\"").replace("strategy", "strateji")).unwrap();
    let (code, said) = business.reload();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("queues/destek.toml:3:1"), "{said}");
    assert!(said.contains("strategy"), "did you mean: {said}");
    assert!(said.contains("999"), "all errors at once: {said}");
    active(f64::from(CALLS));

    business.write_queue(25);
    let (code, said) = business.reload();
    assert_eq!(code, Some(0), "{said}");
    active(f64::from(CALLS));

    assert!(callers.finish(Duration::from_secs(40)), "every caller ended the call itself: {}", callers.output());
    active(0.0);
    let boss = business.desk("boss");
    let mut kept = 0;
    let mut cursor = String::new();
    loop {
        let page = boss.get(&format!("/calls?limit=100{cursor}"));
        for call in page["items"].as_array().unwrap() {
            assert_eq!(call["ending"]["by"], "caller", "{call}");
            kept += 1;
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(kept, CALLS);
    assert_eq!(business.terminate(), Some(0));
}
