//! Behind a proxy on this machine every connection comes from this machine: who really asks stands in a header.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;

/// Middleware: puts the address the proxy saw in the place of the proxy's own. Whatever else a stranger wrote into the
/// header stands further left than what the proxy added, and a header that did not come over loopback is nobody's word.
pub async fn name_the_asker(mut request: Request) -> Request {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let Some(peer) = peer.filter(|peer| peer.ip().to_canonical().is_loopback()) else { return request };
    if let Some(asker) = last_forwarded(request.headers()) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(asker, peer.port())));
    }
    request
}

/// The rightmost address of `X-Forwarded-For`; some proxies add the port.
fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    let with_port = || last.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || last.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    last.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asker(peer: &str, forwarded: &[&str]) -> IpAddr {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let named = runtime.block_on(name_the_asker(request));
        named.extensions().get::<ConnectInfo<SocketAddr>>().unwrap().0.ip()
    }

    #[test]
    fn only_the_last_word_of_a_proxy_on_this_machine_counts() {
        let is = |address: &str| address.parse::<IpAddr>().unwrap();
        assert_eq!(asker("127.0.0.1:9", &["203.0.113.7"]), is("203.0.113.7"));
        assert_eq!(asker("127.0.0.1:9", &["127.0.0.1, 203.0.113.7"]), is("203.0.113.7"));
        assert_eq!(asker("127.0.0.1:9", &["127.0.0.1", "203.0.113.7"]), is("203.0.113.7"));
        assert_eq!(asker("127.0.0.1:9", &[]), is("127.0.0.1"));
        assert_eq!(asker("127.0.0.1:9", &["unknown"]), is("127.0.0.1"));
        assert_eq!(asker("198.51.100.9:9", &["127.0.0.1"]), is("198.51.100.9"));
        assert_eq!(asker("127.0.0.1:9", &["203.0.113.7:51234"]), is("203.0.113.7"));
        assert_eq!(asker("127.0.0.1:9", &["10.0.0.1, [2001:db8::7]:443"]), is("2001:db8::7"));
        assert_eq!(asker("127.0.0.1:9", &["[2001:db8::7]"]), is("2001:db8::7"));
    }
}
