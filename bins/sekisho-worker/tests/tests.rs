//! The real worker in its real cell, spoken to by the real client.

mod cell;
mod corpus;
mod support;
