//! Gateway API over time, one behaviour each: `tests/gateway_stories/NAME.yaml` is a scenario, and
//! `tests/goldens/gateway_stories/NAME.txt` what is told of its objects. See `tests/common/stories.rs`.

use std::fmt::Write as _;

use kubarium::api::gateway::{GROUP, items, status, text};
use kubarium::api::{Dynamic, Object};
use kubarium::apiserver::Change;
use serde_json::Value;

mod common;

fn line(change: &Change) -> Option<String> {
    let object = of_gateway(&change.object)?;
    let told = told(object);
    let before = change.old.as_ref().and_then(of_gateway).map(self::told);
    (before.as_ref() != Some(&told)).then(|| format!("{} {}:{told}", object.kind.info().kind, object.meta.name))
}

fn of_gateway(object: &Object) -> Option<&Dynamic> {
    match object {
        Object::Dynamic(object) if object.kind.info().group == GROUP => Some(object),
        _ => None,
    }
}

/// Conditions, addresses, and the parts of a status.
fn told(object: &Dynamic) -> String {
    let status = status(object);
    let mut told = conditions(&status["conditions"]);
    for address in items(&status["addresses"]) {
        write!(told, " at {}", text(&address["value"])).expect("a string takes text");
    }
    for listener in items(&status["listeners"]) {
        let (name, count) = (text(&listener["name"]), &listener["attachedRoutes"]);
        let conditions = conditions(&listener["conditions"]);
        write!(told, " | {name}, {count} attached:{conditions}").expect("a string takes text");
    }
    for parent in items(&status["parents"]) {
        let name = text(&parent["parentRef"]["name"]);
        write!(told, " | {name}:{}", conditions(&parent["conditions"])).expect("a string takes text");
    }
    told
}

fn conditions(all: &Value) -> String {
    let each = items(all).map(|one| {
        let parts = (text(&one["type"]), text(&one["status"]), text(&one["reason"]));
        format!(" {}={}({})", parts.0, parts.1, parts.2)
    });
    each.collect()
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "gateway_stories",
        width: 5,
        line,
    };
    stories.check();
}
