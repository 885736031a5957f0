//! `-o custom-columns=NAME:.metadata.name,...`.
// Models k8s.io/kubectl/pkg/cmd/get/customcolumn.go.

use serde_json::Value;

use crate::kubectl::jsonpath::{Template, shown};

/// Spaces after a column, and its least width.
const PADDING: usize = 3;
const WIDTH_MIN: usize = 6;

/// Columns with their titles.
pub(super) struct Columns(Vec<(String, Template)>);

impl Columns {
    /// Reads the columns.
    ///
    /// # Errors
    /// What kubectl says where they do not read.
    pub(super) fn parse(spec: &str) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("error: custom-columns format specified but no custom columns given\n".to_owned());
        }
        let column = |part: &str| {
            let (title, path) = part.split_once(':').ok_or_else(|| {
                format!("error: unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>\n")
            })?;
            let bare = path.strip_prefix('{').and_then(|path| path.strip_suffix('}'));
            let bare = bare.unwrap_or(path);
            let template = Template::parse(&format!("{{.{}}}", bare.strip_prefix('.').unwrap_or(bare)));
            Ok((title.to_owned(), template.map_err(|why| format!("error: {why}\n"))?))
        };
        spec.split(',').map(column).collect::<Result<_, _>>().map(Self)
    }

    /// The table of these objects.
    pub(super) fn print(&self, objects: &[Value], with_titles: bool) -> String {
        let titles = with_titles.then(|| self.0.iter().map(|(title, _)| title.clone()).collect());
        let row = |object: &Value| self.0.iter().map(|(_, path)| cell(path, object)).collect();
        let rows: Vec<Vec<String>> = titles.into_iter().chain(objects.iter().map(row)).collect();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count() + PADDING);
            cells.max().unwrap_or_default().max(WIDTH_MIN)
        };
        let widths: Vec<usize> = (1..self.0.len()).map(|column| width(column - 1)).collect();
        let mut text = String::new();
        for row in &rows {
            for (index, cell) in row.iter().enumerate() {
                text.push_str(cell);
                let width = widths.get(index).copied().unwrap_or_default();
                text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
            }
            text.push('\n');
        }
        text
    }
}

fn cell(path: &Template, object: &Value) -> String {
    let found: Vec<String> = path.find(object).concat().into_iter().map(shown).collect();
    if found.is_empty() {
        "<none>".to_owned()
    } else {
        found.join(",")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_found_by_their_paths() {
        let object = json!({"metadata": {"name": "web-0"}, "spec": {"containers": [{"image": "a"}, {"image": "b"}]}});
        for (spec, want) in [
            (
                "N:.metadata.name,I:{.spec.containers[*].image}",
                "N       I\nweb-0   a,b\n",
            ),
            (
                "N:metadata.name,X:.status.x,E:.a",
                "N       X        E\nweb-0   <none>   <none>\n",
            ),
        ] {
            let columns = Columns::parse(spec).expect("these columns read");
            assert_eq!(columns.print(std::slice::from_ref(&object), true), want, "{spec}");
        }
        assert!(Columns::parse("N").is_err());
    }
}
