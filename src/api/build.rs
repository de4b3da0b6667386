//! The page is compiled in as it is sent: each file plain, and compressed where that is worth it, with its tag.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const DIST: &str = "../../web/dist";

/// Shorter files fit into one packet as they are.
const WORTH_IT: usize = 1024;

/// What is compressed already gains nothing.
const TEXT: [&str; 8] = ["html", "js", "css", "svg", "json", "txt", "webmanifest", "map"];

/// The highest: done once, when the program is built.
const BROTLI_QUALITY: i32 = 11;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={DIST}");
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let dist = std::path::absolute(DIST)?;
    let mut table = String::from("&[\n");
    for (at, path) in files(&dist)?.iter().enumerate() {
        let bytes = std::fs::read(path)?;
        let name = path.strip_prefix(&dist).map_err(io::Error::other)?;
        let (gzip, brotli) = (compressed(path, &bytes, gzip)?, compressed(path, &bytes, brotli)?);
        let stored = |bytes: Option<Vec<u8>>, ending: &str| -> io::Result<String> {
            let Some(bytes) = bytes else { return Ok("None".to_owned()) };
            let file = out.join(format!("{at}.{ending}"));
            std::fs::write(&file, bytes)?;
            Ok(format!("Some(include_bytes!({file:?}))"))
        };
        let (gzip, brotli) = (stored(gzip, "gz")?, stored(brotli, "br")?);
        let tag = tag(&bytes);
        writeln!(
            table,
            "File {{ path: {name:?}, tag: {tag:?}, plain: include_bytes!({path:?}), gzip: {gzip}, brotli: {brotli} }},"
        )
        .map_err(io::Error::other)?;
    }
    table.push(']');
    std::fs::write(out.join("page.rs"), table)
}

/// Every file below a folder, sorted; none when it is missing.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The compressed file, when it is text and at least a tenth smaller.
fn compressed(
    path: &Path,
    bytes: &[u8],
    compress: impl Fn(&[u8]) -> io::Result<Vec<u8>>,
) -> io::Result<Option<Vec<u8>>> {
    let is_text = path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| TEXT.contains(&ending));
    if !is_text || bytes.len() < WORTH_IT {
        return Ok(None);
    }
    let small = compress(bytes)?;
    Ok((small.len() * 10 <= bytes.len() * 9).then_some(small))
}

/// As small as gzip can be: it is what a browser in an office without https asks for.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut small = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, bytes, &mut small)?;
    Ok(small)
}

fn brotli(mut bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut small = Vec::new();
    let settings = brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut small, &settings)?;
    Ok(small)
}

/// Half of a SHA-256 in hex.
fn tag(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
