//! The properties of an appointment or a contact.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("vobject"), |data: &[u8]| sekisho_fuzz::run("vobject", data));
