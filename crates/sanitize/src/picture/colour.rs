//! Colour profiles (ICC), applied and then left behind.
//!
//! Owns: turning samples into sRGB, which every program assumes of a picture that says nothing else. A profile can
//! carry names, serial numbers and bytes of any sort, so none is written.
//! Leaves to others: finding the profile in the file.

use moxcms::{ColorProfile, DataColorSpace, ParsingOptions, TransformOptions};

use super::raster::{Layout, Raster};

/// The largest profile that is read, in bytes. Those of printers reach two megabytes.
const PROFILE_BYTES_MAX: usize = 4 << 20;

/// Colours on each edge of the cube that is tried to see whether a profile changes anything.
const PROBE_STEPS: u32 = 9;

/// The picture in sRGB. A profile that cannot be read or does not fit the samples is ignored, as viewers do.
pub(super) fn to_srgb(picture: Raster, untrusted_profile: &[u8]) -> Raster {
    match convert(&picture, untrusted_profile) {
        Some(converted) => converted,
        None => picture,
    }
}

fn convert(picture: &Raster, untrusted_profile: &[u8]) -> Option<Raster> {
    let options = ParsingOptions {
        max_profile_size: PROFILE_BYTES_MAX,
        max_allowed_clut_size: 4_000_000,
        ..ParsingOptions::default()
    };
    let profile = ColorProfile::new_from_slice_with_options(untrusted_profile, options).ok()?;
    let mut out = picture.clone();
    match (picture.layout, profile.color_space) {
        (Layout::Index, DataColorSpace::Rgb) => {
            let colours: Vec<u8> = picture.palette.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
            let colours = transform(&profile, &colours, 8, moxcms::Layout::Rgb, moxcms::Layout::Rgb)?;
            for (colour, new) in out.palette.iter_mut().zip(colours.chunks_exact(3)) {
                if let ([r, g, b, _], [new_r, new_g, new_b]) = (colour, new) {
                    (*r, *g, *b) = (*new_r, *new_g, *new_b);
                }
            }
        }
        (Layout::Rgb | Layout::Rgba, DataColorSpace::Rgb) => {
            let layout =
                if picture.layout == Layout::Rgb { moxcms::Layout::Rgb } else { moxcms::Layout::Rgba };
            out.samples = transform(&profile, &picture.samples, picture.depth, layout, layout)?;
        }
        (Layout::Gray | Layout::GrayAlpha, DataColorSpace::Gray) if picture.depth >= 8 => {
            let (from, to, keep) = if picture.layout == Layout::Gray {
                (moxcms::Layout::Gray, moxcms::Layout::Rgb, [true, false, false].as_slice())
            } else {
                (moxcms::Layout::GrayAlpha, moxcms::Layout::Rgba, [true, false, false, true].as_slice())
            };
            let colours = transform(&profile, &picture.samples, picture.depth, from, to)?;
            let sample_bytes = if picture.depth > 8 { 2 } else { 1 };
            out.samples = colours
                .chunks_exact(sample_bytes)
                .zip(keep.iter().cycle())
                .filter(|(_, keep)| **keep)
                .flat_map(|(sample, _)| sample)
                .copied()
                .collect();
        }
        (Layout::Cmyk, DataColorSpace::Cmyk) => {
            out.samples = transform(
                &profile,
                &picture.samples,
                picture.depth,
                moxcms::Layout::Rgba,
                moxcms::Layout::Rgb,
            )?;
            out.layout = Layout::Rgb;
        }
        _ => return None,
    }
    Some(out)
}

/// Samples in sRGB; nothing when the profile cannot do it or is sRGB already.
fn transform(
    profile: &ColorProfile,
    samples: &[u8],
    depth: u8,
    from: moxcms::Layout,
    to: moxcms::Layout,
) -> Option<Vec<u8>> {
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    if profile.color_space == DataColorSpace::Rgb {
        let steps = || (0..PROBE_STEPS).filter_map(|i| u8::try_from(i * 255 / (PROBE_STEPS - 1)).ok());
        let cube: Vec<u8> =
            steps().flat_map(|r| steps().flat_map(move |g| steps().flat_map(move |b| [r, g, b]))).collect();
        let mut seen = vec![0; cube.len()];
        profile
            .create_transform_8bit(moxcms::Layout::Rgb, &srgb, moxcms::Layout::Rgb, options)
            .ok()?
            .transform(&cube, &mut seen)
            .ok()?;
        if cube.iter().zip(&seen).all(|(before, after)| before.abs_diff(*after) <= 3) {
            return None;
        }
    }
    let sample_bytes = if depth > 8 { 2 } else { 1 };
    let pixels = samples.len() / sample_bytes / from.channels().max(1);
    if depth > 8 {
        let wide: Vec<u16> = samples
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0u16, |value, byte| (value << 8) | u16::from(*byte)))
            .collect();
        let mut out = vec![0u16; pixels * to.channels()];
        profile.create_transform_16bit(from, &srgb, to, options).ok()?.transform(&wide, &mut out).ok()?;
        Some(out.into_iter().flat_map(u16::to_be_bytes).collect())
    } else {
        let mut out = vec![0; pixels * to.channels()];
        profile.create_transform_8bit(from, &srgb, to, options).ok()?.transform(samples, &mut out).ok()?;
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_what_they_look_like() {
        let green = Raster::new(1, 1, Layout::Rgb, 8, vec![0, 200, 0]);
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        let converted = to_srgb(green.clone(), &wide);
        assert!(converted.samples != green.samples && converted.samples[1] > 200, "{:?}", converted.samples);
        let deep = Raster::new(1, 1, Layout::Rgb, 16, vec![0, 0, 200, 0, 0, 0]);
        assert!(to_srgb(deep.clone(), &wide).samples != deep.samples);
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert_eq!(to_srgb(green.clone(), &srgb), green);
        assert_eq!(to_srgb(green.clone(), b"not a profile"), green);
        assert_eq!(to_srgb(green.clone(), &wide[..wide.len() / 2]), green);
        let ink = Raster::new(1, 1, Layout::Cmyk, 8, vec![0, 200, 0, 0]);
        assert_eq!(to_srgb(ink.clone(), &wide), ink, "a profile of another sort of colour");
    }
}
