//! The JSON API as a program outside sees it: real use cases, a real database, files on a real disk, and a cell that
//! reads its orders from the file.

#[cfg(test)]
mod city;
mod classify;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod find;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod oscal;
#[cfg(test)]
mod printing;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod register_tables;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rosters;
#[cfg(test)]
mod training;
