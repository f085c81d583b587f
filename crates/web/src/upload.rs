//! Taking one file of a multipart request, chunk by chunk.
//!
//! Owns reading the part; memory holds one chunk at a time. Used by the API and by the screens.
//! Leaves the bound on bytes and where they go to `app::uploads`, which knows the channel.

use std::time::Duration;

use app::{App, Error, actor::Actor, arriving::Arriving, uploads::UploadedFile};
use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError},
};

/// Why a file was not taken. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The use case refused it.
    #[error(transparent)]
    App(#[from] Error),
    /// The request ended too early or is no multipart.
    #[error("the part cannot be read")]
    Part(#[from] MultipartError),
}

/// Stores the file in `field` for a channel. Its name is what the part says; a part named `A/b.docx` comes from the
/// folder `A` of a folder that was dropped.
///
/// # Errors
/// [`ReceiveError`].
pub async fn receive(
    app: &App,
    actor: &Actor,
    channel: &str,
    mut untrusted: Field<'_>,
) -> Result<UploadedFile, ReceiveError> {
    let (folder, name) = split(untrusted.file_name().unwrap_or_default());
    let mut upload = app.begin_file(actor, channel, name, folder).await?;
    while let Some(chunk) = untrusted.chunk().await? {
        upload.write(&chunk).await?;
    }
    Ok(upload.finish().await?)
}

/// Fields of a form with one file at most, and bytes of each.
const FIELDS_MAX: usize = 20;
const FIELD_BYTES_MAX: usize = 2_000;

/// Takes the fields of a form, and its one file as it comes; `begin` starts taking it under the name that was claimed.
///
/// # Errors
/// What the use case refuses, [`Error::TooMany`] for a second file, [`Error::Invalid`] for what is no such form.
pub(crate) async fn one_file<F>(
    parts: &mut Multipart,
    pairs: &mut Vec<(String, String)>,
    begin: impl Fn(String) -> F + Send,
) -> app::Result<Option<Arriving>>
where
    F: Future<Output = app::Result<Arriving>> + Send,
{
    let broken = |_| Error::Invalid { field: "file", problem: "unknown" };
    let mut upload = None;
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(path) = field.file_name().map(str::to_owned) else {
            if pairs.len() >= FIELDS_MAX {
                return Err(Error::Invalid { field: "layer", problem: "too-long" });
            }
            let value = text(&mut field).await?;
            pairs.push((name, value));
            continue;
        };
        // A browser sends an empty part for a file field that was left alone.
        if path.is_empty() {
            continue;
        }
        if upload.is_some() {
            return Err(Error::TooMany { limit: 1 });
        }
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let mut taken = begin(file).await?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            taken.write(&chunk).await?;
        }
        upload = Some(taken);
    }
    Ok(upload)
}

async fn text(field: &mut Field<'_>) -> app::Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) =
        field.chunk().await.map_err(|_| Error::Invalid { field: "file", problem: "unknown" })?
    {
        if bytes.len() + chunk.len() > FIELD_BYTES_MAX {
            return Err(Error::Invalid { field: "layer", problem: "too-long" });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How long the rest of a refused request is read.
const REFUSED_READ_MAX: Duration = Duration::from_secs(5);

/// Reads what is left of a request that was refused, and keeps nothing of it. Most clients look for an answer only when
/// they have sent everything; answering and closing before that shows them a broken connection instead of the reason.
pub(crate) async fn read_on(parts: &mut Multipart) {
    let rest = async {
        while let Ok(Some(mut field)) = parts.next_field().await {
            while let Ok(Some(_)) = field.chunk().await {}
        }
    };
    // Whoever sends for longer than this loses the answer, not we the connection.
    let _ = tokio::time::timeout(REFUSED_READ_MAX, rest).await;
}

/// Folder and name. Both are shown only, never used as a path.
fn split(untrusted_path: &str) -> (&str, &str) {
    untrusted_path.trim_start_matches('/').rsplit_once('/').unwrap_or(("", untrusted_path))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_folder_is_told_from_a_name() {
        for (path, expected) in [
            ("報告.docx", ("", "報告.docx")),
            ("令和8年度/4月/報告.docx", ("令和8年度/4月", "報告.docx")),
            ("/報告.docx", ("", "/報告.docx")),
            ("../../x", ("../..", "x")),
            ("", ("", "")),
            ("a/", ("a", "")),
        ] {
            assert_eq!(split(path), expected, "{path}");
        }
    }
}
