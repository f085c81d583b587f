//! The program as an operator meets it: prepared, served over TLS and ended; and on a bad day: killed at any moment, fed
//! with broken files, its disk full, its database away.
//!
//! Each test runs the real server with real cells on a city of its own and speaks to it over HTTP only.
//! `SEKISHO_KILLS` says how often it is killed (10 unless told otherwise), `SEKISHO_OUTAGE_SECONDS` how long its database
//! is away (3); `SEKISHO_SEED` repeats a run's choices.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod files;
#[cfg(test)]
mod first_run;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod house;
#[cfg(test)]
mod http;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod production;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod serve;
