//! The state machine as a table that people read, and the sentences that hold whatever happens.

#[cfg(test)]
mod calendar;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod handing_permits;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod records;
#[cfg(test)]
mod register_plan;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod roster;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod training;
