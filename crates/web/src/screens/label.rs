//! A code of squares (QR) for a label, as the outline of an SVG.
//!
//! Owns turning a short text into that outline. Leaves where it stands to the template.

use qrcode::{Color, EcLevel, QrCode};

/// Light squares around the code, without which readers do not find it.
const QUIET: usize = 4;

/// A code that can be drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Qr {
    /// Squares along each side, the light ones around it included.
    pub side: usize,
    /// The dark squares as one path.
    pub path: String,
}

/// The code of this text; `None` when it is too long for one.
#[must_use]
pub fn qr(text: &str) -> Option<Qr> {
    // A label is scratched and stuck around corners: a quarter of it may be lost.
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    Some(Qr { side: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The squares that a path darkens.
    fn drawn(qr: &Qr) -> Vec<bool> {
        let mut dark = vec![false; qr.side * qr.side];
        for piece in qr.path.split('M').skip(1) {
            let (place, rest) = piece.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            for at in x..x + length {
                dark[y * qr.side + at] = true;
            }
        }
        dark
    }

    #[test]
    fn the_path_darkens_the_squares_of_the_code_and_no_others() {
        for text in ["E-0001", "A-123456", "星見市 E-0001"] {
            let found = qr(text).unwrap();
            let code = QrCode::with_error_correction_level(text, EcLevel::Q).unwrap();
            let squares = drawn(&found);
            for (at, is_dark) in squares.iter().enumerate() {
                let (x, y) = (at % found.side, at / found.side);
                let inside = |n: usize| n.checked_sub(QUIET).filter(|n| *n < code.width());
                let expected = match (inside(x), inside(y)) {
                    (Some(x), Some(y)) => code[(x, y)] == Color::Dark,
                    _ => false,
                };
                assert_eq!(*is_dark, expected, "{text} {x} {y}");
            }
        }
        assert_eq!(qr(&"あ".repeat(5_000)), None);
    }
}
