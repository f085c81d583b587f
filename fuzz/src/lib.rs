//! What the fuzz targets of the sanitiser share.
//!
//! Owns: what happens once when a target starts ([`start`]: seeds and words for libFuzzer) and with each input ([`run`]:
//! trouble ends the process, which is how libFuzzer learns of it).
//! Leaves to others: which targets there are, how an input becomes a file and what must hold (`parsers`, which the
//! tests of the sanitiser read as well; `others` for the parsers of other packages), other people's files as seeds (`shared`), when to run what (`cargo xtask fuzz`).

mod others;
mod parsers;
mod shared;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

/// Where the seeds of this run go.
const SEEDS: &str = "SEKISHO_FUZZ_SEEDS";

/// A folder of sample documents, whose parts become seeds as well. What grows from them is not kept.
const SHARED: &str = "SEKISHO_FUZZ_SHARED";

/// Writes the seeds of a target into the folder that the environment names, and its words beside it.
pub fn start(target: &str) {
    let Some(folder) = std::env::var_os(SEEDS).map(PathBuf::from) else { return };
    let other = others::OTHERS.iter().find(|other| other.name == target);
    let (mut seeds, words) = match other {
        Some(other) => ((other.seeds)(), [].as_slice()),
        None => ((parsers::target(target).seeds)(), parsers::target(target).words),
    };
    if let Some(shared) = std::env::var_os(SHARED) {
        seeds.extend(shared::seeds(target, PathBuf::from(shared).join("corpus")));
    }
    std::fs::create_dir_all(&folder).expect("a folder for the seeds");
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:04}")), seed).expect("a seed is written");
    }
    let words: String = words.iter().map(|word| format!("{}\n", quoted(&bytes_of(word)))).collect();
    std::fs::write(folder.with_extension("words"), words).expect("the words are written");
}

/// The bytes of a word: those of a binary format are written as characters below 256, everything else is UTF-8.
fn bytes_of(word: &str) -> Vec<u8> {
    let narrow: Result<Vec<u8>, _> = word.chars().map(|c| u8::try_from(u32::from(c))).collect();
    narrow.unwrap_or_else(|_| word.as_bytes().to_vec())
}

/// A word as the dictionaries of libFuzzer spell it.
fn quoted(word: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in word {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02X}")),
        }
    }
    out + "\""
}

/// Runs one input of a target.
pub fn run(target: &str, data: &[u8]) {
    if let Some(other) = others::OTHERS.iter().find(|other| other.name == target) {
        return (other.check)(data);
    }
    static PANICS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    match parsers::check(parsers::target(target), data) {
        Ok(ending) => {
            let mut known = PANICS.lock().expect("one thread");
            for place in ending.library_panics {
                if known.insert(place.clone()) {
                    // It holds the file, so it is no failure, but somebody may want to tell the library's authors.
                    let ending = if ending.hands_over { "handed over" } else { "held" };
                    eprintln!("library panic at {place}, {ending}");
                }
            }
        }
        Err(trouble) => {
            // libFuzzer passes on what its processes say on lines with this word.
            eprintln!("ERROR: trouble in {target}: {trouble}");
            std::process::abort();
        }
    }
}
