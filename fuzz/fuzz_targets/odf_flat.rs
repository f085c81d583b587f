//! An OpenDocument file without a package.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("odf_flat"), |data: &[u8]| sekisho_fuzz::run("odf_flat", data));
