//! The operators of a PDF page.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("pdf_content"), |data: &[u8]| sekisho_fuzz::run("pdf_content", data));
