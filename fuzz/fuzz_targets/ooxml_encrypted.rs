//! The description of an encrypted office package, and the package.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("ooxml_encrypted"), |data: &[u8]| sekisho_fuzz::run("ooxml_encrypted", data));
