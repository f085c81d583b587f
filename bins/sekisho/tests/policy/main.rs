//! `sekisho policy`, run as a program.

#[cfg(test)]
mod command;
#[cfg(test)]
mod export;
#[cfg(test)]
mod import;
#[cfg(test)]
mod out;
