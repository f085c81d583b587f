//! The attributes of an envelope of Outlook in a message.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("tnef"), |data: &[u8]| sekisho_fuzz::run("tnef", data));
