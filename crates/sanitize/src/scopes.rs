//! Prefixes of namespaces, as the tags that are open bind them.
//!
//! Owns: which binding a prefix has at this place of a part, innermost first.
//! Leaves to others: what a namespace means (each format's `names`).

use std::cell::Cell;

/// Places for the bindings that were asked for last.
const RECENT: usize = 16;

/// One prefix, empty for names without one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding<'t, K> {
    pub(crate) prefix: &'t str,
    /// The namespace as it is written in the tag.
    pub(crate) written: &'t str,
    /// What it means to the format.
    pub(crate) known: K,
}

/// The bindings of all open tags. A part binds some forty prefixes in its root and asks for a few of them all the time.
#[derive(Debug)]
pub(crate) struct Scopes<'t, K> {
    bound: Vec<Binding<'t, K>>,
    /// Place in `bound` plus one, by a few bits of the prefix; 0 when it is not known.
    recent: [Cell<usize>; RECENT],
}

impl<'t, K> Default for Scopes<'t, K> {
    fn default() -> Self {
        Self { bound: Vec::new(), recent: std::array::from_fn(|_| Cell::new(0)) }
    }
}

impl<'t, K: Copy> Scopes<'t, K> {
    pub(crate) fn len(&self) -> usize {
        self.bound.len()
    }

    /// Binds a prefix in the innermost tag.
    pub(crate) fn push(&mut self, prefix: &'t str, written: &'t str, known: K) {
        self.forget(prefix);
        self.bound.push(Binding { prefix, written, known });
    }

    /// Ends the scopes of all tags but those that were open when there were so many bindings.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.bound.len() > len {
            if let Some(binding) = self.bound.pop() {
                self.forget(binding.prefix);
            }
        }
    }

    /// What a prefix means here.
    pub(crate) fn find(&self, prefix: &str) -> Option<K> {
        let recent = self.slot(prefix);
        let place = recent.map_or(0, Cell::get);
        if let Some(binding) = place.checked_sub(1).and_then(|at| self.bound.get(at))
            && binding.prefix.len() == prefix.len()
            // Most names of a part may have no prefix.
            && (prefix.is_empty() || binding.prefix == prefix)
        {
            return Some(binding.known);
        }
        let at = self.bound.iter().rposition(|binding| binding.prefix == prefix)?;
        if let Some(recent) = recent {
            recent.set(at + 1);
        }
        self.bound.get(at).map(|binding| binding.known)
    }

    /// All bindings, innermost last.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Binding<'t, K>> {
        self.bound.iter()
    }

    /// A binding that comes or goes changes what its prefix means, and that of no other.
    fn forget(&self, prefix: &str) {
        if let Some(slot) = self.slot(prefix) {
            slot.set(0);
        }
    }

    fn slot(&self, prefix: &str) -> Option<&Cell<usize>> {
        let first = prefix.bytes().next().map_or(0, usize::from);
        self.recent.get((first + prefix.len() * 5) % RECENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The short way must find what the long way finds, whatever comes and goes.
        #[test]
        fn the_innermost_binding_is_found(steps in proptest::collection::vec(("[abq]{0,2}", 0usize..3), 0..60)) {
            let mut scopes = Scopes::default();
            let mut plain: Vec<(&str, usize)> = Vec::new();
            for (number, (prefix, step)) in steps.iter().enumerate() {
                match step {
                    0 => {
                        scopes.push(prefix, "", number);
                        plain.push((prefix, number));
                    }
                    1 => {
                        let len = plain.len() / 2;
                        scopes.truncate(len);
                        plain.truncate(len);
                    }
                    _ => {}
                }
                let expected = plain.iter().rev().find(|bound| bound.0 == prefix).map(|bound| bound.1);
                prop_assert_eq!(scopes.find(prefix), expected);
                prop_assert_eq!(scopes.len(), plain.len());
            }
        }
    }
}
