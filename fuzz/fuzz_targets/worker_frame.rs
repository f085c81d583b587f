//! What the server reads from a cell: frames, progress and reports.
//!
//! Holds: reading ends, never takes more memory than a tag allows, and what was read is written the same way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use worker_protocol::frame::{Progress, Tag, read_frame, write_frame};
use worker_protocol::{Preview, Report};

fuzz_target!(|data: &[u8]| {
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
});
