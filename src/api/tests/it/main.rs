//! The API as its callers see it: routes by `oneshot`, desks over real sockets.
