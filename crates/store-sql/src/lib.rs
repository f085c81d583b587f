//! (opens with what this package owns)
