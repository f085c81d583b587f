//! The streams of a message that Outlook saved.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("outlook"), |data: &[u8]| sekisho_fuzz::run("outlook", data));
