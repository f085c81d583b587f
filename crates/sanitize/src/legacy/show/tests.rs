//! Presentations are made here record by record; what a converter would be asked is refused, so that the road taken shows.

use proptest::prelude::*;
use worker_protocol::{Job, Kind, LinkPolicy, Mode, Outcome, Reason, Road, Spot, TextBlock, Threat, Verdict};

use super::looks::{self, Known, Sort};
use super::shown;
use crate::legacy::drawn::{self, Node};
use crate::legacy::tests::{atom, compound, stream_of, told};
use crate::trial;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The number of the first master and of the first slide, as slides name them.
const MASTER: u32 = 0x8000_0000;
const SLIDE: u32 = 256;
const NOTES: u32 = 512;

/// A presentation: a master, slides with notes, and what else there is.
struct Deck {
    /// Records of the document besides those that every one has.
    document: Vec<u8>,
    /// Records of the last slide besides its drawing.
    slide: Vec<u8>,
    /// The shapes of each slide: a sort, and records.
    slides: Vec<Vec<(u16, Vec<u8>)>>,
    /// The words of the first slide in the list of slides.
    outline: Vec<u8>,
    /// The list of pictures, and their stream.
    list: Vec<u8>,
    pictures: Vec<u8>,
    /// Objects that nothing leads to.
    others: Vec<Vec<u8>>,
    /// Whether the notes are in the file.
    has_notes: bool,
    /// Whether it was saved before, with other words.
    was_saved: bool,
}

impl Deck {
    fn new(shapes: Vec<(u16, Vec<u8>)>) -> Self {
        Self {
            document: Vec::new(),
            slide: Vec::new(),
            slides: vec![shapes],
            outline: Vec::new(),
            list: Vec::new(),
            pictures: Vec::new(),
            others: Vec::new(),
            has_notes: true,
            was_saved: false,
        }
    }

    /// The object that is the first slide; the document is the first object, the master and the notes follow.
    const FIRST_SLIDE: u32 = 4;

    fn stream(&self) -> (Vec<u8>, u32) {
        let count = self.slides.len() as u32;
        let font = [wide("ＭＳ Ｐゴシック"), vec![0; 48], vec![0x80, 1, 0, 0]].concat();
        let clusters: Vec<u8> = [
            numbers(&[(count + 3) * 1024, count + 3, 99, count + 2]),
            (1..count + 3).flat_map(|drawing| numbers(&[drawing, 9])).collect(),
        ]
        .concat();
        let shared = [atom(0, 0xF006, &clusters), self.list.clone()].concat();
        let listed = |object: u32, own: u32| atom(0, 0x03F3, &numbers(&[object, 4, 0, own, 0]));
        let slides: Vec<u8> = (0..count)
            .flat_map(|n| {
                let words = if n == 0 { self.outline.clone() } else { Vec::new() };
                [listed(Self::FIRST_SLIDE + n, SLIDE + n), words].concat()
            })
            .collect();
        let document = [
            atom(
                1,
                0x03E9,
                &[numbers(&[5760, 4320, 4320, 5760, 5, 10, 0, 0]), vec![1, 0, 0, 0, 1, 0, 0, 1]].concat(),
            ),
            atom(
                0x0F,
                0x03F2,
                &atom(0x0F, 0x07D5, &[atom(0, 0x0FB7, &font), atom(0, 0x0FB8, b"font")].concat()),
            ),
            atom(0x0F, 0x040B, &atom(0x0F, 0xF000, &shared)),
            self.document.clone(),
            atom(0x1F, 0x0FF0, &listed(2, MASTER)),
            atom(0x0F, 0x0FF0, &slides),
            atom(0x2F, 0x0FF0, &listed(3, NOTES)),
            atom(0, 0x03EA, &[]),
        ]
        .concat();
        let slide_atom = |master: u32, notes: u32| {
            atom(2, 0x03EF, &[vec![0; 12], numbers(&[master, notes]), vec![7, 0, 0, 0]].concat())
        };
        let master = [slide_atom(0, 0), drawing(1, &[]), atom(0x10, 0x07F0, &[0; 32])].concat();
        let note = (202, text_box("発言者ノート"));
        let notes = [atom(1, 0x03F1, &numbers(&[SLIDE, 0])), drawing(2, &[note])].concat();
        let mut objects = vec![(0x03E8, document), (0x03F8, master), (0x03F0, notes)];
        for (n, shapes) in (0u32..).zip(&self.slides) {
            let own = if n + 1 == count { self.slide.clone() } else { Vec::new() };
            let notes = if n == 0 { NOTES } else { 0 };
            let slide = [slide_atom(MASTER, notes), drawing(n as u16 + 3, shapes), own].concat();
            objects.push((0x03EE, slide));
        }
        let mut stream = Vec::new();
        let mut earlier = 0;
        if self.was_saved {
            let hidden = [(202, text_box("以前の版"))];
            stream.extend(atom(0x0F, 0x03EE, &[slide_atom(MASTER, 0), drawing(9, &hidden)].concat()));
            let directory = stream.len() as u32;
            stream.extend(atom(0, 0x1772, &numbers(&[4 | 1 << 20, 0])));
            earlier = stream.len() as u32;
            stream.extend(atom(0, 0x0FF5, &numbers(&[0, 0x0300_0000, 0, directory, 1, 9, 1])));
        }
        let mut places = Vec::new();
        for (number, object) in objects {
            places.push(stream.len() as u32);
            stream.extend(atom(0x0F, number, &object));
        }
        for other in &self.others {
            places.push(stream.len() as u32);
            stream.extend(other);
        }
        let directory = stream.len() as u32;
        let run = |first: u32, places: &[u32]| {
            [numbers(&[first | (places.len() as u32) << 20]), numbers(places)].concat()
        };
        let runs = match self.has_notes {
            true => run(1, &places),
            false => [run(1, &places[..2]), run(4, &places[3..])].concat(),
        };
        stream.extend(atom(0, 0x1772, &runs));
        let edit = stream.len() as u32;
        stream.extend(atom(0, 0x0FF5, &numbers(&[0, 0x0300_0000, earlier, directory, 1, 3, 1])));
        (stream, edit)
    }

    fn file(&self) -> Vec<u8> {
        let (stream, edit) = self.stream();
        whole(&stream, edit, &self.pictures)
    }
}

/// The file around a stream whose last edit stands here.
fn whole(stream: &[u8], edit: u32, pictures: &[u8]) -> Vec<u8> {
    let user = atom(0, 0x0FF6, &[numbers(&[20, 0xE391_C05F, edit]), vec![0; 12]].concat());
    compound(&[
        ("/Current User", &user),
        ("/PowerPoint Document", stream),
        ("/Pictures", pictures),
        ("/\u{5}SummaryInformation", b"author"),
    ])
}

/// A drawing of its own number with these shapes.
fn drawing(number: u16, shapes: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let first = u32::from(number) * 1024;
    let kind = |sort: u16, number: u32, flags: u32| atom(sort << 4 | 2, 0xF00A, &numbers(&[number, flags]));
    let patriarch = [atom(1, 0xF009, &[0; 16]), kind(0, first, 5)].concat();
    let all: Vec<u8> = (1..)
        .zip(shapes)
        .flat_map(|(n, (sort, records))| {
            let flags = if *sort == 75 || *sort == 201 { 0x0A10 } else { 0x0A00 };
            let place = atom(0, 0xF010, &[0, 1, 0, 1, 0, 2, 0, 2]);
            atom(0x0F, 0xF004, &[kind(*sort, first + n, flags), place, records.clone()].concat())
        })
        .collect();
    let group = [atom(0x0F, 0xF004, &patriarch), all].concat();
    let last = first + shapes.len() as u32;
    let counts = atom(number << 4, 0xF008, &numbers(&[shapes.len() as u32 + 1, last]));
    atom(0x0F, 0x040C, &atom(0x0F, 0xF002, &[counts, atom(0x0F, 0xF003, &group)].concat()))
}

fn words(text: &str) -> Vec<u8> {
    [atom(0, 0x0F9F, &[4, 0, 0, 0]), atom(0, 0x0FA0, &wide(text))].concat()
}

fn text_box(text: &str) -> Vec<u8> {
    atom(0x0F, 0xF00D, &words(text))
}

fn with(records: &[u8]) -> Vec<u8> {
    atom(0x0F, 0xF011, records)
}

/// What a click does, and to which link it leads.
fn click(action: u8, link: u32) -> Vec<u8> {
    let body = [numbers(&[7, link]), vec![action, 3, 1, 0x0F, 8, 0xAA, 0xAA, 0xAA]].concat();
    atom(0x0F, 0x0FF2, &[atom(0, 0x0FF3, &body), atom(0x20, 0x0FBA, &wide("Makro"))].concat())
}

fn link(number: u32, target: &str) -> Vec<u8> {
    let inside = [
        atom(0, 0x0FD3, &numbers(&[number])),
        atom(0, 0x0FBA, &wide("名")),
        atom(0x10, 0x0FBA, &wide(target)),
    ];
    atom(0x0F, 0x0FD7, &inside.concat())
}

fn tags(name: &str, records: &[u8]) -> Vec<u8> {
    let tag = [atom(0, 0x0FBA, &wide(name)), atom(0, 0x138B, records)].concat();
    atom(0x0F, 0x1388, &atom(0x0F, 0x138A, &tag))
}

/// Properties of a shape that shows a picture.
fn shows(picture: u32) -> Vec<u8> {
    atom(0x13, 0xF00B, &[&[0x04, 0x41], picture.to_le_bytes().as_slice()].concat())
}

/// An entry for a picture that stands in the stream here.
fn entry(at: u32) -> Vec<u8> {
    atom(0x62, 0xF007, &[vec![6, 6], vec![0; 18], numbers(&[0, 0, at]), vec![0; 4]].concat())
}

fn png() -> Vec<u8> {
    let bytes = [vec![0; 16], vec![0xFF], crate::picture::placeholder().unwrap()].concat();
    atom(0x6E00, 0xF01E, &bytes)
}

/// Something that moves on a slide: what, and which shape or sound.
fn timing(visual: u32, shape: u32, more: &[u8]) -> Vec<u8> {
    let visual = atom(0, 0x2AFB, &numbers(&[0, visual, shape, 0, 0]));
    let value = atom(0x90, 0xF142, &[&[3], wide("ppt_x").as_slice()].concat());
    let node = [
        atom(0, 0xF127, &[0; 32]),
        atom(0x0F, 0xF12A, &[atom(0, 0xF133, &[0; 16]), atom(0x0F, 0xF13C, &visual)].concat()),
        atom(0x0F, 0xF13D, &value),
        more.to_vec(),
    ];
    [atom(0x1F, 0xF144, &node.concat()), atom(0, 0x2B00, &[9; 4])].concat()
}

fn run(bytes: &[u8]) -> Outcome {
    trial::run(&trial::job("a.ppt"), bytes)
}

/// All records of a clean presentation by number, those of tags too.
fn clean_records(outcome: &Outcome) -> Vec<(u16, Vec<u8>)> {
    fn gather(node: &Node<'_>, all: &mut Vec<(u16, Vec<u8>)>) {
        all.push((node.number, node.body.to_vec()));
        node.inside.iter().for_each(|inside| gather(inside, all));
        if node.number == 0x138B {
            drawn::parse(node.body).unwrap().iter().for_each(|inside| gather(inside, all));
        }
    }
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    assert_eq!(outcome.report.road, Some(Road::Rebuilt));
    assert_eq!(outcome.report.clean_kind, Some(Kind::Ppt));
    let mut all = Vec::new();
    let stream = stream_of(clean, "/PowerPoint Document");
    drawn::parse(&stream).unwrap().iter().for_each(|node| gather(node, &mut all));
    all
}

fn bodies(records: &[(u16, Vec<u8>)], number: u16) -> Vec<&[u8]> {
    records.iter().filter(|(known, _)| *known == number).map(|(_, body)| body.as_slice()).collect()
}

/// What is clean comes out as it is, and nothing is told of it.
fn assert_clean(outcome: &Outcome) {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let again = run(clean);
    assert_eq!((again.report.verdict, &again.report.removals), (Verdict::Clean, &Vec::new()));
    assert!(again.clean.as_ref() == Some(clean), "a second pass changes nothing");
}

#[test]
fn only_what_the_document_leads_to_is_written() {
    let mut deck = Deck::new(vec![(202, text_box("住民税"))]);
    deck.was_saved = true;
    deck.others = vec![
        atom(0x10, 0x1011, b"\x10\0\0\0\xd0\xcf\x11\xe0"),
        atom(0x0F, 0x03EE, &text_box("消したスライド")),
        atom(0x0F, 0x03FF, &atom(2, 0x0400, &numbers(&[5, 1, 2]))),
    ];
    deck.document = [
        atom(0x0F, 0x0409, &atom(0x0F, 0x0FCC, &atom(1, 0x0FC3, &[0; 24]))),
        atom(0x5F, 0x07E4, &atom(0x0F, 0x07E6, &atom(0, 0x07E7, b"RIFF"))),
        atom(0x0F, 0x07D0, &atom(0x0F, 0x03FF, &atom(2, 0x0400, &numbers(&[5, 1, 2])))),
        atom(0, 0x0406, b"mail"),
        // What nobody knows.
        atom(0, 0x0777, b"unknown"),
        // A package of a later version whose head says that it holds records.
        atom(0x0F, 0x0428, b"PK\x03\x04 no records"),
    ]
    .concat();
    let outcome = run(&deck.file());
    let expected = [
        Threat::MacroVba,
        Threat::EmbeddedObject,
        Threat::Multimedia,
        Threat::AuxiliaryPart,
        Threat::Metadata,
        Threat::Unknown,
    ];
    assert_eq!(told(&outcome), expected);
    let records = clean_records(&outcome);
    for gone in [0x0409, 0x0777, 0x07E4, 0x03FF, 0x0400, 0x0406, 0x0428, 0x0FB8, 0x1011] {
        assert_eq!(bodies(&records, gone).len(), 0, "{gone:04x}");
    }
    assert_eq!(bodies(&records, 0x0FA0), [wide("住民税"), wide("発言者ノート")]);
    assert_eq!((bodies(&records, 0x0FF5).len(), bodies(&records, 0x03EE).len()), (1, 1));
    // Masters of notes and handouts that there are not are named no more, nor that fonts are in the file.
    let atom = bodies(&records, 0x03E9)[0];
    assert_eq!((&atom[24..32], atom[36]), (&[0; 8][..], 0));
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!((fidelity.pages.after, fidelity.characters.after), (1, 9));
    assert_clean(&outcome);
}

#[test]
fn objects_leave_their_pictures_and_clicks_what_they_lead_to() {
    let object = with(&[atom(0, 0x0BC1, &numbers(&[1])), click(5, 0)].concat());
    let shapes = vec![
        (75, [shows(1), object.clone()].concat()),
        (201, object),
        (1, with(&click(1, 0))),
        (1, with(&click(4, 1))),
        (1, with(&click(4, 2))),
        (1, with(&click(3, 0))),
        (1, with(&[atom(0, 0x0BC3, &[1; 8]), click(6, 0)].concat())),
        (
            202,
            atom(
                0x0F,
                0xF00D,
                &[
                    words("押す"),
                    click(4, 3),
                    atom(0, 0x0FDF, &[0; 8]),
                    click(4, 1),
                    atom(0, 0x0FDF, &[1; 8]),
                ]
                .concat(),
            ),
        ),
    ];
    let mut deck = Deck::new(shapes);
    let links = [
        link(1, "https://www.city.example/"),
        link(2, "file:///c:/a.exe"),
        link(3, "\\\\host\\a"),
        link(4, "256,1,表"),
    ];
    deck.document =
        atom(0x0F, 0x0409, &[vec![atom(0, 0x040A, &numbers(&[4]))], links.to_vec()].concat().concat());
    deck.list = atom(0x2F, 0xF001, &[entry(0), entry(png().len() as u32)].concat());
    deck.pictures = [png(), png()].concat();
    let outcome = run(&deck.file());
    assert_eq!(told(&outcome), [Threat::Hyperlink, Threat::Action, Threat::AuxiliaryPart, Threat::Metadata]);
    let records = clean_records(&outcome);
    assert_eq!(bodies(&records, 0x0BC1).len(), 0);
    let links: Vec<_> = bodies(&records, 0x0FD3).into_iter().map(<[u8]>::to_vec).collect();
    assert_eq!(links, [numbers(&[1]), numbers(&[4])]);
    // A link, a jump, and a link in words, without sounds, verbs and names of macros.
    let clicks: Vec<_> =
        bodies(&records, 0x0FF3).into_iter().map(|body| (body[..8].to_vec(), body[8..].to_vec())).collect();
    let leads = |link, action| (numbers(&[0, link]), vec![action, 0, 1, 5, 8, 0, 0, 0]);
    assert_eq!(clicks, [leads(1, 4), leads(0, 3), leads(1, 4)]);
    assert_eq!(bodies(&records, 0x0FDF), [[1; 8]]);
    assert!(!bodies(&records, 0x0FBA).contains(&wide("Makro").as_slice()));
    // The object that shows nothing is no more, the other one is a picture; one picture is shown by nobody.
    let kinds: Vec<u32> = bodies(&records, 0xF00A)
        .iter()
        .map(|body| u32::from_le_bytes(body[4..].try_into().unwrap()))
        .collect();
    assert!(kinds.iter().all(|flags| flags & 0x10 == 0));
    assert_eq!(bodies(&records, 0xF008)[1][..4], [8, 0, 0, 0]);
    assert_eq!(bodies(&records, 0xF007).len(), 2);
    let pictures = stream_of(outcome.clean.as_ref().unwrap(), "/Pictures");
    assert_eq!(drawn::parse(&pictures).unwrap().len(), 1);
    assert_clean(&outcome);
    // Without links, those that lead out go; the slide stays.
    let mut job = trial::job("a.ppt");
    job.policy.links = LinkPolicy::Remove;
    let records = clean_records(&trial::run(&job, &deck.file()));
    assert_eq!(bodies(&records, 0x0FD3), [numbers(&[4])]);
}

#[test]
fn a_picture_that_cannot_be_kept_is_a_grey_square() {
    let mut deck = Deck::new(vec![(1, shows(1)), (1, shows(2))]);
    // One of the Macintosh, and one that there is not.
    deck.list = atom(0x2F, 0xF001, &[entry(0), entry(9_999)].concat());
    deck.pictures = atom(0x5420, 0xF01C, &[0; 80]);
    let outcome = run(&deck.file());
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    assert!(trial::has(&outcome, Threat::Unknown));
    let pictures = stream_of(outcome.clean.as_ref().unwrap(), "/Pictures");
    assert!(pictures.windows(4).any(|four| four == b"\x89PNG"));
    assert_clean(&outcome);
}

#[test]
fn what_moves_stays_but_for_sounds_and_commands() {
    let first = (3 * 1024) + 1;
    let object = with(&atom(0, 0x0BC1, &numbers(&[1])));
    let command = atom(0x0F, 0xF132, &[]);
    let rows = [
        (timing(1, first, &[]), Vec::new()),
        (timing(2, first, &[]), vec![Threat::Multimedia]),
        (timing(1, first + 1, &[]), vec![Threat::Multimedia]),
        (timing(1, first, &command), vec![Threat::Action]),
        (timing(1, first, &atom(0, 0xF127, &[0; 31])), vec![Threat::Unknown]),
        (timing(1, first, &atom(0, 0xF142, &[4])), vec![Threat::Unknown]),
    ];
    for (moves, expected) in rows {
        // The second shape is an object that shows nothing.
        let animated = atom(0x0F, 0x1014, &atom(1, 0x0FF1, &[0xFF; 28]));
        let mut deck =
            Deck::new(vec![(202, [with(&animated), text_box("動")].concat()), (201, object.clone())]);
        deck.slide = [atom(0, 0x03F9, &[0xFF; 16]), tags("___PPT10", &moves)].concat();
        let outcome = run(&deck.file());
        let mut all = vec![Threat::AuxiliaryPart, Threat::Metadata];
        all.extend(&expected);
        all.sort();
        assert_eq!(told(&outcome), all);
        let records = clean_records(&outcome);
        let stay = usize::from(expected.is_empty());
        assert_eq!((bodies(&records, 0xF144).len(), bodies(&records, 0x2B00).len()), (stay, stay));
        // Without the sounds of either.
        let change = bodies(&records, 0x03F9)[0];
        assert_eq!((&change[4..8], change[10]), (&[0; 4][..], 0xAF));
        let animated = bodies(&records, 0x0FF1)[0];
        assert_eq!((animated[4], animated[5], &animated[8..12], animated[25]), (0xEF, 0xEE, &[0; 4][..], 0));
        assert_clean(&outcome);
    }
}

#[test]
fn comments_numbers_and_lines_of_pages_stay() {
    let comment =
        [atom(0, 0x0FBA, &wide("課長")), atom(0x10, 0x0FBA, &wide("要確認")), atom(0, 0x2EE1, &[1; 28])];
    let numbered = [numbers(&[0x0300_0000]), vec![1, 0, 3, 0, 1, 0], numbers(&[0, 0])].concat();
    let mut deck = Deck::new(vec![(
        202,
        [
            with(&[atom(0, 0x0BC3, &[1; 8]), tags("___PPT9", &atom(0, 0x0FAC, &numbered))].concat()),
            text_box("一"),
        ]
        .concat(),
    )]);
    deck.slide = [
        tags("___PPT10", &[atom(0x0F, 0x2EE0, &comment.concat()), atom(0, 0x2EEB, &[0; 8])].concat()),
        tags("___PPT11", &atom(0, 0x2EEB, &[7; 8])),
        atom(0x0F, 0x1388, &atom(0x0F, 0x1389, &atom(0, 0x0FBA, &wide("秘密")))),
        atom(0x3F, 0x0FD9, &[atom(0, 0x0FDA, &[0; 4]), atom(0x20, 0x0FBA, &wide("総務課"))].concat()),
    ]
    .concat();
    deck.document = atom(
        0x0F,
        0x0410,
        &atom(0x0F, 0x0411, &[atom(0, 0x0FBA, &wide("抜粋")), atom(0, 0x0412, &numbers(&[SLIDE]))].concat()),
    );
    let outcome = run(&deck.file());
    assert_eq!(told(&outcome), [Threat::HiddenData, Threat::AuxiliaryPart, Threat::Metadata]);
    let hidden = outcome.report.removals.iter().find(|removal| removal.what == Threat::HiddenData);
    assert_eq!(hidden.unwrap().spot, Some(Spot::Slide { number: 1 }));
    let records = clean_records(&outcome);
    let texts = bodies(&records, 0x0FBA);
    for kept in ["課長", "要確認", "総務課", "抜粋"] {
        assert!(texts.contains(&wide(kept).as_slice()), "{kept}");
    }
    assert!(!texts.contains(&wide("秘密").as_slice()));
    assert_eq!(bodies(&records, 0x0FAC), [numbered]);
    assert_eq!((bodies(&records, 0x2EEB).len(), bodies(&records, 0x0412).len()), (1, 1));
    assert_clean(&outcome);
}

#[test]
fn looks_are_written_as_they_were_read() {
    let known = Known { fonts: 2, later_fonts: 1, bullets: 1 };
    let run = |count: u32, level: &[u8], mask: u32, rest: &[u8]| {
        [&count.to_le_bytes(), level, &mask.to_le_bytes(), rest].concat()
    };
    let paragraph = run(3, &[0, 0], 0x0800, &[2, 0]);
    let plain = run(3, &[], 0x0002_0000, &[12, 0]);
    let tabs = run(3, &[1, 0], 0x0010_0000, &[1, 0, 9, 9, 9, 9]);
    let rows = [
        ([paragraph.clone(), plain.clone()].concat(), [paragraph.clone(), plain.clone()].concat()),
        ([tabs.clone(), plain.clone()].concat(), [tabs, plain.clone()].concat()),
        // The end of the words is counted for the characters only.
        (
            [run(2, &[0, 0], 0, &[]), plain.clone()].concat(),
            [run(2, &[0, 0], 0, &[]), plain.clone()].concat(),
        ),
        // A font that there is not is the first one; bits of which nothing is known go.
        (
            [paragraph.clone(), run(3, &[], 0x0901_0001, &[1, 0, 7, 0])].concat(),
            [paragraph.clone(), run(3, &[], 0x0001_0001, &[1, 0, 0, 0])].concat(),
        ),
        // What is cut off or missing has no looks of its own.
        (
            [paragraph.clone(), run(3, &[], 0x0004_0000, &[1, 2])].concat(),
            [paragraph.clone(), run(3, &[], 0, &[])].concat(),
        ),
        (
            run(1, &[0, 0], 0, &[]),
            [run(1, &[0, 0], 0, &[]), run(2, &[0, 0], 0, &[]), run(3, &[], 0, &[])].concat(),
        ),
        ([paragraph.clone(), plain.clone(), vec![1]].concat(), [paragraph, plain].concat()),
    ];
    for (body, expected) in rows {
        assert_eq!(looks::of_words(&body, 2, known), expected, "{body:02x?}");
    }
    let one = |body: &[u8], sort| looks::of_one(body, sort, known);
    // What was found in the spelling and what programs tagged goes, the languages stay.
    let language = [numbers(&[0x0203]), vec![1, 0, 17, 4], numbers(&[1, 9])].concat();
    assert_eq!(one(&language, Sort::Language), Some([numbers(&[2]), vec![17, 4]].concat()));
    assert_eq!(one(&numbers(&[0x0204]), Sort::Language), None);
    assert_eq!(
        one(&[numbers(&[0x0100_0000]), vec![9, 0]].concat(), Sort::LaterFonts),
        Some([numbers(&[0x0100_0000]), vec![0xFF; 2]].concat())
    );
    let usual = [vec![0, 0], numbers(&[0x002E_0810]), vec![9, 0, 1, 0, 7, 0, 0, 0]].concat();
    let first_font = [&usual[..6], &[0, 0, 1, 0, 7, 0, 0, 0]].concat();
    assert_eq!(one(&usual, Sort::Paragraph), Some(first_font));
    let numbered = [vec![1, 0], numbers(&[0x0300_0000]), vec![1, 0, 3, 0, 1, 0], numbers(&[0])].concat();
    assert_eq!(looks::of_levels(&numbered, 7, Sort::Numbered, known), Some(numbered));
    let levels = [vec![2, 0], numbers(&[0, 0, 0, 0])].concat();
    assert_eq!(looks::of_levels(&levels, 1, Sort::Levels, known), Some(levels.clone()));
    assert_eq!(looks::of_levels(&levels, 5, Sort::Levels, known), None);
    assert_eq!(looks::of_levels(&[6, 0], 1, Sort::Levels, known), None);
}

#[test]
fn the_mark_stands_on_each_slide_once() {
    let mut deck = Deck::new(vec![(202, text_box("一"))]);
    deck.slides.push(vec![(202, text_box("二"))]);
    let marked = |label: &str, bytes: &[u8]| {
        let mut job: Job = trial::job("a.ppt");
        job.mark = Some(trial::mark(label, "c2"));
        trial::run(&job, bytes)
    };
    let labels = |outcome: &Outcome| -> Vec<String> {
        let shown = shown::read(outcome.clean.as_ref().unwrap()).unwrap();
        shown.iter().map(|slide| slide.words.join("|")).collect()
    };
    let first = marked("機密性2", &deck.file());
    assert_eq!(labels(&first), ["一|機密性2", "二|機密性2"]);
    let clean = first.clean.as_ref().unwrap();
    let kept = run(clean);
    assert_eq!((kept.report.verdict, labels(&kept)), (Verdict::Clean, labels(&first)));
    assert!(kept.report.removals.is_empty(), "{:?}", kept.report.removals);
    let other = marked("機密性3 <&>", kept.clean.as_ref().unwrap());
    assert_eq!(labels(&other), ["一|機密性3 <&>", "二|機密性3 <&>"]);
    // Numbers of shapes are different, and each cluster belongs to the drawing whose shapes it has.
    let records = clean_records(&other);
    let numbers: Vec<&[u8]> = bodies(&records, 0xF00A).iter().map(|body| &body[..4]).collect();
    let mut different = numbers.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(numbers.len(), different.len());
    let clusters = bodies(&records, 0xF006)[0];
    let owners: Vec<u32> =
        clusters[16..].chunks(8).map(|one| u32::from_le_bytes(one[..4].try_into().unwrap())).collect();
    assert_eq!(u32::from_le_bytes(clusters[4..8].try_into().unwrap()) as usize, owners.len() + 1);
    // The master is the first drawing, the notes are the second one; slides stand between them.
    for (counts, drawing) in bodies(&records, 0xF008).iter().zip([1, 3, 4, 2]) {
        let last = u32::from_le_bytes(counts[4..].try_into().unwrap());
        assert_eq!(owners[last as usize / 1024 - 1], drawing);
    }
    // A shape that is called like ours in a file without our mark is somebody's.
    let name = wide("sekisho-mark\0");
    let called =
        atom(0x13, 0xF00B, &[&[0x80, 0x83], (name.len() as u32).to_le_bytes().as_slice(), &name].concat());
    let somebody = Deck::new(vec![(202, [called, text_box("本文")].concat())]);
    assert_eq!(labels(&run(&somebody.file())), ["本文"]);
}

#[test]
fn words_are_read_in_their_order() {
    let title = atom(0x0F, 0xF00D, &atom(0, 0x0F9E, &numbers(&[1])));
    let mut deck = Deck::new(vec![(202, text_box("箱の\u{b}中\r次")), (202, title)]);
    deck.outline =
        [words("本文"), words("題名"), atom(0, 0x0F9F, &[0; 4]), atom(0, 0x0FA8, b"caf\xe9")].concat();
    let outcome = run(&deck.file());
    let clean = outcome.clean.as_ref().unwrap();
    let slides = shown::read(clean).unwrap();
    assert_eq!(slides[0].words, ["箱の 中", "次", "題名", "本文", "café"]);
    assert_eq!(slides[0].notes, ["発言者ノート"]);
    let (preview, _) =
        crate::preview::preview(Kind::Ppt, clean, &worker_protocol::Limits::default()).unwrap();
    let worker_protocol::Preview::Text { blocks, truncated } = preview else { panic!("text") };
    assert!(!truncated);
    assert_eq!(blocks[0], TextBlock::Heading { text: "スライド 1".to_owned() });
    assert_eq!(blocks.len(), 6);
    let text = trial::run(&trial::job_in("a.ppt", Mode::TextOnly), &deck.file()).clean.unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "スライド 1\r\n箱の 中\r\n次\r\n題名\r\n本文\r\ncafé\r\n発言者ノート\r\n"
    );
}

#[test]
fn notes_that_are_listed_may_be_missing() {
    let mut deck = Deck::new(vec![(202, text_box("一"))]);
    deck.has_notes = false;
    let outcome = run(&deck.file());
    let records = clean_records(&outcome);
    assert_eq!((bodies(&records, 0x03F0).len(), bodies(&records, 0x03F3).len()), (0, 2));
    assert_clean(&outcome);
}

#[test]
fn what_is_not_read_here_is_converted() {
    let plain = || Deck::new(vec![(202, text_box("一"))]);
    // Where this stands in the stream, and what stands there instead.
    let changed = |old: &[u8], new: &[u8]| {
        let (mut stream, edit) = plain().stream();
        let at = stream.windows(old.len()).position(|some| some == old).unwrap();
        stream[at..at + new.len()].copy_from_slice(new);
        whole(&stream, edit, &[])
    };
    let listed = |object: u32, own: u32| numbers(&[object, 4, 0, own]);
    let of_shape = |records: Vec<u8>| Deck::new(vec![(1, records)]).file();
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("no last edit", whole(&plain().stream().0, 3, &[])),
        ("a slide that there is not", changed(&listed(4, SLIDE), &listed(40, SLIDE))),
        ("a slide that is a master", changed(&listed(4, SLIDE), &listed(2, SLIDE))),
        ("a master that there is not", changed(&listed(2, MASTER), &listed(2, MASTER + 5))),
        ("two lists of slides", changed(&[0x2F, 0, 0xF0, 0x0F], &[0x0F, 0])),
        ("a list of what nobody knows", changed(&[0x2F, 0, 0xF0, 0x0F], &[0x3F, 0])),
        ("sizes that are cut off", changed(&[1, 0, 0xE9, 3, 40, 0], &[1, 0, 0xEB, 3, 40, 0])),
        ("a shape without a sort", of_shape(atom(2, 0xF00A, &[0; 7]))),
        ("properties that are cut off", of_shape(atom(0x23, 0xF00B, &[0; 6]))),
        ("a record that is longer than its shape", of_shape(vec![0, 0, 0x0B, 0xF0, 9, 0, 0, 0])),
    ];
    for (what, file) in rows {
        let outcome = run(&file);
        assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt), "{what}");
        assert!(trial::has(&outcome, Threat::Metadata), "{what}: what it carries is told all the same");
    }
    let strict = trial::run(&trial::job_in("a.ppt", Mode::Strict), &plain().file());
    assert_eq!(strict.report.reason, Some(Reason::NotRebuilt));
}

#[test]
fn nothing_is_written_twice_or_hidden_behind_another() {
    // Links with the number of one that stays, or with a target behind their target.
    let two_targets = [
        atom(0, 0x0FD3, &numbers(&[2])),
        atom(0x10, 0x0FBA, &wide("https://a.example/")),
        atom(0x10, 0x0FBA, &wide("file:///c:/a.exe")),
    ];
    let links = [
        atom(0, 0x040A, &numbers(&[4])),
        link(1, "https://a.example/"),
        link(1, "file:///c:/a.exe"),
        atom(0x0F, 0x0FD7, &two_targets.concat()),
    ];
    // Pictures of bullets are the document's, once.
    let bullet = [vec![6, 0], png()].concat();
    let bullets = tags("___PPT9", &atom(0x0F, 0x07F8, &atom(0, 0x07F9, &bullet)));
    let mut deck = Deck::new(vec![(202, [with(&bullets), text_box("一")].concat())]);
    deck.slide = bullets.clone();
    deck.document =
        [atom(0x0F, 0x0409, &links.concat()), atom(0x0F, 0x07D0, &[bullets.clone(), bullets].concat())]
            .concat();
    let outcome = run(&deck.file());
    let records = clean_records(&outcome);
    assert_eq!(bodies(&records, 0x0FD3), [numbers(&[1])]);
    assert!(!bodies(&records, 0x0FBA).contains(&wide("file:///c:/a.exe").as_slice()));
    assert_eq!((bodies(&records, 0x07F8).len(), bodies(&records, 0x07F9).len()), (1, 1));
    assert_clean(&outcome);
    // Behind the end of a font's name.
    let (mut stream, edit) = deck.stream();
    let name = wide("ＭＳ Ｐゴシック\0");
    let end = stream.windows(name.len()).position(|some| some == name).unwrap() + name.len();
    stream[end..end + 6].copy_from_slice(b"secret");
    let hidden = run(&whole(&stream, edit, &[]));
    assert!(hidden.clean == outcome.clean);
    // Many slides at the place of a large one.
    let mut deck = Deck::new(vec![(202, text_box(&"一".repeat(40_000)))]);
    deck.slides.extend(vec![Vec::new(); 7]);
    let (mut stream, edit) = deck.stream();
    let fidelity = run(&whole(&stream, edit, &[])).report.fidelity.unwrap();
    assert_eq!((fidelity.pages.after, fidelity.characters.after), (8, 40_006));
    // Before the last edit, with its head, stand the places of all objects.
    let first = edit as usize - 8 * 4;
    for slide in 1..8 {
        stream.copy_within(first..first + 4, first + slide * 4);
    }
    assert_eq!(run(&whole(&stream, edit, &[])).report.reason, Some(Reason::NotRebuilt));
    // A second list of pictures, of tags, of clusters.
    let plain = || Deck::new(vec![(202, text_box("一"))]);
    for number in [0x040B, 0x07D0] {
        let mut deck = plain();
        deck.document = [atom(0x0F, number, &[]), atom(0x0F, number, &[])].concat();
        assert_eq!(run(&deck.file()).report.reason, Some(Reason::NotRebuilt), "{number:04x}");
    }
    let mut deck = plain();
    deck.list = atom(0, 0xF006, &[]);
    assert_eq!(run(&deck.file()).report.reason, Some(Reason::NotRebuilt));
}

/// Keeps what it was given, and converts nothing.
struct Given(Vec<Vec<u8>>);

impl crate::Converter for Given {
    fn convert(
        &mut self,
        _: worker_protocol::conversion::Conversion,
        untrusted: &[u8],
    ) -> Result<Vec<u8>, Reason> {
        self.0.push(untrusted.to_vec());
        Err(Reason::NotRebuilt)
    }
}

#[test]
fn the_office_program_is_given_what_is_clean_and_not_marked() {
    let mut deck = Deck::new(vec![(202, text_box("一"))]);
    deck.others = vec![atom(0x10, 0x1011, b"an object")];
    let mut job = trial::job("a.ppt");
    job.mark = Some(trial::mark("機密性2", "c2"));
    let marked = trial::run(&job, &deck.file()).clean.unwrap();
    let plain = run(&deck.file()).clean.unwrap();
    for mode in [Mode::Strict, Mode::ImagePdf] {
        for file in [deck.file(), marked.clone()] {
            let mut job = trial::job_in("a.ppt", mode);
            job.mark = Some(trial::mark("機密性3", "c3"));
            let mut given = Given(Vec::new());
            let outcome = crate::sanitise_with(&job, file, &mut given, &mut |_, _| ());
            assert_eq!((outcome.report.reason, given.0.len()), (Some(Reason::NotRebuilt), 1));
            let words = |bytes: &[u8]| shown::read(bytes).unwrap();
            assert_eq!(words(&given.0[0]), words(&plain));
        }
    }
}

proptest! {
    /// Whatever looks are: what was written is written again.
    #[test]
    fn any_looks_are_read_once(body in prop::collection::vec(prop_oneof![Just(0u8), 0u8..8, any::<u8>()], 0..60), characters in 0usize..4) {
        let known = Known { fonts: 2, later_fonts: 1, bullets: 1 };
        let written = looks::of_words(&body, characters, known);
        prop_assert_eq!(&looks::of_words(&written, characters, known), &written);
        let languages = looks::of_languages(&body, known);
        prop_assert_eq!(&looks::of_languages(&languages, known), &languages);
        for sort in [Sort::Numbered, Sort::LaterFonts] {
            let runs = looks::of_runs(&body, sort, known);
            prop_assert_eq!(&looks::of_runs(&runs, sort, known), &runs);
        }
    }

    /// Whatever is changed in a presentation: it goes another road, or what comes out stays what it is.
    #[test]
    fn any_change_is_read_to_an_end(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let animated = atom(0x0F, 0x1014, &atom(1, 0x0FF1, &[0; 28]));
        let mut deck = Deck::new(vec![
            (202, [with(&[animated, click(4, 1)].concat()), text_box("乙")].concat()),
            (75, [shows(1), with(&atom(0, 0x0BC1, &numbers(&[1])))].concat()),
        ]);
        deck.document = atom(0x0F, 0x0409, &[atom(0, 0x040A, &numbers(&[4])), link(1, "https://www.city.example/")].concat());
        deck.slide = tags("___PPT10", &timing(1, 3 * 1024 + 1, &[]));
        deck.list = atom(0x1F, 0xF001, &entry(0));
        deck.pictures = png();
        let (mut stream, edit) = deck.stream();
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let outcome = run(&whole(&stream, edit, &deck.pictures));
        if outcome.clean.is_some() {
            assert_clean(&outcome);
            shown::read(outcome.clean.as_ref().unwrap());
        }
    }
}
