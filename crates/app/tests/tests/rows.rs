//! Rows of registers for the tests of what hangs on them.

use std::{collections::BTreeMap, pin::Pin};

use app::registers::{RowInput, store::RegisterStore as _};
use policy::{Column, ColumnType, Register, RegisterScope};
use workflow::register::RowKey;

use crate::city::City;

/// What somebody types into a column that must be filled.
fn typed(city: &City, column: &Column, nth: usize) -> String {
    match column.kind {
        ColumnType::Text | ColumnType::LongText => format!("{}{nth}", column.title)
            .chars()
            .take(usize::try_from(column.chars_max).unwrap().min(10))
            .collect(),
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

/// Who keeps a register in the small city.
pub(crate) fn keeper(register: &Register) -> &'static str {
    match register.manager.as_str() {
        "system-manager" => "digital",
        "security-manager" => "kacho",
        "supervising-officer" => "somu",
        other => panic!("{}: nobody plays the {other}", register.id),
    }
}

/// Adds a row with what its register asks for and these values; of a register by section one of the residents' section. Rows that
/// it must lead to are added before it.
pub(crate) fn add<'a>(
    city: &'a City,
    register: &'a str,
    values: &'a [(&str, &str)],
) -> Pin<Box<dyn Future<Output = RowKey> + 'a>> {
    Box::pin(async move {
        let app = city.app.current();
        let definition = app.pack().register(register).unwrap().clone();
        let is_city = definition.scope == RegisterScope::City;
        let keeper = city.at(keeper(&definition), "lgwan").await;
        let nth = city.evidence().await.len();
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for column in definition.columns.iter().filter(|c| c.required && !c.is_computed()) {
            let given = values.iter().any(|(id, _)| *id == column.id);
            let typed = match &column.to {
                _ if given => continue,
                Some(to) => {
                    let number = add(city, to, &[]).await.number;
                    app.pack().register(to).unwrap().number_shown(number)
                }
                None => typed(city, column, nth),
            };
            all.insert(column.id.clone(), typed);
        }
        all.extend(values.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())));
        let section = (!is_city).then(|| "residents".to_owned());
        let input = RowInput { section, values: all, reason: String::new() };
        app.add_row(&keeper, register, &input).await.unwrap_or_else(|error| panic!("{register}: {error:?}"))
    })
}

/// A row from its first version to its end, by whoever keeps the register.
pub(crate) async fn live(city: &City, register: &str) {
    let key = add(city, register, &[]).await;
    let app = city.app.current();
    let definition = app.pack().register(register).unwrap();
    let keeper = city.at(keeper(definition), "lgwan").await;
    let row = city.store.real.row(&key).await.unwrap().unwrap();
    let mut values: BTreeMap<String, String> = app.typed(definition, &row);
    let name = definition.name_column().unwrap().id.clone();
    values.insert(name, "改めた名".to_owned());
    let section = row.section.as_ref().map(|s| s.as_str().to_owned());
    let input = RowInput { section, values, reason: "書き間違い".to_owned() };
    app.change_row(&keeper, &key, row.version, &input)
        .await
        .unwrap_or_else(|error| panic!("{register}: {error:?}"));
    let today = workflow::calendar::day_of(city.now()).to_string();
    app.end_row(&keeper, &key, row.version + 1, &today, "要らなくなった")
        .await
        .unwrap_or_else(|error| panic!("{register}: {error:?}"));
    let kinds = city.kinds(&key.to_string()).await;
    assert_eq!(kinds, ["register-row-added", "register-row-changed", "register-row-ended"], "{register}");
}
