//! Screens and the JSON API: one router per zone.

pub mod api;
pub mod live;
pub mod upload;
