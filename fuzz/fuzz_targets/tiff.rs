//! The directories of a TIFF picture.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("tiff"), |data: &[u8]| sekisho_fuzz::run("tiff", data));
