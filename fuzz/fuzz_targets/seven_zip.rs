//! The bytes of a 7z archive, with checksums that fit.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("seven_zip"), |data: &[u8]| sekisho_fuzz::run("seven_zip", data));
