//! What crosses the pipe between the server and the sanitiser's cell.
//!
//! Owns: the job that goes in ([`job`]), the kinds of files ([`kind`]), the report that comes back ([`report`], [`removal`],
//! [`preview`]), the framing ([`frame`]), what a cell may ask of its server ([`conversion`]), tables written down as data
//! ([`table`]), and what the cell that prints is asked (`print`).
//! Leaves to others: what sanitising means (`sanitize`), the process and its cell (`sekisho-worker`),
//! starting and supervising it (`worker-client`), and the words a person reads (`web`, `sekisho`): a report
//! carries codes and plain values, never a sentence.
//!
//! Types here have plain fields because they cross a process. The server treats everything in a report as
//! data from outside: codes are closed enums, strings are bounded on read.

pub mod conversion;
pub mod frame;
pub mod job;
pub mod kind;
pub mod preview;
pub mod print;
pub mod removal;
pub mod report;
pub mod table;

pub use job::{
    CsvFormulaPolicy, FilePolicy, Hint, Job, Limits, LinkPolicy, MARK_CHARS_MAX, Mark, Mode, Notes,
};
pub use kind::{Inspection, Kind};
pub use preview::{Preview, TextBlock};
pub use removal::{Removal, Severity, Spot, Threat};
pub use report::{
    Fidelity, Kept, MEMBER_DEPTH_MAX, Member, NAME_BYTES_MAX, PLACE_CHARS_MAX, REMOVALS_MAX, RULES_VERSION,
    Reason, Report, Road, Verdict,
};

macro_rules! closed_codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $id)] $variant),+ }
        impl $name {
            /// Every code, for catalogues and tests that must cover them all.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word used in reports, evidence and the API.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $($name::$variant => $id),+ } }
        }
    };
}
pub(crate) use closed_codes;

/// What comes back for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was found and done.
    pub report: Report,
    /// The clean bytes. Present exactly when the verdict is [`Verdict::Clean`] or [`Verdict::Partial`].
    pub clean: Option<Vec<u8>>,
    /// What the approver sees, when it was asked for and could be made.
    pub preview: Option<Preview>,
    /// PNG bytes of [`Preview::Pages`], in order.
    pub preview_pages: Vec<Vec<u8>>,
}
