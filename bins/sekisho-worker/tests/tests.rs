//! The real worker in its real cell, spoken to by the real client.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod cell;
mod corpus;
mod office;
mod support;
