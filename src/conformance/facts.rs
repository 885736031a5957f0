//! Tables of facts.

use serde_json::Value;

use super::csv::Row;
use super::{Budget, gateway, netpol, no_such_subject};
use crate::{api, network};

/// Checks one row of the table of that name; `objects` are those of the manifests that it speaks of.
pub(super) fn run(table: &str, row: &Row, objects: Result<&[Value], String>, budget: Budget<'_>) -> Result<(), String> {
    match table {
        "glossary_en_zh.csv" | "docs_pages.csv" => Err("not applicable: words and pages, no behaviour".to_owned()),
        "networkpolicy_expectations.csv" => netpol::run_expectation(row, objects?),
        "netpol_connlist.csv" => netpol::run_pair(row, objects?),
        "route_match_precedence.csv" => gateway::run_precedence(row),
        "gateway_conformance_requests.csv" => gateway::run_request(row, objects?, budget),
        "gateway_conformance_tests.csv" => gateway::run_test(row, objects?, budget),
        "cron_schedules.csv" => api::cron::conformance::run_row(&|column| {
            let cell = row.iter().find(|(name, _)| *name == column);
            cell.map(|(_, cell)| cell.clone()).unwrap_or_default()
        }),
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
