//! The rights as a table that people read, and the sentences that hold whatever the table says.

#[cfg(test)]
mod people;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rights;
