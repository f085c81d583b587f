//! The files that pages load: one style sheet, our own small modules, the icons. Embedded, nothing fetched.
//!
//! Owns their addresses, which carry a hash of all of them together so that a browser may keep them for ever and
//! modules may import each other by relative name.
//! Leaves pages to `screens`.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// One embedded file.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $media_type:literal),+ $(,)?) => {
        &[$(Asset { name: $name, media_type: $media_type, bytes: include_bytes!(concat!("../assets/", $name)) }),+]
    };
}

const ASSETS: &[Asset] = assets! {
    "sekisho.css": "text/css; charset=utf-8",
    "icons.svg": "image/svg+xml",
    "favicon.svg": "image/svg+xml",
    "sekisho.js": "text/javascript; charset=utf-8",
    "dropzone.js": "text/javascript; charset=utf-8",
    "bell.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "picker.js": "text/javascript; charset=utf-8",
    "imports.js": "text/javascript; charset=utf-8",
    "guard.js": "text/javascript; charset=utf-8",
    "inspect.js": "text/javascript; charset=utf-8",
    "files.js": "text/javascript; charset=utf-8",
    "asks.js": "text/javascript; charset=utf-8",
};

/// 12 hex digits over every name and content.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for asset in ASSETS {
        hasher.update(asset.name);
        hasher.update([0]);
        hasher.update(asset.bytes);
        hasher.update([0]);
    }
    hex::encode(hasher.finalize()).chars().take(12).collect()
});

/// The address of an asset, for templates.
#[must_use]
pub fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *HASH)
}

/// Every name with its bytes; the gallery of sample pages writes them beside the pages.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    ASSETS.iter().map(|asset| (asset.name, asset.bytes))
}

/// `GET /assets/{hash}/{name}`. An old hash is answered with today's file, but not to be kept.
pub async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let caching = if hash == *HASH { "public, max-age=31536000, immutable" } else { "no-store" };
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
            (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        ],
        asset.bytes,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for asset in ASSETS {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            // The name of the SVG language is an identifier, not an address that anybody opens.
            let rest = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!rest.contains("http://") && !rest.contains("https://"), "{}", asset.name);
            assert!(!text.contains("@import") && !text.contains("url(//"), "{}", asset.name);
        }
    }

    #[tokio::test]
    async fn only_the_current_hash_may_be_kept() {
        for (hash, name, status, caching) in [
            (HASH.clone(), "sekisho.css", 200, Some("immutable")),
            ("000000000000".to_owned(), "sekisho.css", 200, Some("no-store")),
            (HASH.clone(), "../Cargo.toml", 404, None),
        ] {
            let answer = serve(Path((hash, name.to_owned()))).await;
            assert_eq!(answer.status().as_u16(), status);
            let found = answer.headers().get(header::CACHE_CONTROL).map(|v| v.to_str().unwrap().to_owned());
            assert_eq!(found.is_some(), caching.is_some());
            if let (Some(found), Some(caching)) = (found, caching) {
                assert!(found.contains(caching));
            }
        }
    }
}
