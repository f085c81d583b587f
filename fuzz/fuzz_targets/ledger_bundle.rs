//! The verifier of export bundles, on bundles that were changed and on ones that never were any.
//!
//! Owns: the name. What must hold is told in `others`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("ledger_bundle"), |data: &[u8]| sekisho_fuzz::run("ledger_bundle", data));
