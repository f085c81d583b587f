//! The blocks of a GIF picture.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("gif"), |data: &[u8]| sekisho_fuzz::run("gif", data));
