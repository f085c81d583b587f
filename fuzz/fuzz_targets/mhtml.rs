//! The parts of a saved web page.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("mhtml"), |data: &[u8]| sekisho_fuzz::run("mhtml", data));
