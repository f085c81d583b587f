//! Names of tiles and entry bundles.
//!
//! Owns: the coordinates of a tile and the paths of C2SP `tlog-tiles`, written and read.
//! Leaves to others: what is in a tile (`tree`), where it is kept (`store-sql`, a directory).

use std::fmt;
use std::str::FromStr;

/// Hashes in a full tile, and entries in a full entry bundle.
pub const TILE_WIDTH: usize = 256;

/// Highest level that a path may name (C2SP tlog-tiles).
const LEVEL_MAX: u8 = 63;

/// Groups of three digits that an index of 64 bits can need.
const INDEX_GROUPS_MAX: usize = 7;

/// Coordinates of a hash tile: the key of a row in a store.
///
/// At level 0 a tile holds leaf hashes; at level L each hash is the root of a full tile of level L − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Height above the leaves in steps of eight.
    pub level: u8,
    /// Place within the level, from 0.
    pub index: u64,
}

/// A path below the root of a `tlog-tiles` directory. Its width is 256 for a full tile, less for a partial one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`: hashes.
    Hashes {
        /// Which tile.
        id: TileId,
        /// How many hashes it holds, 1 to 256.
        width: u16,
    },
    /// `tile/entries/<N>[.p/<W>]`: the leaves of the level-0 tile with the same index.
    Entries {
        /// Place among the bundles, from 0.
        index: u64,
        /// How many entries it holds, 1 to 256.
        width: u16,
    },
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TilePath::Hashes { id, width } => {
                write!(f, "tile/{}/{}", id.level, IndexPath { index: id.index, width })
            }
            TilePath::Entries { index, width } => write!(f, "tile/entries/{}", IndexPath { index, width }),
        }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(untrusted_path: &str) -> Result<Self, Self::Err> {
        let rest = untrusted_path.strip_prefix("tile/").ok_or(TilePathError)?;
        let (head, rest) = rest.split_once('/').ok_or(TilePathError)?;
        let IndexPath { index, width } = rest.parse()?;
        let path = if head == "entries" {
            TilePath::Entries { index, width }
        } else {
            let level = head.parse().ok().filter(|level| *level <= LEVEL_MAX).ok_or(TilePathError)?;
            TilePath::Hashes { id: TileId { level, index }, width }
        };
        // Leading zeroes, plus signs and needless groups all show as a different spelling.
        if path.to_string() == untrusted_path { Ok(path) } else { Err(TilePathError) }
    }
}

/// The path does not name a tile or an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("path does not name a tile or an entry bundle")]
pub struct TilePathError;

/// The part `<N>[.p/<W>]` that tiles, entry bundles and payload bundles share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexPath {
    pub(crate) index: u64,
    pub(crate) width: u16,
}

impl fmt::Display for IndexPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![self.index % 1_000];
        let mut rest = self.index / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        while let Some(group) = groups.pop() {
            if groups.is_empty() { write!(f, "{group:03}")? } else { write!(f, "x{group:03}/")? }
        }
        if usize::from(self.width) < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for IndexPath {
    type Err = TilePathError;

    /// Lenient about zeroes: the caller compares the spelling of the whole path.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, width) = match text.split_once(".p/") {
            None => (text, TILE_WIDTH as u16),
            Some((digits, width)) => {
                let width = width.parse().ok().filter(|w| (1..TILE_WIDTH as u16).contains(w));
                (digits, width.ok_or(TilePathError)?)
            }
        };
        if digits.split('/').count() > INDEX_GROUPS_MAX {
            return Err(TilePathError);
        }
        let index = digits.split('/').try_fold(0_u64, |index, group| {
            let group: u64 = group.trim_start_matches('x').parse().ok()?;
            index.checked_mul(1_000)?.checked_add(group)
        });
        Ok(Self { index: index.ok_or(TilePathError)?, width })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_follow_the_specification() {
        let hashes = |level, index, width| TilePath::Hashes { id: TileId { level, index }, width };
        for (path, text) in [
            (hashes(0, 0, 256), "tile/0/000"),
            (hashes(0, 1_234_067, 256), "tile/0/x001/x234/067"),
            (hashes(2, 0, 1), "tile/2/000.p/1"),
            (hashes(63, 999, 255), "tile/63/999.p/255"),
            (hashes(0, u64::MAX, 256), "tile/0/x018/x446/x744/x073/x709/x551/615"),
            (TilePath::Entries { index: 1_000, width: 8 }, "tile/entries/x001/000.p/8"),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(text.parse(), Ok(path));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/00/001",
            "tile/+0/001",
            "tile/64/001",
            "tile/-1/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/001.p",
            "tile/0/../001",
            "/tile/0/001",
            "tile/entries/001.p/1.p/1",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/xx01/001",
        ] {
            assert_eq!(text.parse::<TilePath>(), Err(TilePathError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_path_survives(level in 0..=LEVEL_MAX, index in any::<u64>(), width in 1..=256_u16) {
            for path in [TilePath::Hashes { id: TileId { level, index }, width }, TilePath::Entries { index, width }] {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }

        #[test]
        fn any_text_is_refused_or_canonical(text in "tile/[0-9e]{1,2}/[x0-9/.p]{0,20}") {
            if let Ok(path) = text.parse::<TilePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
