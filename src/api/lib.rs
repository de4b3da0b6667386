//! REST, the desks' websocket, sign-in and the embedded page. The contract is docs/API.md.

mod agents;
mod announce;
mod appointments;
mod audio;
mod audit;
pub mod board;
mod calls;
mod commands;
mod cookie;
mod customers;
pub mod desk;
pub mod guard;
mod health;
mod idempotency;
mod input;
mod number;
mod offers;
pub mod openapi;
mod orders;
mod origin;
mod page;
mod peaks;
pub mod plan_view;
pub mod problem;
mod products;
mod proxy;
mod range;
mod recordings;
pub mod router;
mod second;
pub mod serve;
mod session;
pub mod sign_in;
pub mod state;
pub mod switch;
mod tickets;
mod time;
pub mod token;

mod view;

pub use plan_view::PlanView;
pub use router::router;
pub use serve::serve;
pub use sign_in::hash_password;
pub use state::{ApiSetup, ApiState, Business, Health, HealthStatus};
pub use switch::{Switch, SwitchAsk};
