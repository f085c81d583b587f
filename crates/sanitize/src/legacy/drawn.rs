//! Records of drawings in old Office files, by number (MS-ODRAW 2.2).
//!
//! Owns: the numbers.
//! Leaves to others: reading them for what a converted workbook lacks (`objects`), rebuilding them (`book`).

pub(super) const ALL: u16 = 0xF000;
pub(super) const PICTURES: u16 = 0xF001;
pub(super) const DRAWING: u16 = 0xF002;
pub(super) const GROUP: u16 = 0xF003;
pub(super) const SHAPE: u16 = 0xF004;
pub(super) const RULES: u16 = 0xF005;
pub(super) const CLUSTERS: u16 = 0xF006;
pub(super) const PICTURE: u16 = 0xF007;
pub(super) const COUNTS: u16 = 0xF008;
pub(super) const GROUP_FRAME: u16 = 0xF009;
pub(super) const KIND: u16 = 0xF00A;
pub(super) const PROPERTIES: u16 = 0xF00B;
pub(super) const TEXT: u16 = 0xF00D;
pub(super) const ANCHOR_IN_GROUP: u16 = 0xF00F;
pub(super) const ANCHOR: u16 = 0xF010;
pub(super) const OBJECT: u16 = 0xF011;
pub(super) const CONNECTION: u16 = 0xF012;
pub(super) const ARC: u16 = 0xF014;
pub(super) const CALLOUT: u16 = 0xF017;
pub(super) const EMF: u16 = 0xF01A;
pub(super) const WMF: u16 = 0xF01B;
/// As programs of Windows write it, and with four inks.
pub(super) const JPEG: [u16; 2] = [0xF01D, 0xF02A];
pub(super) const PNG: u16 = 0xF01E;
pub(super) const TIFF: u16 = 0xF029;
pub(super) const COLOURS: u16 = 0xF11E;
pub(super) const MORE_PROPERTIES: [u16; 2] = [0xF121, 0xF122];
