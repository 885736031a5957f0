//! Tables as the server computes them for `kubectl get`.
// Models pkg/printers/internalversion/printers.go.

mod config;
mod layout;
mod network;
mod node;
mod pod;
mod policy;
mod row;
mod storage;
mod workload;

use crate::api::time::Time;
use crate::api::{Kind, Object};

pub use layout::{Layout, columns, render, render_below};
use row::Row;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its title, as the server writes it; kubectl prints it in capitals.
    pub title: &'static str,
    /// Whether it is shown with `-o wide` only.
    pub wide: bool,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
}

/// Columns and rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// A row for each object, in the order of the objects.
    pub rows: Vec<Vec<Cell>>,
}

/// How a kind is printed. Titles that begin with `|` are those of wide columns.
struct Printer {
    group: &'static str,
    kind: &'static str,
    titles: &'static [&'static str],
    row: fn(&Row<'_>) -> Vec<Cell>,
}

/// The printers of all kinds that have one of their own.
const PRINTERS: [&[Printer]; 7] = [
    pod::PRINTERS,
    workload::PRINTERS,
    network::PRINTERS,
    node::PRINTERS,
    config::PRINTERS,
    storage::PRINTERS,
    policy::PRINTERS,
];

/// Kinds without a printer: name and age.
const GENERIC: Printer = Printer {
    group: "",
    kind: "",
    titles: &["Name", "Age"],
    row: |row| vec![row.name(), row.age()],
};

/// Kinds that show when they were made instead of their age: their tables are the client's.
const CREATED_AT: Printer = Printer {
    group: "",
    kind: "",
    titles: &["Name", "Created At"],
    row: |row| vec![row.name(), row.text("/metadata/creationTimestamp")],
};

fn printer(kind: Kind) -> &'static Printer {
    let info = kind.info();
    let mut all = PRINTERS.iter().flat_map(|printers| printers.iter());
    let found = all.find(|printer| printer.kind == info.kind && printer.group == info.group);
    found.unwrap_or(match info.kind {
        "LimitRange" | "Role" | "ClusterRole" | "CustomResourceDefinition" => &CREATED_AT,
        _ => &GENERIC,
    })
}

/// The table of objects of one kind at `now`.
#[must_use]
pub fn table(kind: Kind, objects: &[&Object], now: Time, wide: bool) -> Table {
    let printer = printer(kind);
    let rows = objects.iter().map(|object| {
        let value = object.encode();
        (printer.row)(&Row {
            value: &value,
            object,
            now,
            wide,
        })
    });
    let column = |title: &&'static str| match title.strip_prefix('|') {
        Some(title) => Column { title, wide: true },
        None => Column { title, wide: false },
    };
    Table {
        columns: printer.titles.iter().map(column).collect(),
        rows: rows.collect(),
    }
}

/// Runs a printer's case of the shared vectors.
///
/// # Errors
/// What differs, or `not applicable` and why.
pub fn run_vector(case: &serde_json::Value) -> Result<(), String> {
    let text = |pointer: &str| {
        case.pointer(pointer)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let (version, name) = (text("/object/apiVersion"), text("/object/kind"));
    let kind = Kind::find(version, name).ok_or_else(|| format!("not applicable: {name} in {version} is not served"))?;
    let object = Object::decode(kind, case["object"].clone()).map_err(|error| error.to_string())?;
    let now = Time::parse(text("/now"))?;
    let wide = case["wide"] == true;
    let table = table(kind, &[&object], now, wide);
    let expect = &case["expect"];
    let want = expect["cells"]
        .as_array()
        .or_else(|| expect["rows"][0].as_array())
        .ok_or("no cells are expected")?;
    let columns = match expect["columns"].as_array() {
        Some(titles) => titles
            .iter()
            .map(|title| place(&table, title))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..table.columns.len())
            .filter(|index| wide || !table.columns[*index].wide)
            .collect(),
    };
    let cells: Vec<_> = columns.iter().map(|index| table.rows[0][*index].to_json()).collect();
    if cells == *want {
        Ok(())
    } else {
        Err(format!("cells are {cells:?}, not {want:?}"))
    }
}

/// Where the column of that title stands.
fn place(table: &Table, title: &serde_json::Value) -> Result<usize, String> {
    let found = table.columns.iter().position(|column| title == column.title);
    found.ok_or_else(|| format!("there is no column {title}"))
}

impl Cell {
    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => serde_json::json!(text),
            Self::Number(number) => serde_json::json!(number),
            Self::Bool(yes) => serde_json::json!(yes),
        }
    }
}
