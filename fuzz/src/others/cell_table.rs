//! What the server reads from a cell that wrote a table down.
//!
//! Holds: reading ends in a bounded table or a refusal, and what was read is written the same way.

use worker_protocol::table::{Area, CELLS_MAX, Cell, ROWS_MAX, Row, SHEETS_MAX, Sheet, Table, Value};

/// Runs one input; a panic is the failure.
pub(crate) fn check(data: &[u8]) {
    let Ok(table) = Table::decode(data) else { return };
    assert!(table.sheets.len() <= SHEETS_MAX);
    let rows: Vec<&Row> = table.sheets.iter().flat_map(|sheet| &sheet.rows).collect();
    assert!(rows.len() <= ROWS_MAX);
    assert!(rows.iter().map(|row| row.cells.len()).sum::<usize>() <= CELLS_MAX);
    for row in rows {
        for cell in &row.cells {
            assert_eq!(row.cell(cell.column), Some(cell));
        }
    }
    let written = table.encode().expect("what was read can be written");
    assert_eq!(Table::decode(&written).expect("and read again"), table);
}

/// Tables to begin with: one of everything, and what is cut off.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let values = [
        Value::Text("税務課".to_owned()),
        Value::Number("-1.5".to_owned()),
        Value::Date("2026-04-01".to_owned()),
        Value::Bool(true),
        Value::Error("#N/A".to_owned()),
        Value::Nothing,
    ];
    let cells = (1u32..).zip(values).map(|(column, value)| {
        let formula = value == Value::Nothing;
        Cell { column, value, formula }
    });
    let row = Row { number: 3, hidden: true, cells: cells.collect() };
    let area = Area { first_row: 1, first_column: 1, last_row: 2, last_column: 2 };
    let sheet = Sheet {
        untrusted_name: "台帳".to_owned(),
        hidden: false,
        rows: vec![row.clone(), Row { number: 4, ..row }],
        merged: vec![area],
    };
    let whole = Table { sheets: vec![sheet, Sheet::default()] }.encode().expect("a bounded table");
    let cut = whole.get(..whole.len() / 2).unwrap_or_default().to_vec();
    vec![whole, cut, b"{\"sheets\":[]}".to_vec()]
}
