//! What the office program is told: its folders, its profile, its arguments and its environment.
//!
//! Owns: the layout of the folder of one conversion, and the settings that keep macros, links and everything that asks
//! somebody from running in the first place. They are the first line; `bars` is the one that is relied on.
//! Leaves to others: making the folder and removing it (`worker-client`).

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use worker_protocol::Kind;
use worker_protocol::conversion::Conversion;

/// The folder of one conversion. Whatever lies in it is unsanitised.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    folder: PathBuf,
    what: Conversion,
}

impl Desk {
    /// A folder that is there and empty.
    pub(crate) fn new(folder: &Path, what: Conversion) -> Self {
        Self { folder: folder.to_owned(), what }
    }

    /// Makes the folders below and the profile.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn lay_out(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for name in ["home", "out", "tmp", "profile/user"] {
            builder.create(self.folder.join(name))?;
        }
        std::fs::write(self.folder.join("profile/user/registrymodifications.xcu"), profile())
    }

    /// Where the file to convert is written. Its ending is ours, not the sender's.
    pub(crate) fn input(&self) -> PathBuf {
        self.folder.join(format!("in.{}", ending(self.what.from())))
    }

    /// Where the program writes what came of it.
    pub(crate) fn output(&self) -> PathBuf {
        self.folder.join("out").join(format!("in.{}", ending(self.what.to())))
    }

    /// What the program is started with.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let profile = format!("-env:UserInstallation=file://{}/profile", self.folder.display());
        let out = self.folder.join("out").display().to_string();
        let input = self.input().display().to_string();
        let given = [
            "--headless",
            "--invisible",
            "--nologo",
            "--nodefault",
            "--nofirststartwizard",
            "--norestore",
            "--nolockcheck",
            "--convert-to",
            filter(self.what.to()),
            "--outdir",
        ];
        let given = given.into_iter().map(ToOwned::to_owned);
        std::iter::once(profile).chain(given).chain([out, input]).collect()
    }

    /// All of the program's environment.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 5] {
        [
            ("HOME", self.folder.join("home")),
            ("TMPDIR", self.folder.join("tmp")),
            ("LANG", PathBuf::from("C.UTF-8")),
            // Draws into memory; looks for no screen.
            ("SAL_USE_VCLPLUGIN", PathBuf::from("svp")),
            // Where it puts the socket by which it knows that it runs. The name of a socket is short, so it counts from
            // the folder in which the program starts.
            ("OSL_SOCKET_PATH", PathBuf::from(".")),
        ]
    }
}

fn ending(kind: Kind) -> &'static str {
    // The ids of these kinds are their endings.
    kind.id()
}

/// The name of the ending and, where an ending has several meanings, the filter that writes it.
fn filter(to: Kind) -> &'static str {
    match to {
        Kind::Docx => "docx:MS Word 2007 XML",
        Kind::Xlsx => "xlsx:Calc MS Excel 2007 XML",
        Kind::Pptx => "pptx:Impress MS PowerPoint 2007 XML",
        _ => "pdf",
    }
}

/// Settings as (component, name, value).
const SETTINGS: &[(&str, &str, &str)] = &[
    // Macros: only trusted places, of which there are none, and not at all besides.
    ("org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "HyperlinksWithCtrlClick", "true"),
    // Basic code is not even read.
    ("org.openoffice.Office.Writer/Filter/Import/VBA", "Load", "false"),
    ("org.openoffice.Office.Writer/Filter/Import/VBA", "Executable", "false"),
    ("org.openoffice.Office.Writer/Filter/Import/VBA", "Save", "false"),
    ("org.openoffice.Office.Calc/Filter/Import/VBA", "Load", "false"),
    ("org.openoffice.Office.Calc/Filter/Import/VBA", "Executable", "false"),
    ("org.openoffice.Office.Calc/Filter/Import/VBA", "Save", "false"),
    ("org.openoffice.Office.Impress/Filter/Import/VBA", "Load", "false"),
    ("org.openoffice.Office.Impress/Filter/Import/VBA", "Save", "false"),
    // Objects of other documents stay unopened; their pictures are all that is kept of them later.
    ("org.openoffice.Office.Common/Filter/Microsoft/Import", "WinWordToWriter", "false"),
    ("org.openoffice.Office.Common/Filter/Microsoft/Import", "ExcelToCalc", "false"),
    ("org.openoffice.Office.Common/Filter/Microsoft/Import", "PowerPointToImpress", "false"),
    // Links are never followed; formulas keep the values that the file brings.
    ("org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("org.openoffice.Office.Calc/Content/Update", "Link", "1"),
    ("org.openoffice.Office.Calc/Formula/Load", "OOXMLRecalcMode", "1"),
    ("org.openoffice.Office.Calc/Formula/Load", "ODFRecalcMode", "1"),
    // No other programs, no marks of an earlier life.
    ("org.openoffice.Office.Java/VirtualMachine", "Enable", "false"),
    ("org.openoffice.Office.Common/Misc", "FirstRun", "false"),
    ("org.openoffice.Office.Common/Misc", "UseOpenCL", "false"),
    ("org.openoffice.Office.Common/Misc", "CollectUsageInformation", "false"),
    ("org.openoffice.Office.Recovery/AutoSave", "Enabled", "false"),
    // Dates and fonts of documents that do not say whose they are.
    ("org.openoffice.Setup/L10N", "ooSetupSystemLocale", "ja-JP"),
    ("org.openoffice.Office.Linguistic/General", "DefaultLocale_CJK", "ja-JP"),
];

/// The profile as the program keeps it itself.
fn profile() -> String {
    let items: String = SETTINGS
        .iter()
        .map(|(path, name, value)| {
            format!(
                "<item oor:path=\"/{path}\"><prop oor:name=\"{name}\" oor:op=\"fuse\"><value>{value}</value></prop></item>\n"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <oor:items xmlns:oor=\"http://openoffice.org/2001/registry\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n\
         {items}</oor:items>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_chooses_no_word_of_the_command() {
        let desk = Desk::new(Path::new("/dev/shm/x"), Conversion::to_current(Kind::Doc).unwrap());
        assert_eq!(desk.input(), Path::new("/dev/shm/x/in.doc"));
        assert_eq!(desk.output(), Path::new("/dev/shm/x/out/in.docx"));
        let arguments = desk.arguments();
        assert_eq!(arguments[0], "-env:UserInstallation=file:///dev/shm/x/profile");
        assert_eq!(arguments.last().unwrap(), "/dev/shm/x/in.doc");
        for kind in [Kind::Doc, Kind::Xls, Kind::Ppt, Kind::Xlsb, Kind::Docx, Kind::Ods, Kind::Rtf] {
            let pages = Desk::new(Path::new("/x"), Conversion::to_pages(kind).unwrap());
            assert!(pages.arguments().contains(&"pdf".to_owned()));
            assert_eq!(pages.output(), Path::new("/x/out/in.pdf"));
        }
    }

    #[test]
    fn the_profile_forbids_macros() {
        let profile = profile();
        for setting in [
            "\"MacroSecurityLevel\" oor:op=\"fuse\"><value>3<",
            "\"DisableMacrosExecution\" oor:op=\"fuse\"><value>true<",
        ] {
            assert!(profile.contains(setting), "{setting}");
        }
        assert_eq!(profile.matches("<item ").count(), profile.matches("</item>").count());
    }
}
