//! The importer of catalogs in OSCAL on any bytes.
//!
//! Owns: the name. What must hold is told in `others`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("oscal"), |data: &[u8]| sekisho_fuzz::run("oscal", data));
