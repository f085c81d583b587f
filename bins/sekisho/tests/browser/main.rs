//! The whole house as its people use it: the real server, the real sanitiser, a real browser, real clicks.
//!
//! Owns the list of the parts: [`ground`] starts the city and browsers, [`person`] is what people do in them,
//! [`flows`] the stories from sending to proof, [`requests`] those of requests, [`registers`] those of registers, [`rosters`] that of a personnel change, [`duties`] those of duties, [`training`] that of a course, [`notices`] those of notices, [`reading`] the policy on screen and on
//! paper, [`imports`] the review of a text, [`editions`] the life of an edition, [`first_run`] the screen of a new body, [`looks`]
//! what must hold on every page.
//!
//! The tests need Chromium and its driver: `SEKISHO_CHROMIUM` and `SEKISHO_CHROMEDRIVER` name the programs, and
//! `SEKISHO_AXE` the file of axe-core. What is missing is said and skipped; `cargo xtask test` provides all of it.
//! With `SEKISHO_SCREENSHOTS` set to a folder the pictures of the handbook are taken as well.

#[cfg(test)]
mod duties;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod first_run;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod ground;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod person;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rosters;
#[cfg(test)]
mod training;
