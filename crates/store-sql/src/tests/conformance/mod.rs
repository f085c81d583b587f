//! What every store must do, asked only through [`Store`](app::ports::Store) and [`Tx`](app::ports::Tx).

mod access;
pub(super) mod duties;
mod editions;
mod evidence;
mod imports;
mod jobs;
mod lists;
mod people;
mod records;
mod registers;
mod requests;
mod transactions;
mod transfers;
