//! Points, paths and regions of the newer records (MS-EMFPLUS 2.2.1.6, 2.2.1.8).
//!
//! Owns: the three ways of writing points, the sorts of points of a path, and the tree of a region.
//! Leaves to others: what is drawn with them.

use super::{Reader, Rewriting, copy, copy_version, damaged, put, put_part, put_size};
use crate::Refusal;

/// Flags of points: 16 bits each, as steps of 7 or 15 bits. Records have the same.
const SHORT: u32 = 0x4000;
const RELATIVE: u32 = 0x0800;
/// The sorts of points are told in runs.
const RUNS: u32 = 0x1000;
/// A path is filled by winding; programs write it though no list has it.
const WINDING: u32 = 0x2000;

/// How deep regions may be put together: those who draw them call themselves for each level.
const LEVELS_MAX: usize = 1000;

/// Hands on so many points.
pub(super) fn points(
    input: &mut Reader<'_>,
    count: usize,
    flags: u32,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    if flags & RELATIVE == 0 {
        let each = if flags & SHORT != 0 { 4 } else { 8 };
        return copy(input, count.checked_mul(each).ok_or_else(damaged)?, out);
    }
    for _ in 0..count.checked_mul(2).ok_or_else(damaged)? {
        // The first bit says that a second byte follows.
        let is_long = input.0.first().is_some_and(|byte| byte & 0x80 != 0);
        copy(input, if is_long { 2 } else { 1 }, out)?;
    }
    Ok(())
}

/// A path: its points, then the sort of each.
pub(super) fn path(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    copy_version(input, out)?;
    let count = input.size()?;
    let flags = input.long()?;
    put_size(count, out)?;
    put(flags & (SHORT | RELATIVE | WINDING), out);
    points(input, count, flags, out)?;
    if flags & RUNS == 0 {
        for sort in input.take(count)? {
            out.push(point_sort(*sort)?);
        }
        return Ok(());
    }
    // Written without runs, which few programs read. A run is told by a bit that no sort has.
    drawing.work.budget.spend(count as u64)?;
    let mut missing = count;
    while missing > 0 {
        let byte = input.take(1)?.first().copied().unwrap_or_default();
        let (length, sort) = if byte & 0x40 != 0 {
            (usize::from(byte & 0x3F), input.take(1)?.first().copied().unwrap_or_default())
        } else {
            (1, byte)
        };
        missing = missing.checked_sub(length).ok_or_else(damaged)?;
        let sort = point_sort(sort)?;
        out.extend(std::iter::repeat_n(sort, length));
    }
    Ok(())
}

/// Where a figure starts, a line or a curve; besides, that it is dashed, marked or closes the figure.
fn point_sort(sort: u8) -> Result<u8, Refusal> {
    if matches!(sort & 0x0F, 0 | 1 | 3) { Ok(sort & 0xB3) } else { Err(damaged()) }
}

/// A path behind its length.
pub(super) fn sized_path(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let mut inside = input.part()?;
    put_part(out, |out| path(&mut inside, drawing, out))?;
    drawing.leave(inside);
    Ok(())
}

/// A tree of areas. Each node stands before its two branches, so it is read from beginning to end.
pub(super) fn region(
    input: &mut Reader<'_>,
    drawing: &mut Rewriting<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    copy_version(input, out)?;
    let claimed = input.size()?;
    put_size(claimed, out)?;
    let mut nodes = 0usize;
    // The levels of the branches that were not read yet.
    let mut open = vec![0usize];
    while let Some(level) = open.pop() {
        nodes += 1;
        if level > LEVELS_MAX {
            return Err(damaged());
        }
        let sort = input.long()?;
        put(sort, out);
        match sort {
            1..=5 => open.extend([level + 1; 2]),
            0x1000_0000 => copy(input, 16, out)?,
            0x1000_0001 => sized_path(input, drawing, out)?,
            0x1000_0002 | 0x1000_0003 => {}
            _ => return Err(damaged()),
        }
    }
    // The first one is not counted.
    if claimed + 1 == nodes { Ok(()) } else { Err(damaged()) }
}
