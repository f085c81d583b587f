//! Filling a database for the load test.
