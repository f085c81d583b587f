//! すべて受け取る: all that a transfer lets somebody take, in one ZIP that is written while it is sent.
//!
//! Owns which files go in, under which names, and that a file that cannot be read ends the answer instead of being left out.
//! Leaves what may be taken, and that each taking is evidence, to `app`, which is asked file by file; the archive to
//! [`crate::archive`].

use std::collections::HashSet;

use app::{Error, actor::Actor};
use axum::{
    extract::{Path, State},
    response::Response,
};
use workflow::id::{FileId, TransferId};

use crate::{
    archive::{self, Member},
    dates,
    door::Signed,
    site::Site,
};

/// Characters of a folder of an archive.
const FOLDER_CHARS_MAX: usize = 200;

pub(crate) async fn download_all(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let answer = taken(&site, &who.actor, TransferId::new(id)).await;
    answer.unwrap_or_else(|error| site.fail(Some(&who.actor), &error))
}

async fn taken(site: &Site, actor: &Actor, id: TransferId) -> app::Result<Response> {
    let app = site.app();
    let transfer = app.transfer(actor, &id).await?.transfer;
    let passed = transfer.files.iter().filter(|file| file.state.passes() && file.clean.is_some());
    let mut rest =
        passed.map(|file| (file.id.clone(), file.untrusted_folder.clone())).collect::<Vec<_>>().into_iter();
    let (first, folder) = rest.next().ok_or(Error::NotFound)?;
    let mut names = Names::default();
    // The first is taken before anything is answered: whoever may take nothing is told so on a page.
    let first = member(&app, actor, &id, &first, &folder, &mut names).await?;
    let title = format!("{}.zip", dates::transfer_number(transfer.number, transfer.submitted_at));
    let actor = actor.clone();
    let mut first = Some(first);
    archive::stream(&title, async move || {
        if let Some(first) = first.take() {
            return Some(Ok(first));
        }
        let (file, folder) = rest.next()?;
        Some(member(&app, &actor, &id, &file, &folder, &mut names).await.map_err(std::io::Error::other))
    })
}

async fn member(
    app: &app::App,
    actor: &Actor,
    id: &TransferId,
    file: &FileId,
    untrusted_folder: &str,
    names: &mut Names,
) -> app::Result<Member> {
    let download = app.download(actor, id, file).await?;
    Ok(Member {
        name: names.next(untrusted_folder, &download.name),
        bytes: download.bytes,
        at: app.now(),
        reader: download.reader,
    })
}

/// The names in one archive so far: no two that Windows takes for one.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// The name of the next member. The name itself is safe, as its cell made it; of the folder stays what can be a folder.
    fn next(&mut self, untrusted_folder: &str, name: &str) -> String {
        let folder = folder(untrusted_folder);
        let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
            _ => (name, String::new()),
        };
        let others = (2_u32..).map(|n| path(&format!("{stem} ({n}){ending}")));
        std::iter::once(path(name))
            .chain(others)
            .find(|path| self.0.insert(path.to_lowercase()))
            .unwrap_or_default()
    }
}

fn folder(untrusted: &str) -> String {
    let parts = untrusted.split(['/', '\\']).map(|part| {
        let kept: String = part
            .chars()
            .map(|c| if c.is_control() || r#"<>:"|?*"#.contains(c) || is_direction_mark(c) { '_' } else { c })
            .collect();
        // What ends with a dot or a blank is another name on Windows; dots alone would lead out of the folder.
        kept.trim().trim_end_matches(['.', ' ']).to_owned()
    });
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts
        .join("/")
        .chars()
        .take(FOLDER_CHARS_MAX)
        .collect::<String>()
        .trim_end_matches(['/', '.', ' '])
        .to_owned()
}

/// Marks that turn the direction of writing, so that a name reads as another.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_have_names_of_their_own() {
        let mut names = Names::default();
        for (folder, name, expected) in [
            ("", "計画.docx", "計画.docx"),
            ("", "計画.docx", "計画 (2).docx"),
            ("", "A.PDF", "A.PDF"),
            ("", "a.pdf", "a (2).pdf"),
            ("令和8年度/税務課", "計画.docx", "令和8年度/税務課/計画.docx"),
            ("..\\..\\x", "a.pdf", "x/a.pdf"),
            ("/etc/./..", "a.pdf", "etc/a.pdf"),
            ("C:\\a. ", "none", "C_/a/none"),
            ("x\u{202e}gpj", "a.pdf", "x_gpj/a.pdf"),
            ("", ".x", ".x"),
            ("", ".x", ".x (2)"),
        ] {
            assert_eq!(names.next(folder, name), expected);
        }
    }

    proptest! {
        #[test]
        fn no_folder_leads_out(untrusted in ".*") {
            let mut names = Names::default();
            let name = names.next(&untrusted, "a.pdf");
            prop_assert!(!name.starts_with('/') && !name.contains('\\'));
            prop_assert!(name.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
        }
    }
}
