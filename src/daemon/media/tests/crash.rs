use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ::media::order::{Channel, Codec, Order};

use super::phone::*;
use crate::media::repair;

fn length(path: &Path) -> u64 {
    u64::from(hound::WavReader::open(path).unwrap().duration()) / 8
}

#[test]
fn what_is_on_the_disk_in_the_middle_of_a_call_lacks_less_than_a_second() {
    let folder = Folder::new("kill");
    let path = folder.0.join("2026/11/22/c_3.wav");
    let mut exchange = Exchange::new(&folder.0);
    let caller = Phone::new(HOME);
    let leg = exchange.open(CALLER, caller.address, Codec::Pcma);
    exchange.threads.name_recording(GROUP, path.clone());
    exchange.order(CALLER, Order::Record { channel: Channel::Left });
    let sent = caller.sent.clone();
    let millis_sent = || u64::from(sent.load(Ordering::Relaxed)) * 20;
    let speaking = caller.speak(leg, Codec::Pcma, 440.0, 160);
    while millis_sent() < 2_500 {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    // A copy of the folder at this moment is what a kill would leave.
    let before = millis_sent();
    let copy = Folder::new("kill-copy");
    let day = copy.0.join("2026/11/22");
    fs::create_dir_all(&day).unwrap();
    fs::copy(&path, day.join("c_3.wav")).unwrap();
    let after = millis_sent();
    let repaired = repair(&copy.0);
    assert_eq!((repaired.len(), repaired[0].call.as_str()), (1, "c_3"));
    let kept = repaired[0].millis;
    assert!((before - 1_000..=after).contains(&kept), "{kept} ms of {before} to {after}");
    assert_eq!(length(&repaired[0].path), repaired[0].millis);
    speaking.join().unwrap();
    // Ending the program closes the file as it should be.
    exchange.threads.stop();
    assert!(length(&path).abs_diff(3_200) <= 40, "{} ms", length(&path));
    assert!(repair(&folder.0).is_empty(), "nothing is left to mend");
}

#[test]
fn a_recording_with_a_header_of_the_last_flush_gets_all_its_sound_back_and_an_outline() {
    let folder = Folder::new("repair");
    let day = folder.0.join("2026/11/22");
    fs::create_dir_all(&day).unwrap();
    let whole = day.join("c_whole.wav");
    let mut writer = hound::WavWriter::create(&whole, ::media::wav::spec()).unwrap();
    for n in 0..8_000i16 {
        writer.write_sample(n).unwrap();
        writer.write_sample(-n).unwrap();
    }
    writer.finalize().unwrap();
    let mut bytes = fs::read(&whole).unwrap();
    fs::write(day.join("c_whole.peaks"), [1, 2]).unwrap();
    bytes[40..44].copy_from_slice(&16_000u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&16_036u32.to_le_bytes());
    bytes.extend_from_slice(&[1, 2, 3]);
    fs::write(day.join("c_cut.wav"), &bytes).unwrap();
    fs::write(day.join("c_empty.wav"), b"").unwrap();
    fs::write(day.join("holiday.wav"), vec![b'x'; 500]).unwrap();
    let mut repaired = repair(&folder.0);
    repaired.sort_by(|a, b| a.call.cmp(&b.call));
    let calls: Vec<(&str, u64)> = repaired.iter().map(|r| (r.call.as_str(), r.millis)).collect();
    assert_eq!(calls, [("c_cut", 1_000), ("c_empty", 0)]);
    assert_eq!(length(&day.join("c_cut.wav")), 1_000);
    let outline = fs::read(day.join("c_cut.peaks")).unwrap();
    assert_eq!((outline.len(), outline[18], outline[19]), (20, 62, 62));
    assert_eq!(fs::read(day.join("holiday.wav")).unwrap(), vec![b'x'; 500]);
    assert!(repair(&folder.0).is_empty());
}
