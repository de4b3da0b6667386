//! Every way in which a sound cannot be played, said in both languages, with what to do about it.

use daemon::config::{Code, Language};

use super::folder::{Folder, wav};

/// A WAV file whose fields at these places say something else than they should.
fn spoilt(fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = wav(1, 8_000);
    for (at, field) in fields {
        bytes[*at..at + field.len()].copy_from_slice(field);
    }
    bytes
}

/// One with eight bits a sample: bytes a second, bytes a moment, bits.
fn of_eight_bits() -> Vec<u8> {
    spoilt(&[(28, &8_000_u32.to_le_bytes()), (32, &1_u16.to_le_bytes()), (34, &8_u16.to_le_bytes())])
}

/// One that says to have so many bytes of sound.
fn of_length(bytes: u32) -> Vec<u8> {
    spoilt(&[(4, &(36 + bytes).to_le_bytes()), (40, &bytes.to_le_bytes())])
}

#[test]
fn every_sound_that_cannot_be_played_is_told_in_both_languages_where_it_is_named_and_where_it_lies() {
    /// A sample more than an hour at 16 000 a second has.
    const TOO_LONG: u32 = (16_000 * 3_600 + 1) * 2;
    let empty = of_length(0)[..44].to_vec();
    let cases = [
        (wav(2, 8_000), Code::SoundFormat, "2 kanalı var, anons tek kanal olur", "it has 2 channels, a prompt has one"),
        (
            wav(1, 44_100),
            Code::SoundFormat,
            "saniyede 44100 örneği var, anonsta 8000 ya da 16000 olur",
            "it has 44100 samples a second, a prompt has 8000 or 16000",
        ),
        (
            of_eight_bits(),
            Code::SoundFormat,
            "örnekleri 8 bit, anonsta 16 bit olur",
            "its samples have 8 bits, a prompt's have 16",
        ),
        (empty, Code::SoundUnreadable, "içinde ses yok", "there is no sound in it"),
        (of_length(TOO_LONG), Code::SoundUnreadable, "bir saatten uzun", "it is longer than an hour"),
        (
            b"ID3 mp3".to_vec(),
            Code::SoundUnreadable,
            "okunabilir bir WAV dosyası değil",
            "it is not a readable WAV file",
        ),
    ];
    for (bytes, code, turkish, english) in cases {
        let folder = Folder::good();
        folder.own_sounds();
        // The first is named by the menu, the second only lies there.
        for name in ["menu", "fazla"] {
            folder.write_bytes(&format!("sounds/tr/{name}.wav"), &bytes);
        }
        let findings = folder.load().unwrap_err();
        let places: Vec<_> = findings.iter().map(|found| (found.code, folder.short(&found.file), found.line)).collect();
        assert_eq!(places, [(code, "ivr/ana.toml".to_owned(), 2), (code, "sounds/tr/fazla.wav".to_owned(), 0)]);
        for (finding, name) in findings.iter().zip(["menu", "fazla"]) {
            let file = folder.path.join(format!("sounds/tr/{name}.wav")).display().to_string();
            assert_eq!(finding.message(Language::Turkish), format!("`{file}` çalınamaz: {turkish}"));
            assert_eq!(finding.message(Language::English), format!("`{file}` cannot be played: {english}"));
            let help = |language| finding.help(language).unwrap_or_default();
            assert_eq!(help(Language::Turkish), "WAV dosyasına çevirin: 8 ya da 16 kHz, tek kanal, 16 bit");
            assert_eq!(help(Language::English), "make it a WAV file: 8 or 16 kHz, mono, 16-bit");
        }
    }
}
