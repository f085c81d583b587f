//! Texts that an auditor is handed: signed notes, checkpoints, keys, tile paths, leaves.
//!
//! Owns: the name. What must hold is told in `others`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: sekisho_fuzz::start("checkpoint"), |data: &[u8]| sekisho_fuzz::run("checkpoint", data));
