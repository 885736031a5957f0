//! JSON patch (RFC 6902).

use serde_json::Value;

use super::PatchError;

/// Most operations in one patch.
const OPERATIONS_MAX: usize = 10_000;

/// Carries out the operations one after the other; none when one of them fails.
// Models gopkg.in/evanphx/json-patch.v4 Patch.Apply
pub fn json_patch(original: &Value, operations: &Value) -> Result<Value, PatchError> {
    let bad = |message: String| PatchError::BadRequest(message);
    let operations = operations.as_array().ok_or_else(|| {
        let found = crate::api::yaml::json_type(operations);
        bad(format!(
            "json: cannot unmarshal {found} into Go value of type jsonpatch.Patch"
        ))
    })?;
    if operations.len() > OPERATIONS_MAX {
        let found = operations.len();
        let message = format!("The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {found}");
        return Err(bad(message));
    }
    let mut document = original.clone();
    for operation in operations {
        carry_out(&mut document, operation).map_err(PatchError::Unprocessable)?;
    }
    Ok(document)
}

fn carry_out(document: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let op = text("op").unwrap_or("unknown");
    let path = || text("path").ok_or_else(|| format!("{op} operation failed to decode path: missing value"));
    let from = || text("from").ok_or_else(|| format!("{op} operation failed to decode from: missing value"));
    let value = operation.get("value").cloned().unwrap_or_default();
    match op {
        "add" => add(
            document,
            path()?,
            value,
            "add operation does not apply: doc is missing path: ",
        ),
        "remove" => remove(document, path()?).map(|_| ()),
        "replace" => replace(document, path()?, value),
        "test" => test(document, path()?, &value),
        "move" => {
            let moved = take(document, from()?, "move")?;
            remove(document, from()?)?;
            add(
                document,
                path()?,
                moved,
                "move operation does not apply: doc is missing destination path: ",
            )
        }
        "copy" => {
            let copied = take(document, from()?, "copy")?;
            add(
                document,
                path()?,
                copied,
                "copy operation does not apply: doc is missing destination path: ",
            )
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

/// The value that holds the last step of the path, and that step.
fn parent<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (above, last) = path.rsplit_once('/')?;
    let holder = if above.is_empty() {
        Some(document)
    } else {
        document.pointer_mut(above)
    };
    let holder = holder.filter(|holder| holder.is_object() || holder.is_array())?;
    Some((holder, last.replace("~1", "/").replace("~0", "~")))
}

/// Index in a list of this length; `-` is behind its end, and a negative one counts from there.
fn index_in(length: usize, key: &str) -> Result<usize, String> {
    if key == "-" {
        return Ok(length);
    }
    let number: i64 = key
        .parse()
        .map_err(|_| format!("strconv.Atoi: parsing {key:?}: invalid syntax"))?;
    let from_end = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if number < 0 {
        number.saturating_add(from_end)
    } else {
        number
    };
    let index = usize::try_from(index).ok().filter(|index| *index <= length);
    index.ok_or_else(|| format!("Unable to access invalid index: {number}: invalid index referenced"))
}

fn add(document: &mut Value, path: &str, value: Value, missing: &str) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let Some((holder, key)) = parent(document, path) else {
        return Err(format!("{missing}\"{path}\": missing value"));
    };
    match holder {
        Value::Array(items) => {
            let index = index_in(items.len(), &key).map_err(|e| format!("error in add for path: '{path}': {e}"))?;
            items.insert(index, value);
        }
        holder => holder[key] = value,
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value, String> {
    let Some((holder, key)) = parent(document, path) else {
        return Err(format!(
            "remove operation does not apply: doc is missing path: \"{path}\": missing value"
        ));
    };
    let removed = match holder {
        Value::Array(items) => match index_in(items.len(), &key) {
            Ok(index) if index < items.len() => Ok(items.remove(index)),
            Ok(index) => Err(format!(
                "Unable to access invalid index: {index}: invalid index referenced"
            )),
            Err(error) => Err(error),
        },
        Value::Object(map) => map
            .remove(&key)
            .ok_or_else(|| format!("Unable to remove nonexistent key: {key}: missing value")),
        _ => Err("missing value".to_owned()),
    };
    removed.map_err(|error| format!("error in remove for path: '{path}': {error}"))
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if !path.is_empty() && parent(document, path).is_none() {
        return Err(format!(
            "replace operation does not apply: doc is missing path: {path}: missing value"
        ));
    }
    let Some(place) = document.pointer_mut(path) else {
        return Err(format!(
            "replace operation does not apply: doc is missing key: {path}: missing value"
        ));
    };
    *place = value;
    Ok(())
}

fn test(document: &mut Value, path: &str, wanted: &Value) -> Result<(), String> {
    if !path.is_empty() && parent(document, path).is_none() {
        return Err(format!(
            "test operation does not apply: is missing path: {path}: missing value"
        ));
    }
    if document.pointer(path).unwrap_or(&Value::Null) == wanted {
        return Ok(());
    }
    Err(format!("testing value {path} failed: test failed"))
}

fn take(document: &Value, from: &str, op: &str) -> Result<Value, String> {
    let missing = || format!("{op} operation does not apply: doc is missing from path: {from}: missing value");
    document.pointer(from).cloned().ok_or_else(missing)
}
