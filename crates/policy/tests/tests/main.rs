//! Tests of the whole road from text to pack.

// The attribute tells clippy that these modules are tests, helpers included.
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod broken;
#[cfg(test)]
mod classifiers;
#[cfg(test)]
mod courses;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod duty_types;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod guideline;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod import;
#[cfg(test)]
mod import_judge;
#[cfg(test)]
mod import_properties;
#[cfg(test)]
mod kept_cases;
#[cfg(test)]
mod layering;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod oscal;
#[cfg(test)]
mod oscal_import;
#[cfg(test)]
mod oscal_outside;
#[cfg(test)]
mod oscal_properties;
#[cfg(test)]
mod outline;
#[cfg(test)]
mod print_forms;
#[cfg(test)]
mod publication;
#[cfg(test)]
mod register_definitions;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod search;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod support;
