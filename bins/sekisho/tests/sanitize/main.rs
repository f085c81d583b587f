//! `sekisho sanitize`, run as a program.

#[cfg(test)]
mod command;
