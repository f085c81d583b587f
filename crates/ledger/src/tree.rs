//! The Merkle tree as tiles.
//!
//! Owns: growing the tree and computing its root from nothing but its right edge.
//! Leaves to others: proofs (`proof`), keeping tiles and ordering writers (`store-sql`).
//!
//! Only complete subtrees are ever stored, so a tile grows but never changes what it already holds. The right edge of
//! a tree is one partial tile per level; appending rewrites those and adds the tiles that became full.

use std::collections::BTreeMap;

use crate::hash::{Hash, node_hash};
use crate::tile::{TILE_WIDTH, TileId};

/// Leaves that a tree can have: far more than a ledger will see, and few enough that no arithmetic overflows.
pub const SIZE_MAX: u64 = (1 << 48) - 1;

/// Levels of tiles that a tree of [`SIZE_MAX`] leaves has.
const LEVELS: usize = 6;

/// Where tiles come from: the rows or files that were fetched beforehand.
pub trait TileSource {
    /// The bytes of a tile, 32 for each hash, or nothing if it was not fetched. Longer than asked is fine.
    fn tile(&self, id: TileId) -> Option<&[u8]>;
}

impl TileSource for BTreeMap<TileId, Vec<u8>> {
    fn tile(&self, id: TileId) -> Option<&[u8]> {
        self.get(&id).map(Vec::as_slice)
    }
}

/// Hashes that the tile `id` holds in a tree of `size` leaves: 0 if there is no such tile, 256 if it is full.
#[must_use]
pub fn tile_width(id: TileId, size: u64) -> usize {
    let at_level = size.checked_shr(8 * u32::from(id.level)).unwrap_or(0);
    let before = id.index.checked_mul(TILE_WIDTH as u64);
    let width = before.and_then(|before| at_level.checked_sub(before)).unwrap_or(0);
    width.min(TILE_WIDTH as u64) as usize
}

/// The tiles of the right edge of a tree of `size` leaves: what [`append`] and [`Frontier::load`] need.
#[must_use]
pub fn tiles_needed_for_append(size: u64) -> Vec<TileId> {
    (0..LEVELS as u8).filter_map(|level| edge_tile(level, size)).collect()
}

/// The partial tile at this level, if there is one.
fn edge_tile(level: u8, size: u64) -> Option<TileId> {
    let id = TileId { level, index: size >> (8 * (u32::from(level) + 1)) };
    (tile_width(id, size) > 0).then_some(id)
}

/// Appends leaves to a tree of `size` leaves, given the tiles of [`tiles_needed_for_append`].
///
/// # Errors
/// [`TreeError`] when a tile is missing or shorter than the size says, or the tree would exceed [`SIZE_MAX`].
pub fn append(size: u64, tiles: &impl TileSource, leaf_hashes: &[Hash]) -> Result<Appended, TreeError> {
    let mut frontier = Frontier::load(size, tiles)?;
    let mut changed = BTreeMap::new();
    for leaf in leaf_hashes {
        frontier.push(*leaf, |id, hashes| {
            changed.insert(id, tile_bytes(hashes));
        })?;
    }
    for (level, edge) in (0_u8..).zip(&frontier.edge) {
        let shift = 8 * u32::from(level);
        if !edge.is_empty() && size >> shift != frontier.size >> shift {
            changed.insert(TileId { level, index: frontier.size >> (shift + 8) }, tile_bytes(edge));
        }
    }
    Ok(Appended { size: frontier.size, root: frontier.root(), tiles: changed })
}

/// The outcome of [`append`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Leaves after appending.
    pub size: u64,
    /// Root after appending.
    pub root: Hash,
    /// The tiles to write: new ones and partial ones that grew. Each replaces the row with its id.
    pub tiles: BTreeMap<TileId, Vec<u8>>,
}

/// The right edge of a tree: all that is needed to grow it and to know its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The hashes of the partial tile of each level, always fewer than 256.
    edge: [Vec<Hash>; LEVELS],
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The edge of a tree of `size` leaves, given the tiles of [`tiles_needed_for_append`].
    ///
    /// # Errors
    /// [`TreeError`] when a tile is missing or shorter than the size says, or the size is above [`SIZE_MAX`].
    pub fn load(size: u64, tiles: &impl TileSource) -> Result<Self, TreeError> {
        if size > SIZE_MAX {
            return Err(TreeError::TooLarge);
        }
        let mut frontier = Self { size, ..Self::default() };
        for (level, edge) in (0_u8..).zip(&mut frontier.edge) {
            if let Some(id) = edge_tile(level, size) {
                *edge = tile_hashes(tiles, id, tile_width(id, size))?;
            }
        }
        Ok(frontier)
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds one leaf and hands over each tile that it made full, lowest level first.
    ///
    /// # Errors
    /// [`TreeError::TooLarge`] above [`SIZE_MAX`].
    pub fn push(&mut self, leaf: Hash, mut on_full: impl FnMut(TileId, &[Hash])) -> Result<(), TreeError> {
        if self.size >= SIZE_MAX {
            return Err(TreeError::TooLarge);
        }
        self.size += 1;
        let mut carry = leaf;
        for (level, edge) in (0_u8..).zip(&mut self.edge) {
            edge.push(carry);
            if edge.len() < TILE_WIDTH {
                break;
            }
            on_full(TileId { level, index: (self.size >> (8 * (u32::from(level) + 1))) - 1 }, edge);
            carry = perfect_root(edge);
            edge.clear();
        }
        Ok(())
    }

    /// The root of the tree (RFC 6962 §2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut subtrees = Vec::new();
        for edge in self.edge.iter().rev() {
            push_perfect_roots(edge, &mut subtrees);
        }
        fold_subtrees(&subtrees).unwrap_or_else(Hash::empty_root)
    }

    /// The partial tiles at the right edge, lowest level first: what a directory holds besides the full tiles.
    #[must_use]
    pub fn partial_tiles(&self) -> Vec<(TileId, Vec<u8>)> {
        let shown = (0_u8..).zip(&self.edge).filter(|(_, edge)| !edge.is_empty());
        shown
            .map(|(level, edge)| {
                (TileId { level, index: self.size >> (8 * (u32::from(level) + 1)) }, tile_bytes(edge))
            })
            .collect()
    }
}

/// Why a tree cannot be read or grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The tree would have more than [`SIZE_MAX`] leaves.
    #[error("tree would have more than {SIZE_MAX} leaves")]
    TooLarge,
    /// A tile that was asked for is not there.
    #[error("tile {}/{} is missing", .0.level, .0.index)]
    MissingTile(TileId),
    /// A tile holds fewer hashes than the size of the tree says.
    #[error("tile {}/{} has {bytes} bytes, {width} hashes are needed", .id.level, .id.index)]
    ShortTile {
        /// Which tile.
        id: TileId,
        /// Bytes it has.
        bytes: usize,
        /// Hashes it must have.
        width: usize,
    },
}

/// The first `width` hashes of a tile.
pub(crate) fn tile_hashes(tiles: &impl TileSource, id: TileId, width: usize) -> Result<Vec<Hash>, TreeError> {
    let bytes = tiles.tile(id).ok_or(TreeError::MissingTile(id))?;
    let (hashes, _) = bytes.as_chunks::<{ Hash::LEN }>();
    let hashes = hashes.get(..width).ok_or(TreeError::ShortTile { id, bytes: bytes.len(), width })?;
    Ok(hashes.iter().map(|h| Hash::from_bytes(*h)).collect())
}

/// The stored form of a tile: its hashes one after the other.
pub(crate) fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|h| *h.as_bytes()).collect()
}

/// The root over a row of hashes whose number is a power of two.
pub(crate) fn perfect_root(row: &[Hash]) -> Hash {
    let mut row = row.to_vec();
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks::<2>();
        row = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_else(Hash::empty_root)
}

/// Cuts a row of hashes into the largest powers of two from the left and adds the root of each.
fn push_perfect_roots(mut row: &[Hash], subtrees: &mut Vec<Hash>) {
    while !row.is_empty() {
        let (head, rest) = row.split_at(1 << row.len().ilog2());
        subtrees.push(perfect_root(head));
        row = rest;
    }
}

/// The root over perfect subtrees of falling size, joined from the right as RFC 6962 cuts them from the left.
pub(crate) fn fold_subtrees(subtrees: &[Hash]) -> Option<Hash> {
    subtrees.iter().rev().copied().reduce(|right, left| node_hash(&left, &right))
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::*;
    use crate::hash::leaf_hash;

    fn leaf(i: u64) -> Vec<u8> {
        format!("leaf {i}").into_bytes()
    }

    fn hashes(range: std::ops::Range<u64>) -> Vec<Hash> {
        range.map(|i| leaf_hash(&leaf(i))).collect()
    }

    /// Grows a tree by these batches as a store would: rows in, rows out, nothing kept in between.
    fn grow(batches: &[u64]) -> (u64, Hash, BTreeMap<TileId, Vec<u8>>) {
        let (mut size, mut root, mut rows) = (0, Hash::empty_root(), BTreeMap::new());
        for batch in batches {
            let needed = tiles_needed_for_append(size);
            let fetched: BTreeMap<_, _> =
                needed.iter().filter_map(|id| rows.get(id).map(|b: &Vec<u8>| (*id, b.clone()))).collect();
            assert_eq!(fetched.len(), needed.len(), "a needed row was never written");
            let done = append(size, &fetched, &hashes(size..size + batch)).unwrap();
            (size, root) = (done.size, done.root);
            rows.extend(done.tiles);
        }
        (size, root, rows)
    }

    fn oracle_root(size: u64) -> Hash {
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        (0..size).for_each(|i| tree.push(leaf(i)));
        Hash::from_bytes((*tree.root().as_bytes()).into())
    }

    #[test]
    fn roots_agree_with_the_oracle_around_the_edges() {
        for batches in
            [&[][..], &[1], &[255], &[256], &[257], &[1, 255, 1], &[300, 211, 1, 0, 1], &[65_535, 1, 1]]
        {
            let (size, root, _) = grow(batches);
            assert_eq!(root, oracle_root(size), "{batches:?}");
        }
    }

    #[test]
    fn tiles_are_those_of_the_specification() {
        // The example of C2SP tlog-tiles: 70,000 leaves.
        let (size, _, rows) = grow(&[70_000]);
        let width = |level, index| rows.get(&TileId { level, index }).map(|b| b.len() / 32);
        assert_eq!((0..273).filter(|i| width(0, *i) == Some(256)).count(), 273);
        assert_eq!(
            (width(0, 273), width(1, 0), width(1, 1), width(2, 0)),
            (Some(112), Some(256), Some(17), Some(1))
        );
        assert_eq!(rows.len(), 277);
        for (id, bytes) in &rows {
            assert_eq!(tile_width(*id, size) * 32, bytes.len());
        }
        assert_eq!(Frontier::load(size, &rows).unwrap().partial_tiles().len(), 3);
    }

    #[test]
    fn wrong_tiles_are_refused() {
        let (size, root, mut rows) = grow(&[300]);
        let id = TileId { level: 0, index: 1 };
        // A row that another writer has already made longer still has the old edge at its start.
        rows.get_mut(&id).unwrap().extend([0; 64]);
        assert_eq!(Frontier::load(size, &rows).unwrap().root(), root);
        rows.get_mut(&id).unwrap().truncate(44 * 32 - 1);
        assert_eq!(append(size, &rows, &[]), Err(TreeError::ShortTile { id, bytes: 44 * 32 - 1, width: 44 }));
        rows.remove(&id);
        assert_eq!(append(size, &rows, &[]), Err(TreeError::MissingTile(id)));
        assert_eq!(append(SIZE_MAX + 1, &rows, &[]), Err(TreeError::TooLarge));
    }

    #[test]
    fn the_largest_tree_takes_no_more() {
        let rows: BTreeMap<_, _> =
            tiles_needed_for_append(SIZE_MAX).into_iter().map(|id| (id, vec![7; 255 * 32])).collect();
        assert_eq!(rows.len(), LEVELS);
        assert_eq!(append(SIZE_MAX, &rows, &hashes(0..1)), Err(TreeError::TooLarge));
        assert_eq!(append(SIZE_MAX, &rows, &[]).unwrap().size, SIZE_MAX);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn batches_do_not_matter(batches in prop::collection::vec(0..400_u64, 0..5)) {
            let (size, root, rows) = grow(&batches);
            prop_assert_eq!(root, oracle_root(size));
            let (_, once_root, once_rows) = grow(&[size]);
            prop_assert_eq!((root, rows), (once_root, once_rows));
        }
    }
}
