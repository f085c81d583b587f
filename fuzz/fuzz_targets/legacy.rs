//! Office files before 2007, also locked ones.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("legacy"), |data: &[u8]| sekisho_fuzz::run("legacy", data));
