//! Tables of facts.

use super::csv::Row;
use super::no_such_subject;
use crate::network;

/// Checks one row of the table of that name.
pub(super) fn run(table: &str, row: &Row) -> Result<(), String> {
    match (table, row) {
        ("glossary_en_zh.csv" | "docs_pages.csv", _) => Err("not applicable: words and pages, no behaviour".to_owned()),
        ("ingress_path_matching.csv" | "ingress_wildcard_hosts.csv", _) => {
            let (header, cells): (Vec<&str>, Vec<&str>) = row.iter().map(|(name, cell)| (&**name, &**cell)).unzip();
            network::conformance::run_row(table, &header, &cells)
        }
        _ => no_such_subject(),
    }
}
