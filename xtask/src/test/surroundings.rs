//! What tests are told through the environment: a database, a browser, files to judge with.
//!
//! Owns: the names of these variables, finding or preparing what each points at, and saying what is not
//! there. A variable that is already set is passed on as it is.
//! Leaves to others: installing packages ([`super::prerequisites`]). A test whose variable is unset says
//! "skipped" itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{oscal, postgres};
use crate::shell::{self, Tool};

/// `postgres://…` of a server where tests may create and drop databases.
const POSTGRES: &str = "SEKISHO_TEST_POSTGRES";
/// The browser.
const CHROMIUM: &str = "SEKISHO_CHROMIUM";
/// Its WebDriver server.
const CHROMEDRIVER: &str = "SEKISHO_CHROMEDRIVER";
/// axe.min.js of axe-core.
const AXE: &str = "SEKISHO_AXE";
/// The folder of sample files and source texts that lies beside the checkout where there is one.
const SHARED: &str = "SEKISHO_SHARED";
/// A Python that can run the independent judge of sanitised files in that folder.
const ORACLE: &str = "SEKISHO_ORACLE_PYTHON";

/// A folder with `venv`, where compliance-trestle is installed, and `schemas`, the official JSON schemas of OSCAL.
const OSCAL: &str = "SEKISHO_OSCAL_JUDGE";

/// Every variable that tests may look at. Those without a value are unset for the tests.
pub(crate) const NAMES: [&str; 7] = [POSTGRES, CHROMIUM, CHROMEDRIVER, AXE, SHARED, ORACLE, OSCAL];

/// axe-core as its registry package: version and SHA-256 of axe.min.js.
const AXE_NPM: (&str, &str) =
    ("axe-core@4.14.1", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c");
/// axe-core as a Python package carries it, where npm is not installed.
const AXE_PIP: (&str, &str) =
    ("axe-playwright-python==0.1.8", "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc");

/// What tests are told. The database server stops when this is dropped.
pub(crate) struct Surroundings {
    /// Variable → value.
    pub(crate) variables: BTreeMap<&'static str, OsString>,
    /// What is not there, each with what is left out because of it.
    pub(crate) missing: Vec<String>,
    _server: Option<postgres::Server>,
}

impl Surroundings {
    /// Finds and prepares everything; with `fast`, neither database server nor browser nor judge.
    pub(crate) fn prepare(root: &Path, fast: bool) -> Result<Self> {
        let mut all = Self { variables: BTreeMap::new(), missing: Vec::new(), _server: None };
        let tools = shell::target_dir(root)?.join("tools");
        std::fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;

        all.take(SHARED, "tests on the corpus of real files", || shared(root));
        if fast {
            all.missing
                .push("--fast: PostgreSQL, browser and the judges of sanitised files and of OSCAL".into());
            return Ok(all);
        }
        all.take(CHROMIUM, "browser tests", || chromium().context("Chromium is not installed"));
        all.take(CHROMEDRIVER, "browser tests", || {
            shell::find("chromedriver").context("chromedriver is not installed")
        });
        all.take(AXE, "accessibility tests", || axe(&tools));
        let shared = all.variables.get(SHARED).map(PathBuf::from);
        all.take(ORACLE, "judging sanitised files with independent programs", || {
            oracle(&shared.context("there is no folder of samples")?, &tools)
        });
        all.take(OSCAL, "judging exports in OSCAL with readers of others", || oscal::judge(&tools));
        if let Some(given) = shell::env(POSTGRES) {
            all.variables.insert(POSTGRES, given);
        } else {
            match postgres::Server::start() {
                Ok(server) => {
                    shell::say(&format!("PostgreSQL {} listens at {}", server.version(), server.url()));
                    all.variables.insert(POSTGRES, server.url().into());
                    all._server = Some(server);
                }
                Err(error) => all.missing.push(format!("tests on PostgreSQL: {error:#}")),
            }
        }
        for missing in &all.missing {
            shell::say(&format!("skipped: {missing}"));
        }
        Ok(all)
    }

    fn take(&mut self, name: &'static str, purpose: &str, find: impl FnOnce() -> Result<PathBuf>) {
        let found = match shell::env(name) {
            Some(given) => Ok(given),
            None => find().map(PathBuf::into_os_string),
        };
        match found {
            Ok(value) => {
                self.variables.insert(name, value);
            }
            Err(error) => self.missing.push(format!("{purpose}: {error:#}")),
        }
    }
}

/// The browser that Debian installs, or one of another distribution.
pub(crate) fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(shell::find)
}

/// Whether the environment already names axe-core.
pub(crate) fn axe_is_given() -> bool {
    shell::env(AXE).is_some()
}

fn shared(root: &Path) -> Result<PathBuf> {
    let beside = root.join("../shared");
    ensure!(
        beside.join("corpus").is_dir(),
        "there is no folder of samples beside the checkout; set {SHARED} to one"
    );
    beside.canonicalize().context("cannot resolve the folder of samples")
}

/// axe.min.js in the folder of tools, fetched once and compared with the checksum above.
fn axe(tools: &Path) -> Result<PathBuf> {
    let dir = tools.join("axe");
    let kept = dir.join("axe.min.js");
    for checksum in [AXE_NPM.1, AXE_PIP.1] {
        if kept.is_file() && sha256(&kept)? == checksum {
            return Ok(kept);
        }
    }
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let (fetched, checksum) = if shell::find("npm").is_some() {
        let out = Tool::new("npm").args(["pack", "--silent", AXE_NPM.0]).dir(&dir).capture()?;
        ensure!(out.ok, "npm could not fetch {}: {}", AXE_NPM.0, out.stderr.trim());
        let archive = out.stdout.lines().last().unwrap_or_default().trim().to_owned();
        let out = Tool::new("tar").args(["-xzf", &archive, "package/axe.min.js"]).dir(&dir).capture()?;
        ensure!(out.ok, "cannot unpack {archive}: {}", out.stderr.trim());
        (dir.join("package/axe.min.js"), AXE_NPM.1)
    } else if shell::find("pip3").is_some() {
        let out =
            Tool::new("pip3").args(["download", "--quiet", "--no-deps", AXE_PIP.0]).dir(&dir).capture()?;
        ensure!(out.ok, "pip could not fetch {}: {}", AXE_PIP.0, out.stderr.trim());
        let archive = "axe_playwright_python-0.1.8-py3-none-any.whl";
        let out = Tool::new("python3").args(["-m", "zipfile", "-e", archive, "."]).dir(&dir).capture()?;
        ensure!(out.ok, "cannot unpack {archive}: {}", out.stderr.trim());
        (dir.join("axe_playwright_python/axe.min.js"), AXE_PIP.1)
    } else {
        anyhow::bail!("neither npm nor pip3 is installed to fetch axe-core; or set {AXE} to an axe.min.js");
    };
    let found = sha256(&fetched)?;
    ensure!(found == checksum, "axe.min.js has SHA-256 {found}, expected {checksum}");
    std::fs::rename(&fetched, &kept).context("cannot keep axe.min.js")?;
    Ok(kept)
}

pub(super) fn sha256(file: &Path) -> Result<String> {
    let out = Tool::new("sha256sum").args([file]).capture()?;
    ensure!(out.ok, "sha256sum failed: {}", out.stderr.trim());
    Ok(out.stdout.split_whitespace().next().unwrap_or_default().to_owned())
}

/// The Python of a virtual environment made by the script that comes with the samples.
fn oracle(shared: &Path, tools: &Path) -> Result<PathBuf> {
    let script = shared.join("oracle-setup");
    ensure!(script.is_file(), "the samples come without oracle-setup");
    shell::say("preparing the Python of the independent judge (minutes on the first run)");
    let out = Tool::new("sh").args([script.as_os_str(), tools.join("oracle").as_os_str()]).capture()?;
    ensure!(out.ok, "oracle-setup failed: {}", out.stderr.lines().last().unwrap_or_default());
    let python = PathBuf::from(out.stdout.lines().last().unwrap_or_default().trim());
    let out = Tool::new(&python).args(["-c", "import lxml, pikepdf, olefile"]).capture()?;
    ensure!(
        out.ok,
        "the Python of the judge does not work: {}",
        out.stderr.lines().last().unwrap_or_default()
    );
    Ok(python)
}
