//! The rights as a table that people read, and the sentences that hold whatever the table says.

mod people;
mod properties;
mod rights;
