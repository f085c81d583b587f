//! What every store must do, asked only through [`Store`](app::ports::Store) and [`Tx`](app::ports::Tx).

mod access;
mod editions;
mod evidence;
mod imports;
mod jobs;
mod lists;
mod people;
mod registers;
mod requests;
mod transactions;
mod transfers;
