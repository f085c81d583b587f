//! Counts passed and failed tests from what the test runners print.
//!
//! Owns: reading the summary lines of cargo-nextest and of the standard test harness.
//! Leaves to others: whether the run succeeded; that is the runner's exit status.

use crate::shell;

/// Tests seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed, ran out of time or could not be started.
    pub(crate) failed: u64,
}

impl Tally {
    /// Takes in one line of output. Lines that are no summary change nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = shell::plain(line);
        let counts = if let Some(rest) = line.trim().strip_prefix("Summary [") {
            // Summary [   1.5s] 4 tests run: 2 passed (1 slow), 1 failed, 1 timed out, 0 skipped
            rest.split_once(" run: ").map(|(_, counts)| counts)
        } else {
            // test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
            // Indented, it is what a single test of cargo-nextest printed, which the summary counts.
            line.strip_prefix("test result: ")
                .and_then(|rest| rest.split_once(". "))
                .map(|(_, counts)| counts)
        };
        for part in counts.unwrap_or_default().split([',', ';']) {
            let Some((number, word)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            let word = word.split('(').next().unwrap_or_default().trim();
            match word {
                "passed" => self.passed += number,
                "failed" | "timed out" | "exec failed" => self.failed += number,
                _ => {}
            }
        }
    }

    /// The last line of a run.
    pub(crate) fn line(self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_both_runners_are_counted() {
        let rows = [
            ("     Summary [   0.007s] 2 tests run: 2 passed, 0 skipped", 2, 0),
            ("     Summary [   0.007s] 1 test run: 1 passed, 0 skipped", 1, 0),
            (
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.0s] \u{1b}[1m7\u{1b}[0m tests run: \u{1b}[1m7\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped",
                7,
                0,
            ),
            (
                "     Summary [  12.0s] 9 tests run: 5 passed (1 slow, 2 flaky), 2 failed, 1 timed out, 1 exec failed, 3 skipped",
                5,
                4,
            ),
            ("     Summary [  12.0s] 4/9 tests run: 3 passed, 1 failed, 0 skipped", 3, 1),
            (
                "test result: ok. 16 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.88s",
                16,
                0,
            ),
            ("test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out", 1, 3),
            ("    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 8 filtered out", 0, 0),
            ("test a::b ... ok", 0, 0),
            ("5 passed, 1 failed", 0, 0),
            ("", 0, 0),
        ];
        for (line, passed, failed) in rows {
            let mut tally = Tally::default();
            tally.read(line);
            assert_eq!(tally, Tally { passed, failed }, "{line}");
        }
    }

    #[test]
    fn counts_add_up_over_runs() {
        let mut tally = Tally::default();
        tally.read("Summary [ 1s] 3 tests run: 2 passed, 1 failed, 0 skipped");
        tally.read("test result: ok. 4 passed; 0 failed; 0 ignored");
        assert_eq!(tally.line(), "6 passed, 1 failed");
    }
}
