//! Who a caller from outside is, and whether they hide it: RFC 3323, RFC 3325, draft-ietf-sip-privacy (Remote-Party-ID).
//!
//! Hidden means hidden from people, everywhere: a wish for privacy counts whoever brings it, and one word for it is
//! enough. An identity that a trunk asserts behind it is not kept either.

use crm::number::{self, Home};
use sip::{Address, Request};

use super::admit::subscriber;
use crate::text;

/// Who an INVITE says it is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// Number, `None` when withheld.
    pub(super) number: Option<String>,
    /// Display name, cleaned.
    pub(super) display: Option<String>,
}

/// What of the caller is hidden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Hidden {
    name: bool,
    number: bool,
}

/// The caller, as far as the request may be believed and they want it known.
pub(super) fn of(request: &Request, trusted: bool, home: &Home) -> Identity {
    let from = request.headers.from().ok();
    let hidden = hidden(request, from.as_ref(), home);
    if hidden.number {
        return Identity::default();
    }
    let asserted = trusted.then(|| asserted(request, home)).flatten();
    let identity = asserted.or(from).map_or_else(Identity::default, |address| identity_of(&address, home));
    Identity { display: identity.display.filter(|_| !hidden.name), ..identity }
}

/// P-Asserted-Identity (RFC 3325) that says a number, else any, else the calling side of Remote-Party-ID.
fn asserted(request: &Request, home: &Home) -> Option<Address> {
    let asserted: Vec<Address> = request.headers.elements("P-Asserted-Identity").filter_map(Address::parse).collect();
    let is_number = |address: &Address| number::key(&subscriber(&address.uri), home).is_some();
    let said = asserted.iter().position(is_number).unwrap_or(0);
    asserted.into_iter().nth(said).or_else(|| remote_parties(request).next())
}

/// Remote-Party-ID of the caller; one of the called side says nothing of them.
fn remote_parties(request: &Request) -> impl Iterator<Item = Address> + '_ {
    let all = request.headers.elements("Remote-Party-ID").filter_map(Address::parse);
    all.filter(|address| parameter(address, "party").is_none_or(|party| party == "calling"))
}

fn hidden(request: &Request, from: Option<&Address>, home: &Home) -> Hidden {
    let wishes = privacy(request);
    let wished = wishes.iter().any(|word| matches!(word.as_str(), "id" | "user" | "header" | "full"));
    let willing = wishes.iter().any(|word| word == "none");
    let anonymous = from.is_some_and(|from| is_anonymous(from, home)) && !willing;
    let mut hidden = Hidden { name: wished || anonymous, number: wished || anonymous };
    for party in remote_parties(request) {
        for word in party_privacy(&party) {
            hidden.name |= matches!(word.as_str(), "full" | "name" | "uri");
            hidden.number |= matches!(word.as_str(), "full" | "uri");
        }
    }
    hidden
}

/// The words of all Privacy lines, which are one list (RFC 3323 §4.2), in small letters.
fn privacy(request: &Request) -> Vec<String> {
    let lines = request.headers.all("Privacy").map(String::from_utf8_lossy);
    lines.flat_map(|line| words(&line)).collect()
}

/// `privacy=full`, `privacy="name"`, `privacy=uri-network`; one parameter may hold several.
fn party_privacy(party: &Address) -> Vec<String> {
    let value = parameter(party, "privacy").unwrap_or_default();
    words(&value).into_iter().map(|word| word.trim_end_matches("-network").to_owned()).collect()
}

fn words(text: &str) -> Vec<String> {
    let split = text.split([';', ',', ' ', '"']).map(|word| word.trim().to_ascii_lowercase());
    split.filter(|word| !word.is_empty()).collect()
}

fn parameter(address: &Address, name: &str) -> Option<String> {
    Some(String::from_utf8_lossy(address.params.get(name)?).trim_matches('"').to_ascii_lowercase())
}

/// From as RFC 3323 §4.1.1.3 has it for those who hide, and as providers write it.
fn is_anonymous(address: &Address, home: &Home) -> bool {
    let host = address.uri.host_text();
    let nowhere = host.eq_ignore_ascii_case("anonymous.invalid") || host.eq_ignore_ascii_case("anonymous");
    let user = subscriber(&address.uri);
    nowhere || !user.is_empty() && text::is_withheld(&user, home)
}

fn identity_of(address: &Address, home: &Home) -> Identity {
    let anonymous = is_anonymous(address, home);
    let number = text::number(&subscriber(&address.uri), home).filter(|_| !anonymous);
    let display = address.display_text().and_then(|name| text::display(&name));
    Identity { number, display: display.filter(|name| !anonymous && !text::is_withheld(name, home)) }
}
