//! The objects of a PDF, with cross-references that fit.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("pdf_objects"), |data: &[u8]| sekisho_fuzz::run("pdf_objects", data));
