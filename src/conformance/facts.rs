//! Tables of facts.

use super::csv::Row;
use super::no_such_subject;
use crate::network;

/// Checks one row of the table of that name.
pub(super) fn run(table: &str, row: &Row) -> Result<(), String> {
    match table {
        "glossary_en_zh.csv" | "docs_pages.csv" => Err("not applicable: words and pages, no behaviour".to_owned()),
        _ => {
            let (header, cells): (Vec<&str>, Vec<&str>) =
                row.iter().map(|(name, cell)| (name.as_str(), cell.as_str())).unzip();
            match network::conformance::run_row(table, &header, &cells) {
                Err(why) if why.starts_with(super::NOT_APPLICABLE) => no_such_subject(),
                result => result,
            }
        }
    }
}
