//! Forms that are sent together with files.
//!
//! Owns taking the parts as they come: fields into pairs, files into the store while they arrive. Leaves where a file belongs and
//! who may send it to the call that begins an upload.

use app::{
    Error,
    uploads::{Upload, UploadedFile},
};
use axum::extract::Multipart;
use workflow::request::ATTACHMENTS_MAX;

use super::{Pairs, send};
use crate::Site;

/// Takes everything; what arrived before something went wrong is in `pairs` and `files`.
pub(super) async fn arrive<F>(
    mut begin: impl FnMut(String) -> F,
    parts: &mut Multipart,
    pairs: &mut Pairs,
    files: &mut Vec<UploadedFile>,
) -> app::Result<()>
where
    F: Future<Output = app::Result<Upload>> + Send,
{
    let broken = |_| Error::Invalid { field: "files", problem: "unknown" };
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(path) = field.file_name().map(str::to_owned) else {
            if pairs.len() >= send::FIELDS_MAX {
                return Err(Error::Invalid { field: "files", problem: "too-long" });
            }
            let value = send::text(&mut field).await?;
            pairs.push((name, value));
            continue;
        };
        // A browser sends an empty part for a file field that was left alone.
        if path.is_empty() {
            continue;
        }
        if files.len() >= ATTACHMENTS_MAX {
            return Err(Error::TooMany { limit: u32::try_from(ATTACHMENTS_MAX).unwrap_or(u32::MAX) });
        }
        let file = path.rsplit_once(['/', '\\']).map_or(path.as_str(), |(_, name)| name);
        let mut upload = begin(file.to_owned()).await?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            upload.write(&chunk).await?;
        }
        files.push(upload.finish().await?);
    }
    Ok(())
}

/// What arrived with a form that is not taken is let go, and what is still coming is read.
pub(super) async fn let_go(site: &Site, files: &[UploadedFile], parts: &mut Multipart) {
    site.app().abandon(files).await;
    crate::upload::read_on(parts).await;
}
