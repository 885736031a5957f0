//! The rules of Ingresses, row by row, against the tables of the documentation.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "the test is told by the environment where the shared data lies"
)]

use kubarium::network::conformance::run_row;

const TABLES: [(&str, usize); 2] = [("ingress_path_matching.csv", 11), ("ingress_wildcard_hosts.csv", 3)];

#[test]
fn ingress_rules_hold() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        eprintln!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    for (table, rows_min) in TABLES {
        let file = format!("{shared}/corpus/facts/{table}");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().expect("a table has a first line");
        let mut count = 0;
        for row in lines {
            let result = run_row(table, &header, &row);
            assert_eq!(result, Ok(()), "{table}: {row:?}");
            count += 1;
        }
        assert!(count >= rows_min, "{table} has only {count} rows");
    }
}
