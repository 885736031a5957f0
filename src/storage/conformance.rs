//! Runs shared vectors about volumes and claims.

use serde_json::Value;

use super::matching;

/// Runs one vector.
///
/// # Errors
/// What differs, or that the subject is not known.
pub fn run_vector(vector: &Value) -> Result<(), String> {
    let (claim, expect) = (&vector["claim"], &vector["expect"]);
    let (want, got) = match vector["subject"].as_str().unwrap_or_default() {
        "volume/match" => {
            let volumes = vector["volumes"].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = matching::find_best(claim, volumes);
            let name = found.map_or(Value::Null, |volume| volume["metadata"]["name"].clone());
            (&expect["volume"], name)
        }
        "volume/modeMismatch" => {
            let differs = matching::modes_mismatch(&claim["spec"], &vector["volume"]["spec"]);
            (&expect["mismatch"], Value::Bool(differs))
        }
        other => return Err(format!("no such subject: {other}")),
    };
    if *want == got {
        Ok(())
    } else {
        Err(format!("want {want}, got {got}"))
    }
}
