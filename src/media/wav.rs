//! The recording's file format: WAV, stereo, 8 kHz, 16-bit linear, the caller left and the agent right.

use std::io::{self, Read, Seek, SeekFrom, Write};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::RATE;

/// Bytes before the first sample.
pub const HEADER: u64 = 44;
/// Bytes of one moment: two samples.
pub const FRAME: u64 = 4;
/// Moments a file can hold: the format counts bytes in 32 bits. This is 24 hours, well below.
pub const MOST_FRAMES: u64 = 24 * 3_600 * RATE as u64;

/// The header fields of every recording.
#[must_use]
pub fn spec() -> WavSpec {
    WavSpec { channels: 2, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int }
}

/// Milliseconds of so many moments.
#[must_use]
pub fn millis(frames: u64) -> u64 {
    frames * 1_000 / u64::from(RATE)
}

fn plain(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}

/// A recording being written. After an error the file may hold a part of the last write: drop this, [`mend`] the
/// file, and go on with [`Recording::resume`].
pub struct Recording<W: Write + Seek> {
    writer: WavWriter<W>,
    frames: u64,
}

impl<W: Write + Seek> Recording<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn create(writer: W) -> io::Result<Self> {
        Ok(Self { writer: WavWriter::new(writer, spec()).map_err(plain)?, frames: 0 })
    }

    /// Appends moments, left and right.
    ///
    /// # Errors
    /// Those of the writer; a file of more than 24 hours is refused.
    pub fn write(&mut self, frames: &[[i16; 2]]) -> io::Result<()> {
        let after = self.frames + frames.len() as u64;
        let samples = u32::try_from(frames.len() * 2).ok().filter(|_| after <= MOST_FRAMES);
        let Some(samples) = samples else {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a recording ends after 24 hours"));
        };
        let mut block = self.writer.get_i16_writer(samples);
        for &[left, right] in frames {
            block.write_sample(left);
            block.write_sample(right);
        }
        block.flush().map_err(plain)?;
        self.frames = after;
        Ok(())
    }

    /// Makes what was written readable: updates the lengths in the header.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(plain)
    }

    /// The last flush.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(self) -> io::Result<()> {
        self.writer.finalize().map_err(plain)
    }

    /// Moments written.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }
}

impl<W: Read + Write + Seek> Recording<W> {
    /// Goes on at the end of a file with a right header.
    ///
    /// # Errors
    /// Those of the file, or when it is no recording.
    pub fn resume(mut file: W) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let writer = WavWriter::new_append(file).map_err(plain)?;
        let frames = u64::from(writer.duration());
        Ok(Self { writer, frames })
    }
}

/// What [`mend`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mended {
    /// Moments in the file.
    pub frames: u64,
    /// Bytes the file should have; anything beyond is half a moment and is to be cut off.
    pub length: u64,
    /// Whether the header was wrong.
    pub changed: bool,
}

fn header(frames: u64) -> io::Result<Vec<u8>> {
    let mut bytes = io::Cursor::new(Vec::new());
    WavWriter::new(&mut bytes, spec()).and_then(WavWriter::finalize).map_err(plain)?;
    let mut bytes = bytes.into_inner();
    let data = u32::try_from(frames * FRAME).unwrap_or(u32::MAX - 36);
    for (at, value) in [(4, data + 36), (40, data)] {
        if let Some(place) = bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_le_bytes());
        }
    }
    Ok(bytes)
}

/// Makes the header tell what is on the disk. For a file whose writer was killed or ran out of space.
///
/// # Errors
/// Those of the file; `InvalidData` when it is no recording of ours.
pub fn mend<F: Read + Write + Seek>(file: &mut F) -> io::Result<Mended> {
    let on_disk = file.seek(SeekFrom::End(0))?;
    let frames = (on_disk.saturating_sub(HEADER) / FRAME).min(MOST_FRAMES);
    let right = header(frames)?;
    let mut found = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    Read::by_ref(file).take(HEADER).read_to_end(&mut found)?;
    if !belongs(&found, &right) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a stereo 8 kHz 16-bit WAV file"));
    }
    let changed = found != right;
    if changed {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&right)?;
        file.flush()?;
    }
    Ok(Mended { frames, length: HEADER + frames * FRAME, changed })
}

/// Whether a header, perhaps cut short, is ours but for the two lengths. All zeros is ours too: the size of a file may
/// reach the disk before its first bytes do.
fn belongs(found: &[u8], right: &[u8]) -> bool {
    let is_length = |at: usize| (4..8).contains(&at) || at >= 40;
    let same = found.iter().zip(right).enumerate().all(|(at, (a, b))| a == b || is_length(at));
    same || found.iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn tone(count: i16) -> Vec<[i16; 2]> {
        (0..count).map(|n| [n, -n]).collect()
    }

    fn samples(bytes: &[u8]) -> Vec<i16> {
        hound::WavReader::new(Cursor::new(bytes)).unwrap().into_samples().map(Result::unwrap).collect()
    }

    fn flushed(frames: &[[i16; 2]]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut recording = Recording::create(&mut file).unwrap();
        recording.write(frames).unwrap();
        recording.flush().unwrap();
        recording.finish().unwrap();
        file.into_inner()
    }

    #[test]
    fn a_header_shorter_than_the_sound_is_mended_and_the_sound_is_all_there() {
        let mut bytes = flushed(&tone(1_000));
        for byte in tone(500).iter().flatten().flat_map(|sample| sample.to_le_bytes()) {
            bytes.push(byte);
        }
        bytes.push(7); // killed in the middle of a sample
        let mut file = Cursor::new(bytes);
        let mended = mend(&mut file).unwrap();
        assert_eq!((mended.frames, mended.changed, mended.length), (1_500, true, 44 + 6_000));
        let mut bytes = file.into_inner();
        bytes.truncate(mended.length as usize);
        assert_eq!(samples(&bytes).len(), 3_000);
        assert_eq!(&samples(&bytes)[2_000..2_004], &[0, 0, 1, -1]);
        assert!(!mend(&mut Cursor::new(bytes)).unwrap().changed);
    }

    #[test]
    fn a_file_killed_before_its_header_was_complete_becomes_an_empty_recording() {
        for length in [0, 10, 43] {
            let mut file = Cursor::new(flushed(&[])[..length].to_vec());
            assert_eq!(mend(&mut file).unwrap().frames, 0);
            assert!(samples(&file.into_inner()).is_empty());
        }
    }

    #[test]
    fn somebody_elses_file_is_left_alone() {
        let text = b"not a recording but a letter that is longer than the header of a recording".to_vec();
        let mut file = Cursor::new(text.clone());
        assert!(mend(&mut file).is_err());
        assert_eq!(file.into_inner(), text);
    }

    #[test]
    fn a_mended_recording_goes_on_where_it_stopped() {
        let mut file = Cursor::new(flushed(&tone(10)));
        let mut recording = Recording::resume(&mut file).unwrap();
        assert_eq!(recording.frames(), 10);
        recording.write(&[[5, 6]]).unwrap();
        recording.finish().unwrap();
        assert_eq!(samples(&file.into_inner())[18..], [9, -9, 5, 6]);
    }
}
