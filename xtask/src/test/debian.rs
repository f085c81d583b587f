//! Installing Debian packages, or naming the command that does.
//!
//! Owns: how apt is called: without questions, waiting for another apt, refreshing its lists once.
//! Leaves to others: which packages are needed and for what.

use anyhow::Result;

use crate::shell::{self, Tool};

/// What apt is told each time. Another apt may be at work on a fresh machine; wait for it.
const OPTIONS: [&str; 5] = ["-o", "DPkg::Lock::Timeout=600", "-y", "-q", "--no-install-recommends"];

/// The command that a person types to install these packages.
pub(crate) fn command(packages: &[&str]) -> String {
    format!("sudo apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Whether this process could install packages itself.
pub(crate) fn can_install() -> bool {
    shell::is_root()
        && shell::find("apt-get").is_some()
        && std::path::Path::new("/etc/debian_version").exists()
}

/// Installs the packages; true when apt says that it worked.
pub(crate) fn install(packages: &[&str]) -> Result<bool> {
    let apt = |args: &[&str]| {
        let tool = Tool::new("apt-get").args(OPTIONS).args(args).set("DEBIAN_FRONTEND", "noninteractive");
        shell::say(&format!("$ {}", tool.shown()));
        tool.run()
    };
    // Old lists may still do; only the install decides.
    if !apt(&["update"])? {
        shell::say("apt-get update did not work; trying with the lists that are there");
    }
    let mut args = vec!["install"];
    args.extend(packages);
    apt(&args)
}
