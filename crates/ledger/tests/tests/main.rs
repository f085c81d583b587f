//! The ledger from outside: whole bundles, written and verified.

#[cfg(test)]
mod bundles;
#[cfg(test)]
mod format;
#[cfg(test)]
mod kept_cases;
#[cfg(test)]
mod log;
