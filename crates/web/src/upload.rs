//! Taking one file of a multipart request, chunk by chunk.
//!
//! Owns reading the part; memory holds one chunk at a time. Used by the API and by the screens.
//! Leaves the bound on bytes and where they go to `app::uploads`, which knows the channel.

use app::{App, Error, actor::Actor, uploads::UploadedFile};
use axum::extract::multipart::{Field, MultipartError};

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
