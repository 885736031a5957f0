//! Cases of the node lifecycle controller.

use serde_json::{Value, json};

use super::{compare, decode, unknown};
use crate::api::core::Node;
use crate::api::time::Time;
use crate::controller::nodelifecycle::with_no_schedule;

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    if function != "conditionTaints" {
        return Err(unknown(function));
    }
    let node: Node = decode(&case["node"])?;
    let node = with_no_schedule(&node, Time(0)).unwrap_or(node);
    let taints = node.spec.taints.iter().filter(|taint| &*taint.effect == "NoSchedule");
    let got: Vec<Value> = taints
        .map(|taint| json!({"key": &*taint.key, "effect": "NoSchedule"}))
        .collect();
    compare("taints", &case["expect"]["taints"], &json!(got))
}
