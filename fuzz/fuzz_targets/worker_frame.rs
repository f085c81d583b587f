//! What the server reads from a cell: frames, progress and reports.
//!
//! Owns: the name. What must hold is told in `others`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("worker_frame"), |data: &[u8]| sekisho_fuzz::run("worker_frame", data));
