//! What the server reads from a cell: frames, progress and reports.
//!
//! Holds: reading ends, never takes more memory than a tag allows, and what was read is written the same way.

use worker_protocol::frame::{Progress, Tag, read_frame, write_frame};
use worker_protocol::{Preview, Report};

/// Runs one input; a panic is the failure.
pub(crate) fn check(data: &[u8]) {
    let mut pipe = data;
    let mut payload = Vec::new();
    while let Ok(tag) = read_frame(&mut pipe, &mut payload) {
        assert!(payload.len() as u64 <= tag.length_max());
        let mut written = Vec::new();
        write_frame(&mut written, tag, &payload).expect("what was read can be written");
        let mut again = Vec::new();
        assert_eq!(read_frame(&mut written.as_slice(), &mut again).expect("and read again"), tag);
        assert_eq!(again, payload);
        match tag {
            Tag::Progress => {
                if let Ok(progress) = Progress::decode(&payload) {
                    assert_eq!(progress.encode().as_slice(), payload.as_slice());
                }
            }
            _ => {
                let _ = serde_json::from_slice::<Report>(&payload);
                let _ = serde_json::from_slice::<Preview>(&payload);
            }
        }
    }
}

/// Frames to begin with: each tag with a small payload, and one that is cut off.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let report = serde_json::to_vec(&Report::refused(
        worker_protocol::Verdict::Held,
        worker_protocol::Reason::Damaged,
    ));
    let preview = serde_json::to_vec(&Preview::Pages { shown: 1, total: 2 });
    let mut seeds = vec![vec![1]];
    for payload in [report.expect("JSON"), preview.expect("JSON"), vec![0; 3]] {
        // A tag that there is not is a seed as well.
        for tag in 0..12u8 {
            let length = u32::try_from(payload.len()).expect("a small payload");
            seeds.push([&[tag][..], &length.to_be_bytes(), &payload].concat());
            seeds.push([&[tag][..], &length.to_le_bytes(), &payload].concat());
        }
    }
    seeds
}
