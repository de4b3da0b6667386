//! Registrations over a restart: what is kept of them, and how they come back.

use std::time::Duration;

use bytes::Bytes;
use sip::bindings::{Binding, Instance};
use sip::user_agent::{Destination, Transport};
use sip::{Address, Uri};

use super::Exchange;
use crate::contract::{Now, Output, Registration};
use crate::id::Extension;

impl Exchange {
    /// Tells where an extension is registered now.
    pub(super) fn keep_registrations(&mut self, now: Now, extension: &Extension) {
        let bindings = self.bindings.contacts(now.instant, extension.as_str());
        let kept = bindings.iter().map(|binding| kept(now, binding)).collect();
        self.out.push_back(Output::Registered(extension.clone(), kept));
    }

    /// Puts back a registration of the run before, unless its time is over, nothing reaches it any more, or the plan no
    /// longer has its extension.
    pub fn restore_registration(&mut self, now: Now, extension: &Extension, known: &Registration) {
        if !self.plan.extensions.contains_key(extension) {
            return;
        }
        if let Some(binding) = restored(now, known) {
            self.bindings.restore(now.instant, extension.as_str(), binding);
            self.presence(now, extension);
            self.settle(now);
        }
    }
}

fn kept(now: Now, binding: &Binding) -> Registration {
    let left = binding.expires_at.saturating_duration_since(now.instant);
    Registration {
        contact: binding.uri.as_str().to_owned(),
        path: binding.path.iter().map(ToString::to_string).collect(),
        tcp: binding.destination.transport == Transport::Tcp,
        remote: binding.destination.remote,
        reconnects: binding.reconnects,
        expires_at: now.wall.saturating_add(i64::try_from(left.as_micros()).unwrap_or(i64::MAX)),
        call_id: String::from_utf8_lossy(&binding.call_id).into_owned(),
        cseq: binding.cseq,
        q: binding.q,
        instance: binding.instance.as_ref().map(|instance| (instance.urn.clone(), instance.flow)),
        user_agent: binding.user_agent.clone(),
        events: binding.events.clone(),
    }
}

/// `None` when it is over or cannot be read.
fn restored(now: Now, known: &Registration) -> Option<Binding> {
    let left = u64::try_from(known.expires_at.checked_sub(now.wall)?).ok()?;
    let transport = if known.tcp { Transport::Tcp } else { Transport::Udp };
    Some(Binding {
        uri: Uri::parse(&known.contact)?,
        path: known.path.iter().map(|hop| Address::parse(hop.as_bytes())).collect::<Option<_>>()?,
        destination: Destination { transport, remote: known.remote, stream: None },
        reconnects: known.reconnects,
        expires_at: now.instant + Duration::from_micros(left).min(LONGEST),
        call_id: Bytes::from(known.call_id.clone()),
        cseq: known.cseq,
        q: known.q,
        instance: known.instance.clone().map(|(urn, flow)| Instance { urn, flow }),
        user_agent: known.user_agent.clone(),
        events: known.events.clone(),
    })
}

/// A clock that was set back while nobody ran makes no registration eternal.
const LONGEST: Duration = Duration::from_secs(3_600);
