//! A sample business.
