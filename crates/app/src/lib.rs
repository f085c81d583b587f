//! Use cases: authorise, decide, write state and evidence in one transaction.
//!
//! Owns every change of state in the house, the ports it needs ([`ports`]) and the things it keeps ([`model`]).
//! Leaves decisions to ring 1 (`authz`, `policy`, `workflow`) and the world to ring 3.

pub mod model;
pub mod ports;
