//! Which link targets may stay.
//!
//! Owns: the one test for a harmless scheme, used by every format.
//! Leaves to others: what a removed link leaves behind.

use worker_protocol::LinkPolicy;

/// Whether a link to this target may stay under this policy: http, https and mailto only, written plainly.
///
/// Programs ignore white space and control characters inside a scheme, so a target that has any is refused
/// rather than interpreted.
pub(crate) fn is_kept(untrusted_target: &str, policy: LinkPolicy) -> bool {
    let target = untrusted_target.trim();
    let lower: String = target.chars().take(10).collect::<String>().to_ascii_lowercase();
    policy == LinkPolicy::Keep
        && target.len() <= 4096
        && !target.chars().any(char::is_control)
        && (lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("mailto:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_schemes_stay() {
        let rows = [
            ("https://www.city.example/", true),
            (" HTTP://a/", true),
            ("mailto:a@b.example", true),
            ("javascript:alert(1)", false),
            ("java\nscript:x", false),
            ("file:///etc/passwd", false),
            ("\\\\host\\share", false),
            ("ms-word:ofe|u|http://a", false),
            ("https:\\\\a", false),
            ("http\t://a", false),
            ("", false),
        ];
        for (target, expected) in rows {
            assert_eq!(is_kept(target, LinkPolicy::Keep), expected, "{target:?}");
            assert!(!is_kept(target, LinkPolicy::Remove));
        }
    }
}
