//! Runs shared vectors about volumes and claims.

use std::rc::Rc;

use serde_json::Value;

use super::matching;
use crate::api::lean::{self, Lean};
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim};

/// Runs one vector.
///
/// # Errors
/// What differs, or that the subject is not known.
pub fn run_vector(vector: &Value) -> Result<(), String> {
    let (claim, expect) = (read::<PersistentVolumeClaim>(&vector["claim"])?, &vector["expect"]);
    let (want, got) = match vector["subject"].as_str().unwrap_or_default() {
        "volume/match" => {
            let volumes = vector["volumes"].as_array().into_iter().flatten();
            let volumes: Vec<Rc<PersistentVolume>> = volumes
                .map(|there| read(there).map(Rc::new))
                .collect::<Result<_, _>>()?;
            let volumes: Vec<&Rc<PersistentVolume>> = volumes.iter().collect();
            let waits = vector["delayBinding"] == true;
            let found = matching::find_best(&claim, &volumes, waits);
            (
                &expect["volume"],
                found.map_or(Value::Null, |volume| Value::from(&*volume.meta.name)),
            )
        }
        "volume/modeMismatch" => {
            let volume: PersistentVolume = read(&vector["volume"])?;
            (&expect["mismatch"], Value::Bool(volume.is_block() != claim.is_block()))
        }
        other => return Err(format!("no such subject: {other}")),
    };
    if *want == got {
        Ok(())
    } else {
        Err(format!("want {want}, got {got}"))
    }
}

fn read<T: Lean>(value: &Value) -> Result<T, String> {
    lean::decode(value.clone()).map_err(|error| error.to_string())
}
