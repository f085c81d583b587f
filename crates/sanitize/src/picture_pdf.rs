//! A PDF of pictures, one on each page.
//!
//! Owns: how a picture of a page is packed: few colours without loss, photographs as JPEG.
//! Leaves to others: where the pictures come from; any format may hand its pages in here.

use std::collections::HashSet;

use image::DynamicImage;
use lopdf::{Document, Object, ObjectId, Stream, dictionary};
use worker_protocol::{Mark, Reason};

use crate::bounded::Budget;
use crate::{Refusal, pdf, picture};

/// Colours up to which a picture is packed without loss whatever that costs: text and lines.
const COLOURS_EXACT: usize = 64;

/// One page: its picture, and its size in points (1/72 inch).
pub(crate) struct PagePicture {
    pub(crate) picture: DynamicImage,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// A document that grows by one page at a time; only packed pictures are held.
pub(crate) struct PicturePdf {
    document: Document,
    tree: ObjectId,
    pages: Vec<ObjectId>,
}

impl PicturePdf {
    pub(crate) fn new() -> Self {
        let mut document = Document::with_version("1.7");
        let tree = document.new_object_id();
        Self { document, tree, pages: Vec::new() }
    }

    /// Adds a page.
    pub(crate) fn add(&mut self, page: PagePicture) -> Result<(), Refusal> {
        let PagePicture { picture, width, height } = page;
        let picture = self.document.add_object(packed(&picture)?);
        let content = format!("q {width:.3} 0 0 {height:.3} 0 0 cm /P Do Q");
        let content = self.document.add_object(Stream::new(dictionary! {}, content.into_bytes()));
        let id = self.document.add_object(dictionary! {
            "Type" => "Page",
            "Parent" => self.tree,
            "MediaBox" => vec![0.into(), 0.into(), Object::Real(width), Object::Real(height)],
            "Resources" => dictionary! { "XObject" => dictionary! { "P" => picture } },
            "Contents" => content,
        });
        self.pages.push(id);
        Ok(())
    }

    /// The file, with the mark on its pages if there is one.
    pub(crate) fn finish(mut self, mark: Option<&Mark>) -> Result<Vec<u8>, Refusal> {
        if self.pages.is_empty() {
            return Err(Refusal::held(Reason::NothingLeft));
        }
        let kids: Vec<Object> = self.pages.iter().map(|id| Object::Reference(*id)).collect();
        let count = kids.len() as i64;
        self.document.objects.insert(
            self.tree,
            Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }),
        );
        let catalog = self.document.add_object(dictionary! { "Type" => "Catalog", "Pages" => self.tree });
        self.document.trailer.set("Root", catalog);
        if let Some(mark) = mark {
            pdf::mark_pages(&mut self.document, &self.pages, mark);
        }
        pdf::write(&mut self.document)
    }
}

/// The picture in whatever form keeps it legible in the least space.
fn packed(picture: &DynamicImage) -> Result<Stream, Refusal> {
    let rgb = picture.to_rgb8();
    let is_grey = rgb.pixels().all(|pixel| {
        let [red, green, blue] = pixel.0;
        red == green && green == blue
    });
    let mut colours = HashSet::new();
    let is_exact = rgb.pixels().all(|pixel| {
        colours.len() <= COLOURS_EXACT && {
            colours.insert(pixel.0);
            true
        }
    }) && colours.len() <= COLOURS_EXACT;
    let (samples, space) = if is_grey {
        (picture.to_luma8().into_raw(), "DeviceGray")
    } else {
        (rgb.as_raw().clone(), "DeviceRGB")
    };
    let exact = Budget::deflated(&samples);
    let mut dictionary = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(rgb.width()),
        "Height" => i64::from(rgb.height()), "ColorSpace" => space, "BitsPerComponent" => 8,
    };
    let photograph = if is_exact {
        None
    } else {
        let picture =
            if is_grey { DynamicImage::ImageLuma8(picture.to_luma8()) } else { DynamicImage::ImageRgb8(rgb) };
        // Antialiased text has many colours and still packs well; then nothing is to be lost.
        Some(picture::photograph(&picture)?).filter(|jpeg| jpeg.len() * 5 < exact.len() * 4)
    };
    let (filter, content) = match photograph {
        Some(photograph) => ("DCTDecode", photograph),
        None => ("FlateDecode", exact),
    };
    dictionary.set("Filter", filter);
    Ok(Stream::new(dictionary, content).with_compression(false))
}
