//! Comma-separated values, as spreadsheets write them.

use crate::sim::btree::BTreeMap;

/// A row by the names of its columns.
pub(super) type Row = BTreeMap<String, String>;

/// The rows of a table whose first line names the columns.
pub(super) fn rows(text: &str) -> Vec<Row> {
    let mut records = records(text).into_iter();
    let Some(names) = records.next() else { return Vec::new() };
    let row = |record: Vec<String>| names.iter().cloned().zip(record).collect();
    records.map(row).collect()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let (mut record, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            _ => field.push(c),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_and_lines() {
        let rows = rows("a,b\n1,\"x, \"\"y\"\"\nz\"\r\n2,\n");
        let got: Vec<_> = rows.iter().map(|row| (row["a"].as_str(), row["b"].as_str())).collect();
        assert_eq!(got, [("1", "x, \"y\"\nz"), ("2", "")]);
    }
}
