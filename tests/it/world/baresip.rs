//! baresip as a caller: another phone's signalling and another phone's sound. Driven over its UDP console; what it hears
//! is kept by its `sndfile` filter.

use std::fmt::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{free_even_port, santral, tone, wait_for};

pub struct Baresip {
    child: Child,
    console: u16,
    folder: PathBuf,
}

impl Baresip {
    /// Starts it with a microphone that hears `hz` and a loudspeaker that is a WAV file.
    pub fn with_tone(number: &str, hz: f64) -> Self {
        Self::start(&format!("<sip:{number}@127.0.0.1>;regint=0"), hz)
    }

    /// Starts it as the phone of an extension.
    pub fn registered(at: &str, extension: &str, secret: &str) -> Self {
        Self::start(&format!("<sip:{extension}@{at}>;auth_pass={secret};regint=60"), 440.0)
    }

    fn start(account: &str, hz: f64) -> Self {
        let folder = santral::folder("baresip");
        let console = free_even_port();
        write_tone(&folder.join("tone.wav"), hz);
        std::fs::write(folder.join("config"), config(&folder, console)).unwrap();
        std::fs::write(folder.join("accounts"), format!("{account};audio_codecs=PCMA/8000/1\n")).unwrap();
        std::fs::write(folder.join("contacts"), "").unwrap();
        let log = std::fs::File::create(folder.join("log.txt")).unwrap();
        let child = Command::new("baresip")
            .arg("-4")
            .arg("-f")
            .arg(&folder)
            .args(["-t", "120"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("baresip is installed by tests/run (Debian: baresip-core)");
        let phone = Self { child, console, folder };
        wait_for("baresip to be ready", Duration::from_secs(10), || phone.log().contains("ready").then_some(()));
        phone
    }

    /// Types into its console.
    pub fn say(&self, words: &str) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(words.as_bytes(), ("127.0.0.1", self.console)).unwrap();
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.join("log.txt")).unwrap_or_default()).into_owned()
    }

    /// What its loudspeaker has played. The file's header is only finished at the end of the call.
    pub fn heard(&self) -> Vec<i16> {
        let files = std::fs::read_dir(&self.folder).unwrap().flatten().map(|entry| entry.path());
        let decoded = files.into_iter().find(|path| path.to_string_lossy().ends_with("-dec.wav"));
        let bytes = decoded.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
        let samples = bytes.get(44..).unwrap_or_default();
        samples.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }
}

fn config(folder: &Path, console: u16) -> String {
    let mut text = String::new();
    let (folder, sip, rtp) = (folder.display(), free_even_port(), free_even_port());
    for line in [
        format!("sip_listen 127.0.0.1:{sip}"),
        "net_interface 127.0.0.1".to_owned(),
        "audio_player aubridge,nobody".to_owned(),
        format!("snd_path {folder}"),
        format!("audio_source aufile,{folder}/tone.wav"),
        "audio_alert aubridge,nobody2".to_owned(),
        "ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1".to_owned(),
        format!("rtp_ports {rtp}-{}", rtp + 20),
        "jitter_buffer_delay 1-5".to_owned(),
        "module_path /usr/lib/baresip/modules".to_owned(),
        "module cons.so\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so".to_owned(),
        format!("cons_listen 127.0.0.1:{console}"),
    ] {
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn write_tone(path: &Path, hz: f64) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in tone::sine(hz, 0, 8_000 * 60) {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}

impl Drop for Baresip {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- baresip's log ---\n{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
