//! The bytes of a tar archive, with checksums that fit, and of gzip.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("tar"), |data: &[u8]| sekisho_fuzz::run("tar", data));
