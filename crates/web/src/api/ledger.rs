//! The ledger for strangers: checkpoint, tiles and key, as C2SP tlog-tiles lays them out.
//!
//! Owns addresses, media types and caching. Public on purpose: leaves and hashes hold no contents, and whoever keeps
//! copies makes it harder for us to rewrite anything.

use app::{App, Error};
use axum::{
    Router,
    extract::{Path, State},
    http::header,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};

use super::errors::{self, Failure};

/// `/ledger/checkpoint`, `/ledger/tile/…` and `/ledger/vkey`, to be mounted at the root. Needs no login.
pub fn ledger_routes(app: App) -> Router {
    Router::new()
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/tile/{*path}", get(tile))
        .route("/ledger/vkey", get(vkey))
        .layer(from_fn_with_state(app.clone(), errors::finish))
        .with_state(app)
}

const TEXT: &str = "text/plain; charset=utf-8";

async fn checkpoint(State(app): State<App>) -> Result<Response, Failure> {
    let checkpoint = app.checkpoint().await?.ok_or(Error::NotFound)?;
    // The newest one: an old one from a cache would look like a log that stands still.
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-cache")], checkpoint).into_response())
}

async fn vkey(State(app): State<App>) -> Response {
    let key = format!("{}\n", app.vkey());
    ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-cache")], key).into_response()
}

async fn tile(State(app): State<App>, Path(untrusted_path): Path<String>) -> Result<Response, Failure> {
    let bytes = app.tile(&format!("tile/{untrusted_path}")).await?;
    // A full tile never changes. A partial one is soon replaced by a wider one, so keeping it is no use.
    let caching = if untrusted_path.contains(".p/") {
        "public, max-age=60"
    } else {
        "public, max-age=31536000, immutable"
    };
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, caching)];
    Ok((headers, bytes).into_response())
}
