//! Answers that are the same for everybody: compressed once, tagged, and sent without work.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::token;

/// One answer in the encodings it has.
#[derive(Debug, Clone)]
pub struct Fixed {
    content_type: &'static str,
    cache: &'static str,
    tag: String,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

/// How a browser may keep what it got.
pub mod cache {
    /// For ever: another content has another name.
    pub const FOR_EVER: &str = "public, max-age=31536000, immutable";
    /// Ask each time, and be told "unchanged".
    pub const ASK: &str = "no-cache";
}

impl Fixed {
    /// What was compressed when the program was built. The tag is the content's.
    pub fn built(
        content_type: &'static str,
        cache: &'static str,
        tag: &str,
        [plain, gzip, brotli]: [Option<&'static [u8]>; 3],
    ) -> Self {
        let bytes = |bytes: Option<&'static [u8]>| bytes.map(Bytes::from_static);
        let (plain, gzip, brotli) = (bytes(plain).unwrap_or_default(), bytes(gzip), bytes(brotli));
        Self { content_type, cache, tag: tag.to_owned(), plain, gzip, brotli }
    }

    /// A JSON document that is known when the program starts.
    pub fn json(text: String) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let small = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        let (tag, gzip) = (token::hash(&text).chars().take(32).collect(), small.ok().map(Bytes::from));
        let plain = Bytes::from(text);
        Self { content_type: "application/json", cache: cache::ASK, tag, plain, gzip, brotli: None }
    }

    /// The answer for a request with these headers: in the best encoding it takes, or 304 when it has just that.
    pub fn answer(&self, asked: &HeaderMap) -> Response {
        let (encoding, body) = self.chosen(asked);
        // Two encodings of one content are two representations, and a strong tag names one of them.
        let tag = encoding.map_or_else(|| format!("\"{}\"", self.tag), |name| format!("\"{}-{name}\"", self.tag));
        let unchanged = has(asked, &tag);
        let mut response =
            if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(body.clone())) };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        if unchanged {
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn chosen(&self, asked: &HeaderMap) -> (Option<&'static str>, &Bytes) {
        let known = [("br", &self.brotli), ("gzip", &self.gzip)];
        let mut offered = known.into_iter().filter_map(|(name, body)| Some((name, body.as_ref()?)));
        let found = offered.find(|(name, _)| takes(asked, name));
        found.map_or((None, &self.plain), |(name, body)| (Some(name), body))
    }
}

/// Whether `If-None-Match` names this tag (RFC 9110 §13.1.2: weak comparison).
fn has(asked: &HeaderMap, tag: &str) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

/// Whether `Accept-Encoding` names this coding with a weight above nought (RFC 9110 §12.5.3).
fn takes(asked: &HeaderMap, coding: &str) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut named = lists.flat_map(|list| list.split(',')).filter_map(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim().eq_ignore_ascii_case(coding).then(|| weight.trim().to_ascii_lowercase())
    });
    named.next().is_some_and(|weight| {
        let weight = weight.strip_prefix("q=").unwrap_or("1").trim();
        weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn file() -> Fixed {
        let bodies = [Some(&b"plain"[..]), Some(&b"gz"[..]), Some(&b"br"[..])];
        Fixed::built("text/css", cache::FOR_EVER, "t", bodies)
    }

    fn encoding(accept: &str) -> String {
        let response = file().answer(&headers(&[("accept-encoding", accept)]));
        let value = response.headers().get("content-encoding");
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_best_coding_that_the_asker_takes_is_sent_and_none_that_it_refuses() {
        for (accept, sent) in [
            ("gzip, deflate, br", "br"),
            ("gzip, deflate", "gzip"),
            ("GZIP;q=0.5", "gzip"),
            ("br;q=0, gzip;q=1.0", "gzip"),
            ("br;q=0,gzip; q=0.000", ""),
            ("identity", ""),
            ("", ""),
            ("br;q=viel", ""),
        ] {
            assert_eq!(encoding(accept), sent, "{accept}");
        }
        assert!(!file().answer(&HeaderMap::new()).headers().contains_key("content-encoding"));
    }

    #[test]
    fn a_tag_names_one_coding() {
        let known = |tag: &str, accept: &str| {
            file().answer(&headers(&[("if-none-match", tag), ("accept-encoding", accept)])).status().as_u16()
        };
        assert_eq!(known("\"t-br\"", "br"), 304);
        assert_eq!(known("\"a\", W/\"t-br\"", "br"), 304);
        assert_eq!(known("*", "br"), 304);
        assert_eq!(known("\"t-br\"", "gzip"), 200);
        assert_eq!(known("\"t\"", ""), 304);
    }
}
