//! Signalling as values and machines: bytes and instants, nothing else. See docs/ARCHITECTURE.md.

pub mod address;
mod agenda;
pub mod bindings;
mod dialog;
pub mod digest;
pub mod frame;
pub mod header;
mod lex;
pub mod message;
pub mod method;
pub mod multipart;
pub mod params;
pub mod parse;
mod print;
pub mod rng;
pub mod sdp;
pub mod status;
pub mod tally;
pub mod timer;
mod transaction;
pub mod uri;
pub mod user_agent;
pub mod validate;
pub mod via;

pub use address::Address;
pub use header::{CSeq, Header, HeaderError, Headers, MediaType};
pub use message::{Message, Request, Response};
pub use method::Method;
pub use params::{Param, Params};
pub use uri::{Host, Uri};
pub use via::Via;
