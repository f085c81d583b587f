//! Use cases through the public face of the house only: a real database and real blobs in a temporary directory, and
//! a clock, randomness and a cell that do as they are told.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod approving;
#[cfg(test)]
mod bound;
#[cfg(test)]
mod city;
#[cfg(test)]
mod course_files;
#[cfg(test)]
mod course_records;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod flaky;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod inspecting;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod parameters;
#[cfg(test)]
mod policy_export;
#[cfg(test)]
mod receiving;
#[cfg(test)]
mod records;
#[cfg(test)]
mod register_imports;
#[cfg(test)]
mod register_rules;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod request_rows;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod roster_mails;
#[cfg(test)]
mod roster_permits;
#[cfg(test)]
mod rosters;
#[cfg(test)]
mod row_duties;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod submitting;
#[cfg(test)]
mod together;
#[cfg(test)]
mod told_live;
#[cfg(test)]
mod training;
#[cfg(test)]
mod unknown_classes;
