//! The disk is full: nothing is half done, the words say so, and work goes on once there is space again.

use std::{fs, io::Write as _, path::Path, process::Command};

use crate::{
    files,
    house::{House, can_run, copy_of_a_city, inbound},
};

/// A file system in memory that is small enough to fill.
struct SmallDisk<'a>(&'a Path);

#[expect(clippy::disallowed_methods, reason = "the test needs a disk that it may fill")]
fn run(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let place = at.to_str().unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=96m", "tmpfs", place]).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Lazily: a process that dies just now may still hold it.
        run("umount", &["-l", self.0.to_str().unwrap()]);
    }
}

#[test]
fn a_full_disk_refuses_files_and_recovers() {
    if !can_run() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let Some(_disk) = SmallDisk::mount(place) else {
        eprintln!("skipped: only root may mount the small disk that this test fills");
        return;
    };
    // The log lies beside it, on the same disk: that it cannot be written must not matter.
    let data = place.join("city");
    copy_of_a_city(&data);
    let mut house = House::open(&data);
    let sender = house.log_in("sakura", "internet");
    let recipient = sender.candidate("momiji");
    let small =
        |key: &str| sender.submit(&inbound(key, "c1", &recipient), &[("メモ.txt".into(), files::text(key))]);
    let before = small("before").unwrap().with(201);

    let ballast = place.join("ballast");
    fill(&ballast);
    // Large enough that its blob cannot fit whatever small space a log left.
    let large = vec![b'a'; 8 << 20];
    let refused = sender.submit(&inbound("full", "c1", &recipient), &[("大.txt".into(), large)]);
    let refused = refused.unwrap_or_else(|e| panic!("{e}: {:?} {}", house.ended(), house.log()));
    assert_eq!(refused.status, 507, "{}\n{}", refused.text(), house.log());
    let error = refused.json();
    assert_eq!(error["error"]["code"], "storage-full");
    assert!(error["error"]["message"].as_str().is_some_and(|m| !m.is_ascii()), "{error}");
    // What exists can still be read.
    let id = before["id"].as_str().unwrap();
    sender.api(&format!("/transfers/{id}")).unwrap().with(200);

    fs::remove_file(&ballast).unwrap();
    let after = small("after").unwrap().with(201);
    for made in [&before, &after] {
        let transfer = sender.transfer_at_rest(made["id"].as_str().unwrap(), 60);
        assert_eq!(transfer["state"], "ready", "{transfer}\n{}", house.log());
    }
    // The index of words speaks of panics whenever its disk is full; one of ours names its place.
    assert!(!house.log().contains("panicked at"), "{}", house.log());
}

/// Writes until nothing fits any more.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    let mut piece = vec![0_u8; 1 << 20];
    loop {
        match file.write(&piece) {
            Ok(0) => break,
            Ok(_) => {}
            Err(_) if piece.len() > 4096 => piece.truncate(piece.len() / 2),
            Err(_) => break,
        }
    }
}
