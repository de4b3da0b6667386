//! One whole call with foreign phones on both ends: menu, key, queue, ring, talk, recording, row.

use std::time::Duration;

use serde_json::Value;

use crate::world::baresip::Baresip;
use crate::world::desk::Desk;
use crate::world::ear::Ear;
use crate::world::santral::Santral;
use crate::world::sipp::{self, Caller, Over};
use crate::world::{free_even_port, tone, wait_for};

const CALLER_HZ: f64 = 440.0;
const AGENT_HZ: f64 = 1_000.0;

#[test]
fn a_call_over_udp_goes_from_menu_to_recording() {
    whole_call(Over::Udp);
}

#[test]
fn a_call_over_tcp_goes_from_menu_to_recording() {
    whole_call(Over::Tcp);
}

fn whole_call(over: Over) {
    if crate::world::left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let santral = Santral::demo();
    let desk = Desk::agent(&santral, 1);
    let (caller_ear, agent_ear) = (Ear::with_tone(CALLER_HZ), Ear::with_tone(AGENT_HZ));
    let port = free_even_port();
    let mut phone = sipp::phone(port, agent_ear.port, Duration::from_millis(300), 1, over);
    sipp::register(santral.sip(), "102", &santral.secret("102"), port, over);
    desk.start_shift();

    let from = "+905321112233";
    let hold = Duration::from_secs(12);
    let call =
        Caller { to: santral.sip(), menu: santral.menu(), from, display: "\"Ayse\"", rtp: caller_ear.port, hold, over };
    let mut call = call.call();
    wait_for("the welcome prompt to be heard", Duration::from_secs(15), || caller_ear.heard_sound(400).then_some(()));
    caller_ear.press('1');
    wait_for("the agent to hear the caller", Duration::from_secs(15), || {
        (agent_ear.heard_tone(CALLER_HZ) > 8_000).then_some(())
    });
    wait_for("the caller to hear the agent", Duration::from_secs(10), || {
        (caller_ear.heard_tone(AGENT_HZ) > 8_000).then_some(())
    });
    assert!(call.finish(Duration::from_secs(20)), "caller: {}", call.output());
    assert!(phone.finish(Duration::from_secs(10)), "phone: {}", phone.output());

    let ready = |call: &Value| call["recording"]["state"] == "ready";
    let row = desk.call_from(from, Duration::from_secs(10), ready);
    assert_eq!(row["queue"], "destek", "{row}");
    assert_eq!(row["ivr"][0]["key"], "1", "{row}");
    assert_eq!(row["agent"]["id"], desk.me(), "{row}");
    assert_eq!(row["customer"]["name"], "Ayşe Yılmaz", "{row}");
    assert_eq!(row["ending"]["class"], "completed", "{row}");
    assert_eq!(row["ending"]["by"], "caller", "{row}");
    the_recording_is_true(&Desk::supervisor(&santral), &row);
}

#[test]
fn a_call_from_baresip_is_heard_both_ways_and_recorded() {
    if crate::world::left_out("SANTRAL_TEST_NO_BARESIP") {
        return;
    }
    let santral = Santral::demo();
    let desk = Desk::agent(&santral, 1);
    let agent_ear = Ear::with_tone(AGENT_HZ);
    let port = free_even_port();
    let mut phone = sipp::phone(port, agent_ear.port, Duration::from_millis(300), 1, Over::Udp);
    sipp::register(santral.sip(), "102", &santral.secret("102"), port, Over::Udp);
    desk.start_shift();

    let from = "+905321112233";
    let caller = Baresip::with_tone(from, CALLER_HZ);
    caller.say(&format!("/dial sip:{}@{}\n", santral.menu(), santral.sip()));
    wait_for("the welcome prompt in baresip's loudspeaker", Duration::from_secs(20), || {
        (caller.heard().iter().filter(|sample| sample.abs() > 300).count() > 800).then_some(())
    });
    caller.say("1");
    wait_for("the agent to hear baresip", Duration::from_secs(15), || {
        (agent_ear.heard_tone(CALLER_HZ) > 16_000).then_some(())
    });
    wait_for("baresip to hear the agent", Duration::from_secs(10), || {
        (tone::longest(&caller.heard(), AGENT_HZ).1 > 8_000).then_some(())
    });
    caller.say("/hangup\n");
    assert!(phone.finish(Duration::from_secs(10)), "phone: {}", phone.output());
    let row = desk.call_from(from, Duration::from_secs(10), |call| call["recording"]["state"] == "ready");
    assert_eq!(row["agent"]["id"], desk.me(), "{row}");
    the_recording_is_true(&Desk::supervisor(&santral), &row);
}

/// Caller left, agent right, nothing of one on the other's side, as long as they talked.
fn the_recording_is_true(supervisor: &Desk, row: &Value) {
    let id = row["id"].as_str().unwrap();
    let wav = supervisor.bytes(&format!("/recordings/{id}/audio"));
    let mut reader = hound::WavReader::new(std::io::Cursor::new(wav)).unwrap();
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 8_000));
    let all: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    let side = |n: usize| all.iter().skip(n).step_by(2).copied().collect::<Vec<i16>>();
    let (left, right) = (side(0), side(1));

    let talked = row["talk_ms"].as_i64().unwrap();
    let length = i64::try_from(left.len() / 8).unwrap();
    assert!((length - talked).abs() <= 40, "recording {length} ms, talk {talked} ms");
    assert!(talked > 1_500, "{talked}");
    let middle = left.len() / 4..left.len() * 3 / 4;
    assert!(tone::share(&left[middle.clone()], CALLER_HZ) > 0.9, "caller is on the left");
    assert!(tone::share(&left[middle.clone()], AGENT_HZ) < 0.02, "agent is not on the left");
    assert!(tone::share(&right[middle.clone()], AGENT_HZ) > 0.9, "agent is on the right");
    assert!(tone::share(&right[middle], CALLER_HZ) < 0.02, "caller is not on the right");

    let peaks = supervisor.get(&format!("/recordings/{id}/peaks?buckets=20"));
    assert_eq!(peaks["left"].as_array().unwrap().len(), 20);
    assert!(peaks["left"].as_array().unwrap().iter().any(|peak| peak.as_u64().unwrap() > 10));
}
