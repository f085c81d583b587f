//! Pictures of every format: what stays, what goes, what is refused.

use super::*;
use proptest::prelude::*;
use worker_protocol::Verdict;

/// Runs `read` with a job that has these limits and gives what was found besides.
pub(crate) fn with_work<T>(
    limits: Limits,
    mark: Option<Mark>,
    read: impl FnOnce(&mut Work<'_>) -> T,
) -> (T, Vec<Threat>) {
    let job = Job {
        hint: Hint::default(),
        policy: FilePolicy::default(),
        limits,
        want_preview: false,
        mark,
        notes: Default::default(),
    };
    let mut budget = Budget::new(limits);
    let mut work = Work {
        job: &job,
        budget: &mut budget,
        findings: Findings::default(),
        depth: 0,
        converter: &mut crate::NoConverter,
        progress: &mut |_, _| (),
    };
    let result = read(&mut work);
    (result, work.findings.into_list().0.into_iter().map(|r| r.what).collect())
}

fn run(bytes: &[u8], kind: Kind) -> (Result<Rebuilt, Refusal>, Vec<Threat>) {
    with_work(Limits::default(), None, |work| rebuild(bytes, kind, Mode::Rebuild, work))
}

fn clean(bytes: &[u8], kind: Kind) -> Vec<u8> {
    run(bytes, kind).0.unwrap_or_else(|refusal| panic!("{kind:?}: {refusal:?}")).clean
}

/// A picture with smooth and sharp parts.
fn colours(width: u32, height: u32) -> Raster {
    let samples = (0..height)
        .flat_map(|y| {
            (0..width).flat_map(move |x| [(x * 3) as u8, (y * 5) as u8, if x % 16 < 8 { 200 } else { 20 }])
        })
        .collect();
    Raster::new(width, height, Layout::Rgb, 8, samples)
}

fn bilevel(width: u32, height: u32) -> Raster {
    let samples = (0..width * height).map(|i| u8::from(i % 7 < 4 || i % 11 == 0)).collect();
    Raster::new(width, height, Layout::Gray, 1, samples)
}

fn with_image(raster: &Raster, format: image::ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_raw(raster.width, raster.height, raster.samples.clone()).unwrap();
    pixels.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// One file of each kind of pixels, written by the library where it can.
fn samples() -> Vec<(Kind, Vec<u8>)> {
    let picture = colours(64, 48);
    let jpeg = jpeg::encode(jpeg::Jpeg::of_still(picture.clone()), &Choices::default()).unwrap();
    let mut webp = Vec::new();
    image_webp::WebPEncoder::new(&mut webp)
        .encode(&picture.samples, 64, 48, image_webp::ColorType::Rgb8)
        .unwrap();
    let mut gif = Vec::new();
    {
        let mut encoder = ::gif::Encoder::new(&mut gif, 8, 8, &[255, 0, 0, 0, 255, 0, 9, 9, 9]).unwrap();
        encoder.set_repeat(::gif::Repeat::Finite(3)).unwrap();
        for index in 0..3u8 {
            let mut frame = ::gif::Frame::from_indexed_pixels(8, 8, vec![index % 2; 64], None);
            frame.delay = 7 + u16::from(index);
            encoder.write_frame(&frame).unwrap();
        }
    }
    vec![
        (Kind::Png, with_image(&picture, image::ImageFormat::Png)),
        (Kind::Jpeg, jpeg),
        (Kind::Bmp, with_image(&picture, image::ImageFormat::Bmp)),
        (Kind::Tiff, with_image(&picture, image::ImageFormat::Tiff)),
        (Kind::Webp, webp),
        (Kind::Gif, gif),
    ]
}

fn first_rgba(bytes: &[u8], format: Format) -> Vec<u8> {
    reading(&Limits::default(), |work| Picture::decode(bytes, format, "", work))
        .unwrap()
        .into_first()
        .unwrap()
        .rgba8()
}

#[test]
fn pixels_stay_and_the_rest_goes() {
    for (kind, bytes) in samples() {
        let format = Format::of_kind(kind).unwrap();
        // TIFF has no end; everything else is cut there.
        let glued = [bytes.clone(), b"PK\x03\x04 and more".to_vec()].concat();
        let (rebuilt, threats) = run(&glued, kind);
        let rebuilt = rebuilt.unwrap();
        assert_eq!(threats.contains(&Threat::HiddenData), kind != Kind::Tiff, "{kind:?}");
        assert!(!rebuilt.clean.windows(4).any(|w| w == b"PK\x03\x04"), "{kind:?}");
        let written = Format::of_kind(rebuilt.kind).unwrap();
        let (before, after) = (first_rgba(&bytes, format), first_rgba(&rebuilt.clean, written));
        let sum: usize = before.iter().zip(&after).map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
        let allowed = if kind == Kind::Jpeg { 4 * before.len() } else { 0 };
        assert!(before.len() == after.len() && sum <= allowed, "{kind:?} {sum}");
        // A second pass finds nothing and changes nothing that matters.
        let (again, threats) = run(&rebuilt.clean, rebuilt.kind);
        assert!(again.is_ok() && threats.is_empty(), "{kind:?} {threats:?}");
    }
}

#[test]
fn cut_files_are_held_at_every_length() {
    for (kind, bytes) in samples() {
        let step = (bytes.len() / 60).max(1);
        for length in (0..bytes.len() - 2).step_by(step) {
            let (outcome, _) = run(&bytes[..length], kind);
            let is_whole = matches!(kind, Kind::Tiff | Kind::Bmp);
            // What a table at the front describes may end before the file does.
            assert!(outcome.is_err() || is_whole, "{kind:?} cut to {length} of {}", bytes.len());
        }
    }
}

#[test]
fn bounds_hold_before_anything_is_decoded() {
    let small = Limits { pixels_max: 1000, ..Limits::default() };
    for (kind, bytes) in samples().into_iter().filter(|(kind, _)| *kind != Kind::Gif) {
        let (outcome, _) = with_work(small, None, |work| rebuild(&bytes, kind, Mode::Rebuild, work).err());
        let refusal = outcome.unwrap();
        assert_eq!((refusal.verdict, refusal.reason), (Verdict::Blocked, Reason::TooComplex), "{kind:?}");
    }
    let few = Limits { pages_max: 2, ..Limits::default() };
    let (_, gif) = samples().into_iter().find(|(kind, _)| *kind == Kind::Gif).unwrap();
    let (outcome, _) = with_work(few, None, |work| rebuild(&gif, Kind::Gif, Mode::Rebuild, work).err());
    assert_eq!(outcome, Some(Refusal::blocked(Reason::TooComplex)));
}

#[test]
fn an_animation_keeps_frames_delays_and_loop() {
    let (_, gif) = samples().into_iter().find(|(kind, _)| *kind == Kind::Gif).unwrap();
    let (rebuilt, _) = run(&gif, Kind::Gif);
    let rebuilt = rebuilt.unwrap();
    assert_eq!(rebuilt.fidelity.unwrap().pages, Kept { before: 3, after: 3 });
    let mut decoder = ::gif::DecodeOptions::new().read_info(&rebuilt.clean[..]).unwrap();
    let mut delays = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        delays.push((frame.delay, frame.buffer[0]));
    }
    assert_eq!(delays, [(7, 0), (8, 1), (9, 0)]);
    assert_eq!(decoder.repeat(), ::gif::Repeat::Finite(3));
    // A colour that nothing is painted with is where bytes hide.
    assert!(!rebuilt.clean.windows(3).any(|w| w == [9, 9, 9]));

    let mut apng = Vec::new();
    {
        let mut encoder = ::png::Encoder::new(&mut apng, 6, 4);
        encoder.set_color(::png::ColorType::Rgb);
        encoder.set_animated(2, 5).unwrap();
        encoder.set_frame_delay(1, 8).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[10; 72]).unwrap();
        writer.set_frame_dimension(2, 2).unwrap();
        writer.set_frame_position(3, 1).unwrap();
        writer.write_image_data(&[200; 12]).unwrap();
        writer.finish().unwrap();
    }
    let (rebuilt, threats) = run(&apng, Kind::Png);
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.fidelity.unwrap().pages, threats), (Kept { before: 2, after: 2 }, Vec::new()));
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(rebuilt.clean)).read_info().unwrap();
    assert_eq!(reader.info().animation_control.unwrap().num_plays, 5);
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut buffer).unwrap();
    reader.next_frame(&mut buffer).unwrap();
    let control = reader.info().frame_control.unwrap();
    assert_eq!((control.width, control.x_offset, control.y_offset, control.delay_den), (2, 3, 1, 8));
}

fn tiff_of(pages: &[Raster]) -> Vec<u8> {
    let mut file = Vec::new();
    let pages = pages.iter().map(|p| tiff::page_of(p.clone())).collect();
    file.extend(tiff::encode(pages, &Choices::default()).unwrap());
    file
}

#[test]
fn pages_of_a_fax_and_every_depth_stay() {
    let mut fax = bilevel(1728, 60);
    fax.density = Density::plausible(204.0 / 0.0254, 98.0 / 0.0254, true);
    let deep = Raster::new(5, 4, Layout::Rgb, 16, (0..120).map(|i| (i * 7) as u8).collect());
    let ink = Raster::new(5, 4, Layout::Cmyk, 8, (0..80).map(|i| (i * 3) as u8).collect());
    let mut listed = Raster::new(7, 3, Layout::Index, 4, (0..21).map(|i| i % 5).collect());
    listed.palette = (0..16).map(|i| [i, 2 * i, 255 - i, 255]).collect();
    let pages = [fax, deep, ink, listed, colours(33, 9)];
    let bytes = tiff_of(&pages);
    let (rebuilt, threats) = run(&bytes, Kind::Tiff);
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.fidelity.unwrap().pages, threats), (Kept { before: 5, after: 5 }, Vec::new()));
    let after = reading(&Limits::default(), |work| tiff::decode(&rebuilt.clean, "", work)).unwrap();
    for (before, after) in pages.iter().zip(after) {
        assert_eq!(
            (before.layout, before.depth, &before.samples),
            (after.picture.layout, after.picture.depth, &after.picture.samples)
        );
    }
    let density = reading(&Limits::default(), |work| tiff::decode(&rebuilt.clean, "", work)).unwrap()[0]
        .picture
        .density
        .and_then(Density::per_inch);
    assert_eq!(density, Some((204.0, 98.0)));
    let first = &reading(&Limits::default(), |work| tiff::decode(&rebuilt.clean, "", work)).unwrap()[0];
    assert!(tiff::lies_on_the_map(first), "a map stays where it is");
    // The last directory leads back to the first.
    let mut looped = bytes.clone();
    let first = looped[4..8].to_vec();
    let end = looped.len() - 4;
    looped[end..].copy_from_slice(&first);
    assert_eq!(run(&looped, Kind::Tiff).0.err(), Some(Refusal::held(Reason::Damaged)));
}

#[test]
fn a_plan_in_black_and_white_may_be_larger() {
    let limits = Limits { pixels_max: 50_000, ..Limits::default() };
    let decoded = |page: &Raster| {
        let bytes = tiff_of(std::slice::from_ref(page));
        reading(&limits, |work| tiff::decode(&bytes, "", work).map(|pages| pages.len()))
    };
    let grey = |width: u32, height: u32| {
        Raster::new(width, height, Layout::Gray, 8, vec![9; (width * height) as usize])
    };
    let too_complex = Err(Refusal::blocked(Reason::TooComplex));
    assert_eq!(decoded(&bilevel(800, 500)), Ok(1));
    assert_eq!(decoded(&bilevel(800, 501)), too_complex);
    assert_eq!(decoded(&grey(100, 500)), Ok(1));
    assert_eq!(decoded(&grey(100, 501)), too_complex);
}

#[test]
fn a_photograph_is_turned_the_right_way_up() {
    let (_, plain) = samples().into_iter().find(|(kind, _)| *kind == Kind::Jpeg).unwrap();
    // An EXIF block with one entry: orientation 6, a quarter turn.
    let exif: &[u8] = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let turned = [&plain[..2], b"\xff\xe1", &length, exif, &plain[2..]].concat();
    let (rebuilt, threats) = run(&turned, Kind::Jpeg);
    let clean = rebuilt.unwrap().clean;
    let picture = image::load_from_memory(&clean).unwrap();
    assert_eq!((picture.width(), picture.height(), threats), (48, 64, vec![Threat::Metadata]));
    assert!(!clean.windows(4).any(|w| w == b"Exif"));
}

#[test]
fn ink_stays_ink() {
    let ink = Raster::new(16, 16, Layout::Cmyk, 8, [200, 10, 90, 30].repeat(256));
    let bytes = jpeg::encode(jpeg::Jpeg::of_still(ink.clone()), &Choices::default()).unwrap();
    let after =
        reading(&Limits::default(), |work| jpeg::decode(&clean(&bytes, Kind::Jpeg), "", work)).unwrap();
    assert_eq!(after.picture.layout, Layout::Cmyk);
    assert!(after.picture.samples.iter().zip(&ink.samples).all(|(a, b)| a.abs_diff(*b) <= 6));
}

#[test]
fn what_hides_in_the_lowest_bits_is_gone_in_strict_mode() {
    let message: Vec<u8> = (0..64 * 48 * 3).map(|i| 100 + u8::from(i * i % 5 < 2)).collect();
    let picture = Raster::new(64, 48, Layout::Rgb, 8, message);
    let png = with_image(&picture, image::ImageFormat::Png);
    let (rebuilt, _) =
        with_work(Limits::default(), None, |work| rebuild(&png, Kind::Png, Mode::Strict, work));
    let after = first_rgba(&rebuilt.unwrap().clean, Format::Png);
    assert!(after.chunks_exact(4).all(|p| p == [100, 100, 100, 255]));
    for mode in [Mode::TextOnly, Mode::InspectOnly] {
        let (outcome, _) =
            with_work(Limits::default(), None, |work| rebuild(&png, Kind::Png, mode, work).err());
        assert_eq!(outcome, Some(Refusal::held(Reason::NotRebuilt)), "{mode:?}");
    }
}

#[test]
fn a_mark_is_written_once_and_replaced() {
    let marked = |bytes: &[u8], kind: Kind, label: &str| {
        let mark = Mark { label: label.to_owned(), levels: vec!["c2".to_owned()] };
        let (rebuilt, _) =
            with_work(Limits::default(), Some(mark), |work| rebuild(bytes, kind, Mode::Rebuild, work));
        rebuilt.unwrap().clean
    };
    let count =
        |bytes: &[u8], label: &str| bytes.windows(label.len()).filter(|w| *w == label.as_bytes()).count();
    let drawing = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>".to_vec();
    for (kind, bytes) in samples().into_iter().chain([(Kind::Svg, drawing)]) {
        if !matches!(kind, Kind::Png | Kind::Jpeg | Kind::Tiff | Kind::Svg) {
            continue;
        }
        let once = marked(&bytes, kind, "機密性2");
        let twice = marked(&once, kind, "機密性2");
        let other = marked(&twice, kind, "機密性3");
        let counts = [count(&once, "機密性2"), count(&twice, "機密性2"), count(&other, "機密性2")];
        assert_eq!((counts, count(&other, "機密性3")), ([2, 2, 0], 2), "{kind:?}");
    }
}

#[test]
fn documents_get_a_format_they_show() {
    for (kind, bytes) in samples() {
        let (outcome, _) =
            with_work(Limits::default(), None, |work| rebuild_any(&bytes, "word/media/a", work));
        let expected = match kind {
            Kind::Jpeg => Format::Jpeg,
            Kind::Gif => Format::Gif,
            _ => Format::Png,
        };
        assert_eq!(outcome.unwrap().1, expected, "{kind:?}");
    }
    let svg = b"<?xml version=\"1.0\"?><!-- a --><svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let (outcome, _) = with_work(Limits::default(), None, |work| rebuild_any(svg, "", work));
    assert_eq!(outcome.unwrap().1, Format::Svg);
    let (outcome, _) = with_work(Limits::default(), None, |work| rebuild_any(b"what", "", work));
    assert_eq!(outcome, Err(Refusal::held(Reason::UnknownKind)));
}

#[test]
fn heif_is_known_and_held() {
    let bytes = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1";
    let job = Job {
        hint: Hint { untrusted_name: "a.heic".to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    };
    for brand in ["heic", "heix", "hevc", "mif1", "msf1", "avif", "avis"] {
        let mut bytes = bytes.to_vec();
        bytes[8..12].copy_from_slice(brand.as_bytes());
        let report = crate::sanitise(&job, bytes, &mut |_, _| ()).report;
        assert_eq!(
            (report.verdict, report.kind, report.reason),
            (Verdict::Held, Some(Kind::Heif), Some(Reason::NotRebuilt)),
            "{brand}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damage_anywhere_is_survived(which in 0usize..6, at: prop::sample::Index, value: u8, length: prop::sample::Index) {
        let (kind, mut bytes) = samples().swap_remove(which);
        let at = at.index(bytes.len());
        bytes[at] = value;
        bytes.truncate(length.index(bytes.len()).max(bytes.len() / 2));
        let limits = Limits { pixels_max: 1 << 20, expanded_bytes_max: 64 << 20, ..Limits::default() };
        let (outcome, _) = with_work(limits, None, |work| {
            // What panics in a library is caught where files are dispatched, too; see `sanitise_one`.
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rebuild(&bytes, kind, Mode::Rebuild, work)))
        });
        if let Ok(Ok(rebuilt)) = outcome {
            prop_assert!(Format::of_content(&rebuilt.clean).is_some());
        }
    }
}
