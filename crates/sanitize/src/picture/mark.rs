//! A classification mark inside a picture file, for programs.
//!
//! Owns: the packet (XMP, ISO 16684-1) that says the label and the levels, the same in every format.
//! Leaves to others: where a format puts it. Nothing is drawn: a strip across a photograph or a scanned form would
//! cover what it must not.

use worker_protocol::Mark;

use crate::xml::escape_attribute;

/// The keyword that PNG has for such packets.
pub(super) const PNG_KEYWORD: &str = "XML:com.adobe.xmp";

/// What stands before such a packet in a JPEG segment.
pub(super) const JPEG_PREFIX: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// The number of the tag that TIFF has for such packets.
pub(super) const TIFF_TAG: u16 = 700;

/// The packet.
pub(super) fn packet(mark: &Mark) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         xmlns:c=\"urn:sekisho:classification\" xmp:Label=\"{label}\" c:label=\"{label}\" c:levels=\"{levels}\"/>\
         </rdf:RDF></x:xmpmeta>",
        label = escape_attribute(&mark.label),
        levels = escape_attribute(&mark.levels.join(" ")),
    )
}
