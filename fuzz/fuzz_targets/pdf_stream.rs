//! One stream of a PDF behind its dictionary: picture, font, profile, objects.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("pdf_stream"), |data: &[u8]| sekisho_fuzz::run("pdf_stream", data));
