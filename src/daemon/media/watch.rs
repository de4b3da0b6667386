//! What a media thread waits on: its sockets, and a bell that is rung when there are orders.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use ::media::deck::{Lane, Slot};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};

/// Sockets told of by one look; the others come with the next.
const AT_ONCE: usize = 1_024;
/// The bell's place; those of the sockets come after it.
const BELL: u64 = 0;

/// The place of a slot's socket.
fn number(slot: Slot, lane: Lane) -> u64 {
    1 + 2 * slot.0 as u64 + u64::from(lane == Lane::Rtcp)
}

/// The socket of a place other than the bell's.
fn place(number: u64) -> Option<(Slot, Lane)> {
    let number = number.checked_sub(1)?;
    let slot = Slot(usize::try_from(number / 2).ok()?);
    Some((slot, if number.is_multiple_of(2) { Lane::Rtp } else { Lane::Rtcp }))
}

/// Ends a [`Watch::wait`] from another thread.
#[derive(Clone)]
pub(super) struct Bell(Arc<OwnedFd>);

impl Bell {
    /// False when the system refused.
    pub fn ring(&self) -> bool {
        rustix::io::write(&*self.0, &1u64.to_ne_bytes()).is_ok()
    }
}

/// One thread's epoll instance. A socket with something to read is told of by every look until it is read empty
/// (level-triggered), so one read per telling is enough.
pub(super) struct Watch {
    epoll: OwnedFd,
}

/// What one look found. It stays on its thread, because the system's records may hold pointers.
pub(super) struct Ready(Vec<Event>);

impl Default for Ready {
    fn default() -> Self {
        Self(Vec::with_capacity(AT_ONCE))
    }
}

impl Ready {
    /// The sockets that have something to read; the bell is none.
    pub fn sockets(&self) -> impl Iterator<Item = (Slot, Lane)> {
        self.0.iter().filter_map(|event| place(event.data.u64()))
    }
}

impl Watch {
    pub fn new() -> io::Result<(Self, Bell)> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // The bell's count is never read: only the change tells.
        epoll::add(&epoll, &bell, EventData::new_u64(BELL), EventFlags::IN | EventFlags::ET)?;
        Ok((Self { epoll }, Bell(Arc::new(bell))))
    }

    /// Watches a slot's socket; closing the socket ends that.
    pub fn add(&self, slot: Slot, lane: Lane, socket: impl AsFd) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(number(slot, lane)), EventFlags::IN)?)
    }

    /// Waits until a socket has something to read, the bell rings, or the time (rounded up to milliseconds) is over.
    pub fn wait(&self, ready: &mut Ready, limit: Option<Duration>) -> io::Result<()> {
        ready.0.clear();
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        match epoll::wait(&self.epoll, spare_capacity(&mut ready.0), limit.as_ref()) {
            Ok(_) => Ok(()),
            Err(error) if error == rustix::io::Errno::INTR => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
