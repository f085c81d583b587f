//! The program as an operator meets it on a bad day: killed at any moment, fed with broken files, its disk full.
//!
//! Each test runs the real server with real cells on a demo city of its own and speaks to it over its JSON API only.
//! `SEKISHO_KILLS` says how often it is killed (10 unless told otherwise); `SEKISHO_SEED` repeats a run's choices.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod files;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod house;
#[cfg(test)]
mod http;
#[cfg(test)]
mod kills;
