//! The pack loader on any text in any number of files.
//!
//! Holds: it ends, a refusal names at least one problem, and a pack that was accepted can be shown.
//!
//! The input is text; a line `=== <path>` starts a file. The layer asked for is `base`.

use policy::{Pack, SourceFile};

/// Runs one input; a panic is the failure.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
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
}

/// Packs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "=== base/pack.toml\n[pack]\nid = \"base\"\ntitle = \"t\"\n",
        "=== base/pack.toml\nformat = 1\nid = \"base\"\n=== base/roles.toml\n[[role]]\nid = \"ciso\"\ntitle = \"CISO\"\n",
        "=== base/x.toml\na = [\n=== base/x.toml\n",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
