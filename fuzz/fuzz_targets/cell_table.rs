//! What the server reads from a cell that wrote a table down.
//!
//! Owns: the name. What must hold is told in `others`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("cell_table"), |data: &[u8]| sekisho_fuzz::run("cell_table", data));
