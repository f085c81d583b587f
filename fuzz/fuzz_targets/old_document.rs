//! Documents of Word 97, rebuilt as what they are.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("old_document"), |data: &[u8]| sekisho_fuzz::run("old_document", data));
