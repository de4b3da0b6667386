//! What a user agent server makes of a message before anybody looks at what it means: RFC 3261 §8.1.1 (headers that must
//! be there), §8.2.1–8.2.3 (method, scheme, extensions, content) and §8.1.3.3 (responses not meant for us).

use std::borrow::Cow;

use crate::header::{HeaderError, Headers, MediaType};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::multipart;

/// What this user agent can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Methods it takes; others get 405, unknown tokens 501.
    pub allow: Vec<Method>,
    /// Option tags it supports; others in Require get 420.
    pub supported: Vec<Cow<'static, str>>,
}

impl Default for Rules {
    fn default() -> Self {
        let allow = vec![
            Method::Invite,
            Method::Ack,
            Method::Bye,
            Method::Cancel,
            Method::Options,
            Method::Register,
            Method::Info,
            Method::Update,
            Method::Prack,
            Method::Refer,
            Method::Notify,
            Method::Message,
        ];
        let supported = ["100rel", "timer", "replaces", "norefersub"].map(Cow::Borrowed).to_vec();
        Self { allow, supported }
    }
}

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Accept,
    /// Answer this; an ACK is dropped instead (RFC 3261 §17.1.1.3).
    Refuse(Refusal),
}

/// A refusal as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: Cow<'static, str>,
    /// Headers the answer must carry: Allow, Unsupported, Accept.
    pub extra: Vec<(&'static str, String)>,
}

impl Refusal {
    fn new(status: u16, extra: Vec<(&'static str, String)>) -> Self {
        Self { status, reason: Cow::Borrowed(crate::status::reason(status)), extra }
    }

    fn bad(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, reason: reason.into(), extra: Vec::new() }
    }
}

impl From<HeaderError> for Refusal {
    fn from(error: HeaderError) -> Self {
        Self::bad(error.to_string())
    }
}

/// Judges a request in the order of RFC 3261 §8.2: syntax, method, scheme, extensions, content.
pub fn request(request: &Request, rules: &Rules) -> Verdict {
    let judged = syntax(request)
        .and_then(|()| method(request, rules))
        .and_then(|()| scheme(request))
        .and_then(|()| extensions(request, rules))
        .and_then(|()| content(request));
    judged.map_or_else(Verdict::Refuse, |()| Verdict::Accept)
}

/// Whether a response may be looked at: its headers can be read, and it has come back to the one hop it should have
/// (RFC 3261 §8.1.3.3). If not, it is dropped.
pub fn response(response: &Response) -> bool {
    let headers = &response.headers;
    headers.vias().is_ok_and(|vias| vias.len() == 1)
        && headers.from().is_ok()
        && headers.to().is_ok()
        && headers.call_id().is_ok()
        && headers.cseq().is_ok()
}

/// Headers that must be there, once, and readable.
fn syntax(request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    headers.vias().map_err(|error| via_fault(headers, error))?;
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    let cseq = headers.cseq()?;
    headers.max_forwards()?;
    headers.content_type()?;
    headers.routes()?;
    headers.record_routes()?;
    contact(request)?;
    // An address of record is a SIP URI (RFC 3261 §10.3, RFC 4475 §3.3.4).
    if request.method == Method::Register && !headers.to()?.uri.is_sip() {
        return Err(Refusal::bad("To Is No Address-of-Record"));
    }
    if request.uri.has_headers() {
        return Err(Refusal::bad("Headers in Request-URI"));
    }
    // A method we do not know is refused as that, whatever CSeq says (RFC 4475 §3.1.2.18).
    if cseq.method != request.method && request.method.is_known() {
        return Err(Refusal::bad("CSeq Method Mismatch"));
    }
    Ok(())
}

/// A Via of another version of SIP is well made, only not for us.
fn via_fault(headers: &Headers, error: HeaderError) -> Refusal {
    let other = headers.elements("Via").any(crate::via::is_of_another_version);
    if other { Refusal::new(505, Vec::new()) } else { error.into() }
}

/// Contact is readable; an INVITE that begins a call by the rules of RFC 3261 has exactly one (§8.1.1.8), one by RFC 2543
/// may have none (RFC 4475 §3.4.1), and within a dialog the old target stays without it (§12.2.1.1).
fn contact(request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    if request.method == Method::Register && headers.contact_is_star() {
        return Ok(());
    }
    let contacts = headers.contacts()?;
    let modern = headers.via().is_ok_and(|via| via.has_magic_branch());
    let begins = headers.to().is_ok_and(|to| to.tag().is_none());
    match (&request.method, contacts.len()) {
        (Method::Invite, 0) if modern && begins => Err(HeaderError::Missing("Contact").into()),
        (Method::Invite, 2..) => Err(HeaderError::Repeated("Contact").into()),
        _ => Ok(()),
    }
}

fn method(request: &Request, rules: &Rules) -> Result<(), Refusal> {
    if rules.allow.contains(&request.method) {
        return Ok(());
    }
    let status = if request.method.is_known() { 405 } else { 501 };
    let allow: Vec<&str> = rules.allow.iter().map(Method::as_str).collect();
    Err(Refusal::new(status, vec![("Allow", allow.join(", "))]))
}

/// tel stands beside sip and sips: gateways send it (RFC 3261 §19.1.6).
fn scheme(request: &Request) -> Result<(), Refusal> {
    let known = request.uri.is_sip() || request.uri.scheme().eq_ignore_ascii_case("tel");
    if known { Ok(()) } else { Err(Refusal::new(416, Vec::new())) }
}

/// Require, except in ACK and CANCEL, which may not be refused for it (RFC 3261 §8.2.2.3).
fn extensions(request: &Request, rules: &Rules) -> Result<(), Refusal> {
    if matches!(request.method, Method::Ack | Method::Cancel) {
        return Ok(());
    }
    let supported = |tag: &str| rules.supported.iter().any(|s| s.eq_ignore_ascii_case(tag));
    let unknown: Vec<_> = request.headers.require().into_iter().filter(|tag| !supported(tag)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(Refusal::new(420, vec![("Unsupported", unknown.join(", "))])) }
}

/// The body of a request that offers or answers a session is a session description (§8.2.3), and one is accepted back
/// (§20.1).
fn content(request: &Request) -> Result<(), Refusal> {
    if !matches!(request.method, Method::Invite | Method::Update | Method::Prack) {
        return Ok(());
    }
    let headers = &request.headers;
    let encoded = headers.elements("Content-Encoding").any(|e| !e.eq_ignore_ascii_case(b"identity"));
    if encoded && !request.body.is_empty() {
        return Err(Refusal::new(415, vec![("Accept-Encoding", "identity".into())]));
    }
    let optional = headers.get("Content-Disposition").is_some_and(multipart::is_optional);
    if !request.body.is_empty() && !optional && !body_is_readable(request) {
        return Err(Refusal::new(415, vec![("Accept", "application/sdp".into())]));
    }
    if headers.has("Accept") && !accepts_sdp(headers) {
        return Err(Refusal::new(406, Vec::new()));
    }
    Ok(())
}

fn body_is_readable(request: &Request) -> bool {
    let kind = request.headers.content_type().ok().flatten();
    kind.is_some_and(|kind| multipart::is_understood(&kind, &request.body))
}

fn accepts_sdp(headers: &Headers) -> bool {
    let fits = |t: MediaType| t.is("application", "sdp") || t.is("application", "*") || t.is("*", "*");
    headers.elements("Accept").filter_map(MediaType::parse).any(fits)
}
