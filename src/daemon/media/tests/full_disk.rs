use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::media::deck::{Deck, Input, Lane, Output, Slot};
use ::media::order::{Channel, Codec, Heard, Order};
use ::media::tap::{Entry, TapBatch};
use ::media::wire::{self, Header};

use super::phone::{CALLER, GROUP};
use crate::media::MediaFigures;
use crate::media::disk::Disk;
use crate::media::recorder::Recorder;
use crate::media::report::Reporter;

/// A disk in memory with room for so many bytes.
#[derive(Clone, Default)]
struct SmallDisk {
    files: Rc<RefCell<HashMap<PathBuf, Vec<u8>>>>,
    room: Rc<Cell<usize>>,
}

struct SmallFile {
    disk: SmallDisk,
    path: PathBuf,
    at: u64,
}

impl SmallDisk {
    fn handle(&self, path: &Path) -> SmallFile {
        SmallFile { disk: self.clone(), path: path.to_owned(), at: 0 }
    }

    fn used(&self) -> usize {
        self.files.borrow().values().map(Vec::len).sum()
    }

    fn wav(&self, path: &Path) -> Vec<i16> {
        let bytes = self.files.borrow()[path].clone();
        hound::WavReader::new(Cursor::new(bytes)).unwrap().into_samples().map(Result::unwrap).collect()
    }
}

impl Disk for SmallDisk {
    type File = SmallFile;

    fn create(&mut self, path: &Path) -> io::Result<SmallFile> {
        if self.files.borrow().contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.files.borrow_mut().insert(path.to_owned(), Vec::new());
        Ok(self.handle(path))
    }

    fn open(&mut self, path: &Path) -> io::Result<SmallFile> {
        let there = self.files.borrow().contains_key(path);
        if there { Ok(self.handle(path)) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn cut(&mut self, path: &Path, length: u64) -> io::Result<()> {
        self.files.borrow_mut().get_mut(path).ok_or(io::ErrorKind::NotFound)?.truncate(length as usize);
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let bytes = self.files.borrow_mut().remove(from).ok_or(io::ErrorKind::NotFound)?;
        self.files.borrow_mut().insert(to.to_owned(), bytes);
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.files.borrow_mut().remove(path).map(|_| ()).ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Read for SmallFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let files = self.disk.files.borrow();
        let mut rest = files[&self.path].get(self.at as usize..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Write for SmallFile {
    /// Takes what still fits, like a file system: the last write before "no space" is a short one.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.disk.room.get().saturating_sub(self.disk.used());
        let mut files = self.disk.files.borrow_mut();
        let file = files.get_mut(&self.path).unwrap();
        let at = self.at as usize;
        let inside = file.len().saturating_sub(at).min(bytes.len());
        let count = (inside + free).min(bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.resize(file.len().max(at + count), 0);
        file[at..at + count].copy_from_slice(&bytes[..count]);
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for SmallFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.disk.files.borrow()[&self.path].len() as u64;
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(step) => end.saturating_add_signed(step),
            SeekFrom::Current(step) => self.at.saturating_add_signed(step),
        };
        Ok(self.at)
    }
}

/// A call that goes on while the recorder struggles, in virtual time.
struct Struggle {
    deck: Deck,
    recorder: Recorder<SmallDisk>,
    disk: SmallDisk,
    figures: Arc<MediaFigures>,
    heard: tokio::sync::mpsc::Receiver<(::media::order::StreamKey, Heard)>,
    now: Instant,
    packets: u32,
}

const PATH: &str = "/r/2026/11/22/c_9.wav";

impl Struggle {
    fn new(room: usize) -> Self {
        let (disk, figures, now) = (SmallDisk::default(), Arc::new(MediaFigures::default()), Instant::now());
        disk.room.set(room);
        let (out, heard) = tokio::sync::mpsc::channel(16);
        let recorder = Recorder::new(disk.clone(), Reporter::new(out, figures.clone()), figures.clone());
        let deck = Deck::new(now, 0, 1);
        let mut call = Self { deck, recorder, disk, figures, heard, now, packets: 0 };
        call.order(Order::Open { port: 4_000 });
        let address = "10.0.0.1:4000".parse().unwrap();
        call.order(Order::Remote { address, codec: Codec::Pcma, telephone_event: None, ptime: 20, send: true });
        call.deck.taps().entries.push(Entry::Name(GROUP, PATH.into()));
        call.order(Order::Record { channel: Channel::Left });
        call
    }

    fn order(&mut self, order: Order) {
        self.deck.handle(self.now, Input::Order(GROUP, CALLER, order));
        while let Some(output) = self.deck.poll() {
            assert!(!matches!(output, Output::Heard(_, Heard::PortTaken)));
        }
    }

    /// Half a second of talk, then the recorder's turn.
    fn talk(&mut self, halves: u32) {
        for _ in 0..halves {
            for _ in 0..25 {
                let n = self.packets;
                let header = Header { marker: false, payload_type: 8, sequence: n as u16, timestamp: n * 160, ssrc: 1 };
                let mut bytes = Vec::new();
                wire::write(&header, &mut bytes);
                bytes.extend_from_slice(&[0x80 | (n / 50) as u8; 160]);
                let from = "10.0.0.1:4000".parse().unwrap();
                self.deck.handle(self.now, Input::Packet { slot: Slot(0), lane: Lane::Rtp, from, bytes: &bytes });
                self.packets += 1;
                self.now += Duration::from_millis(20);
            }
            self.hand_over();
            self.recorder.save_all(self.now);
        }
    }

    fn hand_over(&mut self) {
        let batch: TapBatch = std::mem::take(self.deck.taps());
        self.recorder.take_batch(self.now, &batch);
    }

    fn end(&mut self) -> (u64, u64) {
        self.order(Order::Close);
        self.hand_over();
        match self.heard.try_recv() {
            Ok((CALLER, Heard::Recorded { millis, lost_frames })) => (millis, lost_frames),
            other => panic!("{other:?}"),
        }
    }
}

fn second(n: u32) -> i16 {
    ::media::g711::decode(Codec::Pcma, 0x80 | n as u8)
}

#[test]
fn a_full_disk_stops_the_recording_and_what_was_written_plays() {
    let mut call = Struggle::new(100_000);
    call.talk(20);
    assert!(call.figures.recording_failing());
    let samples = call.disk.wav(Path::new(PATH));
    assert!(samples.len() > 40_000, "{} samples of a disk of 100,000 bytes", samples.len());
    for (n, sample) in samples.iter().step_by(2).enumerate() {
        assert_eq!(*sample, second(n as u32 / 8_000), "moment {n}");
    }
    let (millis, lost) = call.end();
    assert_eq!(millis, samples.len() as u64 / 16);
    assert!(lost.abs_diff((10_000 - millis) / 20) <= 1, "{lost} frames lost of a file of {millis} ms");
    assert!(!call.figures.recording_failing());
}

#[test]
fn when_space_returns_the_recording_goes_on_in_its_right_place_after_silence() {
    let mut call = Struggle::new(100_000);
    call.talk(20);
    call.disk.room.set(10_000_000);
    call.talk(20);
    assert!(!call.figures.recording_failing());
    let (millis, lost) = call.end();
    assert_eq!(millis, 20_000);
    assert!(lost > 300, "{lost}");
    let samples = call.disk.wav(Path::new(PATH));
    let left: Vec<i16> = samples.iter().step_by(2).copied().collect();
    assert_eq!(left.len(), 160_000);
    let silent = left.iter().filter(|&&sample| sample == 0).count() as u64;
    assert!(silent.abs_diff(lost * 160) <= 160, "{silent} silent moments for {lost} lost frames");
    for (n, &sample) in left.iter().enumerate() {
        assert!(sample == 0 || sample == second(n as u32 / 8_000), "moment {n} is {sample}");
    }
    assert!(left[13 * 8_000..].iter().all(|&sample| sample != 0), "whole again soon after space returned");
}

#[test]
fn a_disk_full_from_the_start_gets_its_file_when_there_is_space() {
    let mut call = Struggle::new(10);
    call.talk(6);
    assert!(call.figures.recording_failing());
    call.disk.room.set(10_000_000);
    call.talk(10);
    let (millis, _) = call.end();
    assert_eq!(millis, 8_000);
    let samples = call.disk.wav(Path::new(PATH));
    assert_eq!(*samples.last().unwrap_or(&1), 0);
    assert_eq!(samples[7 * 16_000], second(7));
}

#[test]
fn a_recording_of_nothing_and_one_the_disk_never_took_leave_no_file() {
    for room in [1_000_000, 60, 10] {
        let mut call = Struggle::new(room);
        if room < 1_000 {
            call.talk(4);
        }
        let (millis, lost) = call.end();
        assert_eq!((millis, lost > 0), (0, room < 1_000), "room for {room} bytes");
        assert!(call.disk.files.borrow().is_empty(), "room for {room}: {:?}", call.disk.files.borrow().keys());
    }
}

#[test]
fn a_file_that_was_there_before_is_never_touched() {
    let mut call = Struggle::new(1_000_000);
    call.disk.files.borrow_mut().insert(PATH.into(), b"somebody else's".to_vec());
    call.talk(10);
    call.end();
    assert_eq!(call.disk.files.borrow()[Path::new(PATH)], b"somebody else's");
}
