//! Tests of the whole road from text to pack.

// The attribute tells clippy that these modules are tests, helpers included.
#[cfg(test)]
mod broken;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kept_cases;
#[cfg(test)]
mod layering;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod support;
