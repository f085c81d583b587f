//! Rows of registers for the tests of what hangs on them.

use std::collections::BTreeMap;

use app::registers::RowInput;
use policy::{Column, ColumnType, RegisterScope};
use workflow::register::RowKey;

use crate::city::City;

/// What somebody types into a column that must be filled.
fn typed(city: &City, column: &Column, nth: usize) -> String {
    match column.kind {
        ColumnType::Text | ColumnType::LongText => {
            format!("{}{nth}", column.title).chars().take(10).collect()
        }
        ColumnType::Number => column.min.to_string(),
        ColumnType::Date => "2026-11-01".to_owned(),
        ColumnType::Choice => column.choices[0].clone(),
        ColumnType::Flag => "true".to_owned(),
        ColumnType::Level => city.app.pack().levels_of(column.axis.unwrap()).next().unwrap().id.clone(),
        ColumnType::Person => "hanako".to_owned(),
        ColumnType::Section => "residents".to_owned(),
        ColumnType::Zone => "lgwan".to_owned(),
        ColumnType::Link => panic!("{}: a row of another register is needed first", column.id),
    }
}

/// Adds a row with what its register asks for and these values; of a register by section one of the residents' section.
pub(crate) async fn add(city: &City, register: &str, values: &[(&str, &str)]) -> RowKey {
    let app = city.app.current();
    let definition = app.pack().register(register).unwrap().clone();
    let is_city = definition.scope == RegisterScope::City;
    let keeper = city.at(if is_city { "digital" } else { "kacho" }, "lgwan").await;
    let nth = city.evidence().await.len();
    let mut all: BTreeMap<String, String> = definition
        .columns
        .iter()
        .filter(|c| c.required && !c.is_computed())
        .map(|c| (c.id.clone(), typed(city, c, nth)))
        .collect();
    all.extend(values.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())));
    let section = (!is_city).then(|| "residents".to_owned());
    let input = RowInput { section, values: all, reason: String::new() };
    app.add_row(&keeper, register, &input).await.unwrap_or_else(|error| panic!("{register}: {error:?}"))
}
