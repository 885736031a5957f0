//! Lays a table out as text.

use super::{Cell, Table};

/// Spaces between columns.
const GAP: usize = 3;

/// How to show a table.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Show wide columns.
    pub wide: bool,
    /// Leave the titles out.
    pub no_headers: bool,
    /// Put this before each name, as in `pod/`.
    pub prefix: String,
    /// A column before the others: title and a text for each row.
    pub before: Option<(String, Vec<String>)>,
    /// Columns behind the others: title and a text for each row.
    pub after: Vec<(String, Vec<String>)>,
}

/// The table as text, a line each row.
#[must_use]
pub fn render(table: &Table, layout: &Layout) -> String {
    render_below(table, layout, &mut Vec::new())
}

/// Cells in columns, a line each row.
#[must_use]
pub fn columns(lines: &[Vec<String>]) -> String {
    align(lines, &mut Vec::new())
}

/// The table as text below what was printed before: columns are at least `widths` wide, which grow with it.
pub fn render_below(table: &Table, layout: &Layout, widths: &mut Vec<usize>) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let shown: Vec<usize> = (0..table.columns.len())
        .filter(|index| layout.wide || !table.columns[*index].wide)
        .collect();
    if !layout.no_headers {
        let mut head: Vec<String> = layout.before.iter().map(|(title, _)| title.clone()).collect();
        head.extend(
            shown
                .iter()
                .map(|index| table.columns[*index].title.to_ascii_uppercase()),
        );
        head.extend(layout.after.iter().map(|(title, _)| title.clone()));
        lines.push(head);
    }
    for (number, row) in table.rows.iter().enumerate() {
        let extra = |texts: &Vec<String>| texts.get(number).cloned().unwrap_or_default();
        let mut line: Vec<String> = layout.before.iter().map(|(_, texts)| extra(texts)).collect();
        line.extend(shown.iter().map(|index| cell(&row[*index], *index, layout)));
        line.extend(layout.after.iter().map(|(_, texts)| extra(texts)));
        lines.push(line);
    }
    align(&lines, widths)
}

fn cell(cell: &Cell, index: usize, layout: &Layout) -> String {
    let text = match cell {
        Cell::Text(text) => text.lines().next().unwrap_or_default().to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Bool(yes) => yes.to_string(),
    };
    if index == 0 {
        format!("{}{text}", layout.prefix)
    } else {
        text
    }
}

/// Pads every column but the last to its widest cell, of those before too.
fn align(lines: &[Vec<String>], widths: &mut Vec<usize>) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or_default()
    };
    widths.resize(columns.max(widths.len()), 0);
    for (column, known) in widths.iter_mut().enumerate() {
        *known = width(column).max(*known);
    }
    let mut text = String::new();
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < line.len() {
                let fill = widths[column] + GAP - cell.chars().count();
                text.extend(std::iter::repeat_n(' ', fill));
            }
        }
        text.push('\n');
    }
    text
}
