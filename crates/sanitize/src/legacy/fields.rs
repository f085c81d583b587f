//! Fields in the text of Word, which one character begins, another divides and a third ends (MS-DOC 2.8.25).
//!
//! Owns: finding them and their instructions.
//! Leaves to others: which of them are harmless (`ooxml`), what becomes of them (`words`, `document`).

/// Fields inside fields that are followed.
const NESTING_MAX: usize = 64;

/// The longest instruction that is kept, in characters. What makes a field dangerous stands at its beginning.
const INSTRUCTION_MAX: usize = 4_096;

const BEGIN: u16 = 0x13;
const RESULT: u16 = 0x14;
const END: u16 = 0x15;

/// What stands in an instruction for data of a field.
const DATA: u16 = 0x01;

/// A field: where its characters stand, and what it is told to do.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) begin: usize,
    pub(super) result: Option<usize>,
    pub(super) end: usize,
    /// With the instructions of the fields in it.
    pub(super) instruction: String,
    /// Whether another field says what sort of field it is.
    pub(super) is_named_by_field: bool,
}

struct Open {
    begin: usize,
    result: Option<usize>,
    instruction: Vec<u16>,
    is_named_by_field: bool,
}

impl Open {
    fn push(&mut self, units: &[u16]) {
        let room = INSTRUCTION_MAX.saturating_sub(self.instruction.len());
        self.instruction.extend(units.iter().take(room));
    }
}

/// The fields of a text, each behind those in it. What is not ended or nested too deep is none.
pub(super) fn scan(units: &[u16]) -> Vec<Field> {
    let mut all = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // How many were begun that are too deep.
    let mut deeper = 0usize;
    for (at, unit) in units.iter().enumerate() {
        match *unit {
            BEGIN if open.len() >= NESTING_MAX => deeper += 1,
            END if deeper > 0 => deeper -= 1,
            BEGIN => {
                if let Some(outer) = open.last_mut()
                    && outer.result.is_none()
                    && String::from_utf16_lossy(&outer.instruction).trim().is_empty()
                {
                    outer.is_named_by_field = true;
                }
                open.push(Open {
                    begin: at,
                    result: None,
                    instruction: Vec::new(),
                    is_named_by_field: false,
                });
            }
            RESULT if deeper == 0 => {
                if let Some(field) = open.last_mut().filter(|field| field.result.is_none()) {
                    field.result = Some(at);
                }
            }
            END => {
                let Some(Open { begin, result, instruction, is_named_by_field }) = open.pop() else {
                    continue;
                };
                if let Some(outer) = open.last_mut().filter(|outer| outer.result.is_none()) {
                    outer.push(&instruction);
                }
                let instruction = String::from_utf16_lossy(&instruction);
                all.push(Field { begin, result, end: at, instruction, is_named_by_field });
            }
            DATA => {}
            unit => {
                if let Some(field) = open.last_mut().filter(|field| field.result.is_none()) {
                    field.push(&[unit]);
                }
            }
        }
    }
    all
}
