//! A printed form as a file.
//!
//! Owns its name, its headers, and which of the two makes it: the cell that prints, or the writer of workbooks.

use app::{App, Error};
use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use policy::{PrintForm, PrintLook};
use worker_protocol::print::PrintJob;

use super::data::{Data, common};
use crate::{attachment::disposition, dates, print::sheet};

/// Says how many characters were printed as 〓, for programs; the form itself says it to people.
const UNPRINTABLE: HeaderName = HeaderName::from_static("sekisho-unprintable");

const PDF: &str = "application/pdf";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The form with what its thing gives it.
///
/// # Errors
/// [`Error::Print`]; [`Error::Internal`] when a workbook or a header cannot be written.
pub(super) async fn file(app: &App, form: &PrintForm, own: Data, about: &str) -> app::Result<Response> {
    let mut data = common(app, form);
    data.extend(own);
    let (bytes, kind, ending, unprintable) = match &form.look {
        PrintLook::Template(template) => {
            let job = PrintJob {
                template: template.clone(),
                data: serde_json::Value::Object(data),
                day: dates::day_field(app.now()),
            };
            let printed = app.print(&job).await.map_err(Error::Print)?;
            (printed.pdf, PDF, "pdf", printed.unprintable.len())
        }
        PrintLook::Sheet(layout) => {
            let (layout, title, now) = (layout.clone(), form.title.clone(), app.now());
            let written = tokio::task::spawn_blocking(move || sheet::write(&layout, &title, &data, now));
            let bytes = written.await.map_err(|e| Error::Internal(format!("workbook: {e}")))??;
            (bytes, XLSX, "xlsx", 0)
        }
    };
    let name = format!("{}_{about}.{ending}", form.title);
    let disposition = HeaderValue::from_str(&disposition(&name))
        .map_err(|e| Error::Internal(format!("a name of a file: {e}")))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, disposition),
        (UNPRINTABLE, HeaderValue::from(unprintable)),
    ];
    Ok((headers, bytes).into_response())
}
