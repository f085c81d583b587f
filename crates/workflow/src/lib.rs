//! Transfers, requests, approvals and registers as pure state machines.
//!
//! Owns: what a transfer is ([`transfer`]), what a request is ([`request`]), the life of an edition of the policy
//! ([`edition`]), what duties make of time ([`duty`], [`calendar`]), rows of registers ([`register`]), courses that people take ([`training`]), who works where from a day on ([`roster`]), the end of retention ([`record`]), which step may follow which, how a route of approvals runs ([`route`]), and the identifiers that the house
//! shares ([`id`]). Facts come in as arguments, a new state and
//! the events that led to it go out.
//! Leaves to others: who may act (`authz`), what the pack says (`policy`, turned into a [`route::Route`] by
//! `app`), storing and evidence (`app`). No I/O, no clock, no randomness: times are milliseconds since the Unix
//! epoch, given by the caller.

pub mod calendar;
pub mod duty;
pub mod edition;
pub mod id;
pub mod record;
pub mod register;
pub mod register_plan;
pub mod request;
pub mod roster;
pub mod route;
pub mod training;
pub mod transfer;

/// Milliseconds since 1970-01-01T00:00:00Z. The only form of time inside the house; screens turn it into JST.
pub type Millis = i64;
