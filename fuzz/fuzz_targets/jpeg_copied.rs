//! The coded data of a photograph inside a document.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("jpeg_copied"), |data: &[u8]| sekisho_fuzz::run("jpeg_copied", data));
