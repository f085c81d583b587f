//! What a machine needs besides Rust, and getting it.
//!
//! Owns: the table of needs and how each is recognised.
//! Leaves to others: how packages are installed ([`super::debian`]), how tests learn where things are
//! ([`super::surroundings`]).

use std::path::Path;

use anyhow::Result;

use super::{debian, postgres, surroundings};
use crate::shell;

/// Something that tests use.
struct Need {
    /// What it is for, as told to a person.
    purpose: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
    /// Whether it is there.
    is_there: fn() -> bool,
}

const NEEDS: [Need; 7] = [
    Need {
        purpose: "SQLite and the cryptography are built from C",
        package: "gcc",
        is_there: || shell::find("cc").is_some(),
    },
    Need {
        purpose: "tests with a real browser",
        package: "chromium",
        is_there: || surroundings::chromium().is_some(),
    },
    Need {
        purpose: "driving that browser",
        package: "chromium-driver",
        is_there: || shell::find("chromedriver").is_some(),
    },
    Need {
        purpose: "the second of the two databases",
        package: "postgresql",
        is_there: || postgres::programs().is_some(),
    },
    Need {
        purpose: "Japanese letters in pages and screenshots",
        package: "fonts-morisawa-bizud-gothic",
        is_there: || Path::new("/usr/share/fonts/truetype/bizud-gothic").is_dir(),
    },
    Need {
        purpose: "letters of names on print forms",
        package: "fonts-noto-cjk",
        is_there: || Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").is_file(),
    },
    Need {
        purpose: "fetching axe-core, the judge of accessibility",
        package: "python3-pip",
        is_there: || {
            surroundings::axe_is_given() || shell::find("npm").is_some() || shell::find("pip3").is_some()
        },
    },
];

/// Tells what is there, installs what is not if that is possible, and names the command if it is not.
/// True when nothing is missing at the end.
pub(crate) fn run() -> Result<bool> {
    let mut missing = Vec::new();
    for need in &NEEDS {
        let there = (need.is_there)();
        shell::say(&format!(
            "{} {} ({})",
            if there { "ok     " } else { "missing" },
            need.package,
            need.purpose
        ));
        if !there {
            missing.push(need);
        }
    }
    if missing.is_empty() {
        return Ok(true);
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !debian::can_install() {
        shell::say(&format!("install what is missing with:\n    {}", debian::command(&packages)));
        return Ok(false);
    }
    let installed = debian::install(&packages)?;
    let still: Vec<&str> =
        missing.iter().filter(|need| !(need.is_there)()).map(|need| need.package).collect();
    if !still.is_empty() {
        shell::say(&format!("still missing: {}", still.join(" ")));
    }
    Ok(installed && still.is_empty())
}
