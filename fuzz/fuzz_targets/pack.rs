//! The pack loader on any text in any number of files.
//!
//! Owns: the name. What must hold is told in `others`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("pack"), |data: &[u8]| sekisho_fuzz::run("pack", data));
