//! Word and Excel as one file of XML.
//!
//! Owns: the name. What an input becomes and what must hold is told in `parsers`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("office_xml"), |data: &[u8]| sekisho_fuzz::run("office_xml", data));
