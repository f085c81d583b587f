//! Readers of OSCAL that are not ours: compliance-trestle, and NIST's own JSON schemas.
//!
//! Owns: getting both from the registry of Python packages, once, into the folder of tools.
//! Leaves to others: asking them (`crates/policy/tests/oscal_judge.py`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::surroundings::sha256;
use crate::shell::{self, Tool};

/// What is installed beside each other; the second one judges by the schemas.
const READERS: [&str; 2] = ["compliance-trestle==5.2.0", "jsonschema-rs==0.60.3"];

/// The package that carries the schemas of every version as NIST published them, and its SHA-256.
const CARRIER: (&str, &str) =
    ("oscal==2.0.0", "21c4f2763d14b2192343ecf49c58eb84cddeaf0cf4ac7e52f4081a0d4b15ea2a");

/// The schemas of OSCAL 1.2.1 that are asked for, each with its SHA-256.
const SCHEMAS: [(&str, &str); 3] = [
    ("oscal_catalog_schema.json", "c0ae626d6bafe318db68692152d0cbbebf29ba7226b1596a5513cc5d1754504d"),
    ("oscal_component_schema.json", "ce95b3b3ea8de87c020ad4a91075241f6f863a77afe212ee828009830d6042d1"),
    ("oscal_profile_schema.json", "3b92e83ef9043af573ca81a451f899adf6855440b0974fb448b9c635fead7983"),
];

/// Takes the schemas out of the package: a database inside of a zip inside of a zip.
const UNPACK: &str = r#"
import io, os, sqlite3, sys, tempfile, zipfile
wheel, target = sys.argv[1:3]
inner = zipfile.ZipFile(wheel).read("oscal/data/oscal_support.zip")
with tempfile.TemporaryDirectory() as folder:
    database = zipfile.ZipFile(io.BytesIO(inner)).extract("oscal_support.db", folder)
    rows = sqlite3.connect(database).execute(
        "select f.filename, f.content from oscal_support s join filecache f on f.uuid = s.filecache_uuid"
        " where s.version = 'v1.2.1' and s.type = 'json-schema'")
    for name, content in rows:
        open(os.path.join(target, os.path.basename(name)), "wb").write(content)
"#;

/// The folder with both.
pub(super) fn judge(tools: &Path) -> Result<PathBuf> {
    let folder = tools.join("oscal");
    let python = folder.join("venv/bin/python");
    let schemas = folder.join("schemas");
    if !works(&python) {
        shell::say("preparing the readers of OSCAL (a minute on the first run)");
        let found = shell::find("python3").context("python3 is not installed")?;
        // What a broken run left behind would be taken for a sound one.
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let venv = folder.join("venv");
        run(Tool::new(&found).args(["-m", "venv"]).args([&venv]), "python3 -m venv")?;
        let pip = Tool::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(READERS), "pip install")?;
        ensure!(works(&python), "the readers of OSCAL were installed and do not start");
    }
    if !sound(&schemas)? {
        std::fs::create_dir_all(&schemas).with_context(|| format!("cannot create {}", schemas.display()))?;
        let pip =
            Tool::new(&python).args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(["--no-deps", "--only-binary=:all:", CARRIER.0]).dir(&folder), "pip download")?;
        let wheel = folder.join("oscal-2.0.0-py3-none-any.whl");
        let is = sha256(&wheel)?;
        ensure!(is == CARRIER.1, "{} has SHA-256 {is}, expected {}", wheel.display(), CARRIER.1);
        run(
            Tool::new(&python).args(["-c", UNPACK]).args([wheel.as_os_str(), schemas.as_os_str()]),
            "unpacking the schemas",
        )?;
        ensure!(sound(&schemas)?, "the schemas are not those of OSCAL 1.2.1");
        std::fs::remove_file(&wheel).with_context(|| format!("cannot remove {}", wheel.display()))?;
    }
    Ok(folder)
}

fn works(python: &Path) -> bool {
    python.is_file()
        && Tool::new(python)
            .args(["-c", "import jsonschema_rs, trestle.core.profile_resolver"])
            .capture()
            .is_ok_and(|out| out.ok)
}

fn sound(schemas: &Path) -> Result<bool> {
    for (name, checksum) in SCHEMAS {
        let file = schemas.join(name);
        if !file.is_file() || sha256(&file)? != checksum {
            return Ok(false);
        }
    }
    Ok(true)
}

fn run(tool: Tool, what: &str) -> Result<()> {
    let out = tool.capture()?;
    ensure!(out.ok, "{what}: {}", out.stderr.lines().last().unwrap_or_default());
    Ok(())
}
