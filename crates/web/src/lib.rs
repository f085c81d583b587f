//! Screens and the JSON API: one router per zone.

pub mod assets;
pub mod dates;
mod parts;
pub mod screens;
pub mod words;
