//! A style sheet in a page or drawing.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("css"), |data: &[u8]| sekisho_fuzz::run("css", data));
