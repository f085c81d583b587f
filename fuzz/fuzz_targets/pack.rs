//! The pack loader on any text in any number of files.
//!
//! Holds: it ends, a refusal names at least one problem, and a pack that was accepted can be shown.
//!
//! The input is text; a line `=== <path>` starts a file. The layer asked for is `base`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{Pack, SourceFile};

fuzz_target!(|text: &str| {
    let mut files: Vec<SourceFile> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("=== ") {
            files.push(SourceFile { path: path.to_owned(), text: String::new() });
        } else if let Some(file) = files.last_mut() {
            file.text.push_str(line);
            file.text.push('\n');
        }
    }
    match Pack::resolve(&files, "base") {
        Ok(resolved) => assert!(!resolved.show().is_empty()),
        Err(problems) => assert!(!problems.is_empty()),
    }
});
