//! When two URIs are the same, RFC 3261 §19.1.4.

use super::escape::normal;
use super::{Host, Uri};

impl Uri {
    /// Equality of RFC 3261 §19.1.4: escapes resolved, host and names without regard to case, an absent port not equal
    /// to 5060, and of the parameters in only one URI just user, ttl, method and maddr counting.
    pub fn equivalent(&self, other: &Self) -> bool {
        if self.text == other.text {
            return true;
        }
        if !self.scheme().eq_ignore_ascii_case(other.scheme()) {
            return false;
        }
        if self.host.is_none() || other.host.is_none() {
            return self.host == other.host && self.opaque().eq_ignore_ascii_case(other.opaque());
        }
        let part = |p: Option<&str>| p.map(|p| normal(p).into_owned());
        part(self.user()) == part(other.user())
            && part(self.password()) == part(other.password())
            && same_host(self, other)
            && self.port == other.port
            && params_agree(self, other)
            && params_agree(other, self)
            && headers_within(self, other)
            && headers_within(other, self)
    }
}

pub(super) fn same_text(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || normal(a).eq_ignore_ascii_case(&normal(b))
}

fn same_host(a: &Uri, b: &Uri) -> bool {
    match (a.host(), b.host()) {
        (Some(Host::Name(a)), Some(Host::Name(b))) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}

fn params_agree(a: &Uri, b: &Uri) -> bool {
    let counts = |name: &str| ["user", "ttl", "method", "maddr"].iter().any(|n| same_text(n, name));
    a.params().all(|(name, value)| match b.param(name) {
        Some(other) => same_text(value.unwrap_or_default(), other),
        None => !counts(name),
    })
}

fn headers_within(a: &Uri, b: &Uri) -> bool {
    a.headers().all(|(name, value)| {
        b.headers()
            .any(|(n, v)| same_text(n, name) && normal(v.unwrap_or_default()) == normal(value.unwrap_or_default()))
    })
}
