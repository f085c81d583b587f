//! What every store must do, asked only through [`Store`](app::ports::Store) and [`Tx`](app::ports::Tx).

mod access;
mod changes;
mod course_records;
pub(super) mod duties;
mod editions;
mod evidence;
mod home;
mod imports;
mod jobs;
mod lists;
pub(super) mod notices;
mod people;
mod records;
mod registers;
mod requests;
pub(super) mod rosters;
pub(super) mod training;
mod transactions;
mod transfers;
