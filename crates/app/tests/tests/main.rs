//! Use cases through the public face of the house only.

#[test]
fn builds() {
    let _ = store_sql::Config::default();
}
