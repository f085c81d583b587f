//! The screens: HTML pages for people.
pub mod view;
