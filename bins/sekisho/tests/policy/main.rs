//! `sekisho policy`, run as a program.

#[cfg(test)]
mod command;
