//! Inclusion and consistency proofs (RFC 6962 §2.1.1 and §2.1.2; verification as in RFC 9162 §2.1.3.2 and §2.1.4.2).
//!
//! Owns: which tiles a proof needs, making it from them, and verifying it from nothing but hashes.
//! Leaves to others: fetching tiles (`store-sql`), knowing which root to believe (`checkpoint`).
//!
//! A proof is a list of hashes, the deepest first, each the root over a range of leaves. Ranges are found first, then
//! put together from tiles, so making a proof and asking for its tiles cannot disagree.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::hash::{Hash, node_hash};
use crate::tile::{TILE_WIDTH, TileId};
use crate::tree::{SIZE_MAX, TileSource, TreeError, fold_subtrees, perfect_root, tile_hashes, tile_width};

/// The tiles that [`inclusion_proof`] needs.
///
/// # Errors
/// [`ProofError::Range`] when there is no such leaf.
pub fn tiles_needed_for_inclusion(index: u64, size: u64) -> Result<Vec<TileId>, ProofError> {
    Ok(tiles_of(&inclusion_ranges(index, size)?))
}

/// The proof that leaf `index` is in the tree of `size` leaves (RFC 6962 §2.1.1).
///
/// # Errors
/// [`ProofError`] when there is no such leaf or a tile is missing.
pub fn inclusion_proof(index: u64, size: u64, tiles: &impl TileSource) -> Result<Vec<Hash>, ProofError> {
    inclusion_ranges(index, size)?.into_iter().map(|range| range_root(range, size, tiles)).collect()
}

/// The tiles that [`consistency_proof`] needs.
///
/// # Errors
/// [`ProofError::Range`] when the old tree is larger than the new one.
pub fn tiles_needed_for_consistency(old_size: u64, size: u64) -> Result<Vec<TileId>, ProofError> {
    Ok(tiles_of(&consistency_ranges(old_size, size)?))
}

/// The proof that the tree of `old_size` leaves is the beginning of the tree of `size` leaves (RFC 6962 §2.1.2).
///
/// It is empty when the old tree is empty or has the same size.
///
/// # Errors
/// [`ProofError`] when the old tree is larger than the new one or a tile is missing.
pub fn consistency_proof(old_size: u64, size: u64, tiles: &impl TileSource) -> Result<Vec<Hash>, ProofError> {
    consistency_ranges(old_size, size)?.into_iter().map(|range| range_root(range, size, tiles)).collect()
}

/// Why a proof cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in the tree, the old tree is larger than the new one, or the tree is too large.
    #[error("there is no proof of {0} in a tree of {1} leaves")]
    Range(u64, u64),
    /// A tile is missing or too short.
    #[error("tiles of the proof cannot be used")]
    Tiles(#[from] TreeError),
}

/// Checks that the leaf with this hash is at `index` in the tree of `size` leaves with this root.
///
/// # Errors
/// [`VerifyProofError`] when it does not follow from the proof.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: Hash,
    untrusted_proof: &[Hash],
    root: Hash,
) -> Result<(), VerifyProofError> {
    if index >= size {
        return Err(VerifyProofError::Range);
    }
    let (mut node, mut last, mut computed) = (index, size - 1, leaf);
    for hash in untrusted_proof {
        if last == 0 {
            return Err(VerifyProofError::Length);
        }
        if node & 1 == 1 || node == last {
            computed = node_hash(hash, &computed);
            // On the right edge a subtree without a right brother moves up unchanged.
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            computed = node_hash(&computed, hash);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, computed == root) {
        (0, true) => Ok(()),
        (0, false) => Err(VerifyProofError::Root),
        _ => Err(VerifyProofError::Length),
    }
}

/// Checks that the tree `old_size`, `old_root` is the beginning of the tree `size`, `root`.
///
/// # Errors
/// [`VerifyProofError`] when it does not follow from the proof.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    size: u64,
    root: Hash,
    untrusted_proof: &[Hash],
) -> Result<(), VerifyProofError> {
    if old_size > size {
        return Err(VerifyProofError::Range);
    }
    if old_size == 0 || old_size == size {
        let expected = if old_size == 0 { Hash::empty_root() } else { root };
        return match (untrusted_proof.is_empty(), old_root == expected) {
            (false, _) => Err(VerifyProofError::Length),
            (true, false) => Err(VerifyProofError::Root),
            (true, true) => Ok(()),
        };
    }
    // A complete old tree is itself the first node; the proof leaves it out.
    let start = if old_size.is_power_of_two() { Some(&old_root) } else { None };
    let mut hashes = start.into_iter().chain(untrusted_proof);
    let first = *hashes.next().ok_or(VerifyProofError::Length)?;
    let (mut node, mut last) = (old_size - 1, size - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut old_computed, mut computed) = (first, first);
    for hash in hashes {
        if last == 0 {
            return Err(VerifyProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old_computed = node_hash(hash, &old_computed);
            computed = node_hash(hash, &computed);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            computed = node_hash(&computed, hash);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, old_computed == old_root && computed == root) {
        (0, true) => Ok(()),
        (0, false) => Err(VerifyProofError::Root),
        _ => Err(VerifyProofError::Length),
    }
}

/// Why a proof does not show what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyProofError {
    /// The leaf is not in a tree of that size, or the old tree is larger than the new one.
    #[error("sizes of the proof contradict each other")]
    Range,
    /// The proof has too few or too many hashes.
    #[error("proof has the wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("proof leads to another root")]
    Root,
}

/// The ranges whose roots are the inclusion proof, deepest first.
fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size || size > SIZE_MAX {
        return Err(ProofError::Range(index, size));
    }
    let (mut around, mut ranges) = (0..size, Vec::new());
    while around.end - around.start > 1 {
        let cut = around.start + split(around.end - around.start);
        if index < cut {
            ranges.push(cut..around.end);
            around.end = cut;
        } else {
            ranges.push(around.start..cut);
            around.start = cut;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// The ranges whose roots are the consistency proof, deepest first.
fn consistency_ranges(old_size: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old_size > size || size > SIZE_MAX {
        return Err(ProofError::Range(old_size, size));
    }
    let (mut around, mut ranges) = (0..size, Vec::new());
    if old_size == 0 {
        return Ok(ranges);
    }
    while around.end != old_size {
        let cut = around.start + split(around.end - around.start);
        if old_size <= cut {
            ranges.push(cut..around.end);
            around.end = cut;
        } else {
            ranges.push(around.start..cut);
            around.start = cut;
        }
    }
    // A range from the first leaf is the old tree itself, which the verifier knows.
    if around.start > 0 {
        ranges.push(around);
    }
    ranges.reverse();
    Ok(ranges)
}

/// Where RFC 6962 cuts a tree of two or more leaves: the largest power of two below its size.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// A range of proofs cut into perfect subtrees, each as (height, place at that height), from the left.
fn perfect_subtrees(range: &Range<u64>) -> Vec<(u32, u64)> {
    let (mut start, mut subtrees) = (range.start, Vec::new());
    while start < range.end {
        // The start of a range is a multiple of every subtree in it, because ranges come from cutting.
        let height = (range.end - start).ilog2();
        subtrees.push((height, start >> height));
        start += 1 << height;
    }
    subtrees
}

/// The tile that holds the row of hashes under a perfect subtree, and the places of that row in it.
fn tile_of(height: u32, place: u64) -> (TileId, Range<usize>) {
    let count = 1_u64 << (height % 8);
    let first = place * count;
    let within = (first % TILE_WIDTH as u64) as usize;
    let id = TileId { level: (height / 8) as u8, index: first / TILE_WIDTH as u64 };
    (id, within..within + count as usize)
}

fn tiles_of(ranges: &[Range<u64>]) -> Vec<TileId> {
    let subtrees = ranges.iter().flat_map(perfect_subtrees);
    let ids: BTreeSet<_> = subtrees.map(|(height, place)| tile_of(height, place).0).collect();
    ids.into_iter().collect()
}

fn range_root(range: Range<u64>, size: u64, tiles: &impl TileSource) -> Result<Hash, ProofError> {
    let no_proof = ProofError::Range(range.start, size);
    let roots = perfect_subtrees(&range).into_iter().map(|(height, place)| {
        let (id, row) = tile_of(height, place);
        let hashes = tile_hashes(tiles, id, tile_width(id, size))?;
        Ok(perfect_root(hashes.get(row).ok_or(no_proof)?))
    });
    fold_subtrees(&roots.collect::<Result<Vec<_>, ProofError>>()?).ok_or(no_proof)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::*;
    use crate::hash::leaf_hash;
    use crate::tree::append;

    type Rows = BTreeMap<TileId, Vec<u8>>;

    fn leaf(i: u64) -> Vec<u8> {
        i.to_be_bytes().to_vec()
    }

    fn grow(size: u64) -> (Hash, Rows) {
        let leaves: Vec<_> = (0..size).map(|i| leaf_hash(&leaf(i))).collect();
        let done = append(0, &Rows::new(), &leaves).unwrap();
        (done.root, done.tiles)
    }

    /// Only the rows that were asked for, as a store would fetch them.
    fn fetch(rows: &Rows, needed: Vec<TileId>) -> Rows {
        needed.into_iter().map(|id| (id, rows[&id].clone())).collect()
    }

    fn concat(proof: &[Hash]) -> Vec<u8> {
        proof.iter().flat_map(|h| *h.as_bytes()).collect()
    }

    fn oracle(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
        let mut tree = MemoryBackedTree::new();
        (0..size).for_each(|i| tree.push(leaf(i)));
        tree
    }

    fn oracle_root(root: Hash, size: u64) -> RootHash<Sha256> {
        RootHash::new((*root.as_bytes()).into(), size)
    }

    #[test]
    fn all_small_proofs_are_those_of_the_oracle() {
        for size in 1..=40 {
            let (root, rows) = grow(size);
            let tree = oracle(size);
            for index in 0..size {
                let proof = inclusion_proof(
                    index,
                    size,
                    &fetch(&rows, tiles_needed_for_inclusion(index, size).unwrap()),
                )
                .unwrap();
                assert_eq!(
                    concat(&proof),
                    tree.prove_inclusion(index as usize).as_bytes(),
                    "{index} of {size}"
                );
                assert_eq!(verify_inclusion(index, size, leaf_hash(&leaf(index)), &proof, root), Ok(()));
            }
            for old_size in 1..=size {
                let proof = consistency_proof(
                    old_size,
                    size,
                    &fetch(&rows, tiles_needed_for_consistency(old_size, size).unwrap()),
                )
                .unwrap();
                assert_eq!(
                    concat(&proof),
                    tree.prove_consistency((size - old_size) as usize).as_bytes(),
                    "{old_size} to {size}"
                );
                assert_eq!(verify_consistency(old_size, grow(old_size).0, size, root, &proof), Ok(()));
            }
        }
    }

    #[test]
    fn a_proof_needs_few_tiles() {
        let needed = tiles_needed_for_inclusion(123_456, 70_000_000).unwrap();
        assert!(needed.len() <= 7, "{needed:?}");
        assert!(tiles_needed_for_consistency(1_234_567, 70_000_000).unwrap().len() <= 7);
    }

    #[test]
    fn edges_of_size_are_answered() {
        let (root, rows) = grow(5);
        assert_eq!(inclusion_proof(5, 5, &rows), Err(ProofError::Range(5, 5)));
        assert_eq!(inclusion_proof(0, SIZE_MAX + 1, &rows), Err(ProofError::Range(0, SIZE_MAX + 1)));
        assert_eq!(consistency_proof(6, 5, &rows), Err(ProofError::Range(6, 5)));
        assert_eq!(consistency_proof(0, 5, &rows), Ok(vec![]));
        assert_eq!(
            inclusion_proof(0, 6, &rows),
            Err(ProofError::Tiles(TreeError::ShortTile {
                id: TileId { level: 0, index: 0 },
                bytes: 160,
                width: 6
            }))
        );
        assert_eq!(verify_consistency(0, Hash::empty_root(), 5, root, &[]), Ok(()));
        assert_eq!(verify_consistency(0, root, 5, root, &[]), Err(VerifyProofError::Root));
        assert_eq!(
            verify_consistency(0, Hash::empty_root(), 5, root, &[root]),
            Err(VerifyProofError::Length)
        );
        assert_eq!(verify_consistency(5, root, 5, root, &[]), Ok(()));
        assert_eq!(verify_consistency(5, Hash::empty_root(), 5, root, &[]), Err(VerifyProofError::Root));
        assert_eq!(verify_consistency(6, root, 5, root, &[]), Err(VerifyProofError::Range));
        assert_eq!(verify_consistency(4, root, 5, root, &[]), Err(VerifyProofError::Length));
        assert_eq!(verify_inclusion(5, 5, root, &[], root), Err(VerifyProofError::Range));
        assert_eq!(verify_inclusion(0, 1, root, &[], root), Ok(()));
        assert_eq!(verify_inclusion(0, 1, root, &[root], root), Err(VerifyProofError::Length));
        assert_eq!(verify_inclusion(0, 0, root, &[], root), Err(VerifyProofError::Range));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn proofs_over_many_tiles_satisfy_the_oracle((size, index) in (1..2_000_u64).prop_flat_map(|n| (Just(n), 0..n))) {
            let (root, rows) = grow(size);
            let proof = inclusion_proof(index, size, &fetch(&rows, tiles_needed_for_inclusion(index, size).unwrap())).unwrap();
            prop_assert_eq!(verify_inclusion(index, size, leaf_hash(&leaf(index)), &proof, root), Ok(()));
            let theirs = InclusionProof::<Sha256>::try_from_bytes(concat(&proof)).unwrap();
            prop_assert!(oracle_root(root, size).verify_inclusion(&leaf(index), index, &theirs).is_ok());

            let old_size = index + 1;
            let old_root = grow(old_size).0;
            let proof = consistency_proof(old_size, size, &fetch(&rows, tiles_needed_for_consistency(old_size, size).unwrap())).unwrap();
            prop_assert_eq!(verify_consistency(old_size, old_root, size, root, &proof), Ok(()));
            let theirs = ConsistencyProof::<Sha256>::try_from_bytes(concat(&proof)).unwrap();
            prop_assert!(oracle_root(root, size).verify_consistency(&oracle_root(old_root, old_size), &theirs).is_ok());
        }

        /// Arbitrary hashes are judged exactly as the oracle judges them, and never panic.
        #[test]
        fn wrong_proofs_are_refused(
            (size, index) in (2..300_u64).prop_flat_map(|n| (Just(n), 0..n)),
            at in any::<prop::sample::Index>(),
            change in 0..4_u8,
        ) {
            let (root, rows) = grow(size);
            let mut proof = inclusion_proof(index, size, &rows).unwrap();
            let at = at.index(proof.len());
            match change {
                0 => { proof.remove(at); }
                1 => proof.insert(at, root),
                2 => proof[at] = node_hash(&proof[at], &root),
                _ => proof.push(proof[at]),
            }
            prop_assert!(verify_inclusion(index, size, leaf_hash(&leaf(index)), &proof, root).is_err());
            prop_assert!(verify_inclusion(index, u64::MAX, root, &proof, root).is_err());

            let old_size = index + 1;
            let old_root = grow(old_size).0;
            let mut proof = consistency_proof(old_size, size, &rows).unwrap();
            match change {
                0 => { if proof.pop().is_none() { proof.push(root); } }
                1 => proof.push(root),
                2 => proof.insert(0, old_root),
                _ => { if let Some(hash) = proof.last_mut() { *hash = root; } else { proof.push(root); } }
            }
            prop_assert!(verify_consistency(old_size, old_root, size, root, &proof).is_err());
            prop_assert!(verify_consistency(old_size, old_root, u64::MAX, root, &proof).is_err());
        }
    }
}
