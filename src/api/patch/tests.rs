//! Patches and what they make, one line a case.

use serde_json::{Value, json};

use super::*;
use crate::api::schema::struct_of;

fn of(package: &str, name: &str) -> Struct {
    struct_of(package, name).expect("a type of the table")
}

#[test]
fn merge_patches_follow_the_rfc() {
    for (original, patch, want) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (
            json!({"a": {"b": "c"}}),
            json!({"a": {"b": "d", "c": null}}),
            json!({"a": {"b": "d"}}),
        ),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!(["a"]), json!(["c"]), json!(["c"])),
        (json!({"e": null}), json!({"a": 1}), json!({"a": 1, "e": null})),
        (json!([1]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ] {
        assert_eq!(merge_patch(&original, &patch), want, "{original} {patch}");
        assert_eq!(
            merge_patch(&original, &diff_merge_patch(&original, &original)),
            original
        );
    }
}

#[test]
fn json_patches_change_or_fail_as_a_whole() {
    let document = json!({"a": {"b": [1, 2]}, "c/d": 1});
    for (operations, want) in [
        (
            json!([{"op": "add", "path": "/a/b/-", "value": 3}]),
            Ok(json!({"a": {"b": [1, 2, 3]}, "c/d": 1})),
        ),
        (
            json!([{"op": "add", "path": "/a/b/0", "value": 0}]),
            Ok(json!({"a": {"b": [0, 1, 2]}, "c/d": 1})),
        ),
        (
            json!([{"op": "replace", "path": "/c~1d", "value": 2}]),
            Ok(json!({"a": {"b": [1, 2]}, "c/d": 2})),
        ),
        (
            json!([{"op": "remove", "path": "/a/b/1"}]),
            Ok(json!({"a": {"b": [1]}, "c/d": 1})),
        ),
        (
            json!([{"op": "move", "from": "/a/b", "path": "/e"}]),
            Ok(json!({"a": {}, "c/d": 1, "e": [1, 2]})),
        ),
        (
            json!([{"op": "copy", "from": "/a/b/0", "path": "/f"}]),
            Ok(json!({"a": {"b": [1, 2]}, "c/d": 1, "f": 1})),
        ),
        (
            json!([{"op": "test", "path": "/a/b/0", "value": 1}]),
            Ok(document.clone()),
        ),
        (
            json!([{"op": "test", "path": "/a/b/0", "value": 2}]),
            Err("testing value /a/b/0 failed: test failed"),
        ),
        (
            json!([{"op": "replace", "path": "/x", "value": 2}]),
            Err("replace operation does not apply: doc is missing key: /x: missing value"),
        ),
        (
            json!([{"op": "add", "path": "/x/y", "value": 2}]),
            Err("add operation does not apply: doc is missing path: \"/x/y\": missing value"),
        ),
        (
            json!([{"op": "remove", "path": "/x"}]),
            Err("error in remove for path: '/x': Unable to remove nonexistent key: x: missing value"),
        ),
        (json!([{"op": "fly", "path": "/x"}]), Err("Unexpected kind: fly")),
    ] {
        let got = json_patch(&document, &operations);
        assert_eq!(
            got,
            want.map_err(|e| PatchError::Unprocessable(e.to_owned())),
            "{operations}"
        );
    }
    assert!(matches!(
        json_patch(&document, &json!({})),
        Err(PatchError::BadRequest(_))
    ));
}

#[test]
fn strategic_patches_merge_lists_by_their_keys() {
    let pod = json!({"containers": [{"name": "a", "image": "x", "args": ["1"]}, {"name": "b", "image": "y"}],
        "nodeSelector": {"k": "v"}, "tolerations": [{"key": "t"}]});
    for (patch, want) in [
        (
            json!({"containers": [{"name": "a", "image": "z"}]}),
            json!({"containers": [{"name": "a", "image": "z", "args": ["1"]}, {"name": "b", "image": "y"}],
                "nodeSelector": {"k": "v"}, "tolerations": [{"key": "t"}]}),
        ),
        (
            json!({"containers": [{"name": "c"}], "tolerations": []}),
            json!({"containers": [{"name": "c"}, {"name": "a", "image": "x", "args": ["1"]}, {"name": "b", "image": "y"}],
                "nodeSelector": {"k": "v"}, "tolerations": []}),
        ),
        (
            json!({"containers": [{"name": "c"}], "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}, {"name": "c"}]}),
            json!({"containers": [{"name": "b", "image": "y"}, {"name": "a", "image": "x", "args": ["1"]}, {"name": "c"}],
                "nodeSelector": {"k": "v"}, "tolerations": [{"key": "t"}]}),
        ),
        (
            json!({"containers": [{"name": "a", "$patch": "delete"}, {"name": "b", "args": ["2"], "image": null}]}),
            json!({"containers": [{"name": "b", "args": ["2"]}], "nodeSelector": {"k": "v"}, "tolerations": [{"key": "t"}]}),
        ),
        (
            json!({"containers": [{"$patch": "replace"}, {"name": "c"}], "nodeSelector": {"$patch": "replace", "l": "w"}}),
            json!({"containers": [{"name": "c"}], "nodeSelector": {"l": "w"}, "tolerations": [{"key": "t"}]}),
        ),
        (
            json!({"nodeSelector": null, "tolerations": null, "hostname": null}),
            json!({"containers": [{"name": "a", "image": "x", "args": ["1"]}, {"name": "b", "image": "y"}]}),
        ),
    ] {
        assert_eq!(
            strategic_merge_patch(of("core", "PodSpec"), &pod, &patch),
            Ok(want),
            "{patch}"
        );
    }
}

#[test]
fn strategic_patches_merge_scalars_and_retain_keys() {
    let meta = json!({"finalizers": ["a", "b"], "labels": {"x": "1", "y": "2"}});
    for (patch, want) in [
        (
            json!({"finalizers": ["c"]}),
            json!({"finalizers": ["c", "a", "b"], "labels": {"x": "1", "y": "2"}}),
        ),
        (
            json!({"$deleteFromPrimitiveList/finalizers": ["a"]}),
            json!({"finalizers": ["b"], "labels": {"x": "1", "y": "2"}}),
        ),
        (
            json!({"labels": {"x": null, "z": "3"}}),
            json!({"finalizers": ["a", "b"], "labels": {"y": "2", "z": "3"}}),
        ),
    ] {
        assert_eq!(
            strategic_merge_patch(of("meta", "ObjectMeta"), &meta, &patch),
            Ok(want),
            "{patch}"
        );
    }
    let spec = json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}});
    let patch = json!({"strategy": {"$retainKeys": ["type"], "type": "Recreate"}});
    let want = json!({"strategy": {"type": "Recreate"}});
    assert_eq!(
        strategic_merge_patch(of("apps", "DeploymentSpec"), &spec, &patch),
        Ok(want)
    );
    for (patch, want) in [
        (
            json!({"containers": [{"image": "x"}]}),
            "map: map[image:x] does not contain declared merge key: name",
        ),
        (
            json!({"affinity": {"$patch": "jump"}}),
            "unknown patch type: jump in map: map[$patch:jump]",
        ),
    ] {
        let pod = json!({"containers": [{"name": "a"}], "affinity": {}});
        let got = strategic_merge_patch(of("core", "PodSpec"), &pod, &patch).map_err(|e| e.to_string());
        assert_eq!(got, Err(want.to_owned()), "{patch}");
    }
}

/// Name, what was applied last, what is applied now, what is live, the patch, and what comes of it.
type ApplyCase = (&'static str, Value, Value, Value, Value, Value);

fn apply_cases() -> Vec<ApplyCase> {
    let container = |image: &str| json!({"name": "a", "image": image});
    vec![
        (
            "nothing to do",
            json!({"spec": {"replicas": 1}}),
            json!({"spec": {"replicas": 1}}),
            json!({"spec": {"replicas": 1, "paused": true}}),
            json!({}),
            json!({"spec": {"replicas": 1, "paused": true}}),
        ),
        (
            "a field that is no more written goes, one that others set stays",
            json!({"spec": {"replicas": 1, "paused": true}}),
            json!({"spec": {"replicas": 2}}),
            json!({"spec": {"replicas": 5, "paused": true, "minReadySeconds": 3}}),
            json!({"spec": {"replicas": 2, "paused": null}}),
            json!({"spec": {"replicas": 2, "minReadySeconds": 3}}),
        ),
        (
            "an image changes beside a sidecar that others put in",
            json!({"spec": {"template": {"spec": {"containers": [container("1")]}}}}),
            json!({"spec": {"template": {"spec": {"containers": [container("2")]}}}}),
            json!({"spec": {"template": {"spec": {"containers": [container("1"), {"name": "side", "image": "s"}]}}}}),
            json!({"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "a"}],
                "containers": [{"name": "a", "image": "2"}]}}}}),
            json!({"spec": {"template": {"spec": {"containers": [container("2"), {"name": "side", "image": "s"}]}}}}),
        ),
        (
            "a container that is no more written goes",
            json!({"spec": {"template": {"spec": {"containers": [container("1"), {"name": "b", "image": "b"}]}}}}),
            json!({"spec": {"template": {"spec": {"containers": [container("1")]}}}}),
            json!({"spec": {"template": {"spec": {"containers": [container("1"), {"name": "b", "image": "b"}]}}}}),
            json!({"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "a"}],
                "containers": [{"name": "b", "$patch": "delete"}]}}}}),
            json!({"spec": {"template": {"spec": {"containers": [container("1")]}}}}),
        ),
        (
            "another strategy drops the parameters of the first",
            json!({"spec": {"strategy": {"type": "RollingUpdate"}}}),
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
            json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}}),
            json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
        ),
        (
            "labels and finalizers",
            json!({"metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x/a", "x/b"]}}),
            json!({"metadata": {"labels": {"a": "3"}, "finalizers": ["x/b"]}}),
            json!({"metadata": {"labels": {"a": "1", "b": "2", "c": "4"}, "finalizers": ["x/a", "x/b", "x/c"]}}),
            json!({"metadata": {"labels": {"a": "3", "b": null}, "$deleteFromPrimitiveList/finalizers": ["x/a"],
                "$setElementOrder/finalizers": ["x/b"]}}),
            json!({"metadata": {"labels": {"a": "3", "c": "4"}, "finalizers": ["x/b", "x/c"]}}),
        ),
    ]
}

#[test]
fn apply_computes_the_patch_from_three_sides() {
    let deployment = of("apps", "Deployment");
    for (name, last, modified, live, want, result) in apply_cases() {
        let patch = three_way_strategic_patch(deployment, &last, &modified, &live);
        assert_eq!(patch.as_ref(), Ok(&want), "{name}");
        assert_eq!(
            strategic_merge_patch(deployment, &live, &want),
            Ok(result.clone()),
            "{name}"
        );
        // kubectl sends the order of a list again for as long as the live one has more items; it changes nothing.
        let again = three_way_strategic_patch(deployment, &modified, &modified, &result).expect("the same types");
        assert_eq!(
            strategic_merge_patch(deployment, &result, &again),
            Ok(result),
            "{name}: twice is as good as once"
        );
    }
}

#[test]
fn a_budget_s_selector_is_replaced() {
    let budget = of("policy", "PodDisruptionBudget");
    let spec = |app: &str| json!({"spec": {"selector": {"matchLabels": {app: "x"}}}});
    let patch = three_way_strategic_patch(budget, &spec("a"), &spec("b"), &spec("a"));
    assert_eq!(patch, Ok(spec("b")));
    assert_eq!(strategic_merge_patch(budget, &spec("a"), &spec("b")), Ok(spec("b")));
}

#[test]
fn apply_without_a_type_replaces_lists() {
    let (last, modified) = (json!({"a": 1, "b": {"c": 1}}), json!({"b": {"d": [1]}}));
    let live = json!({"a": 1, "b": {"c": 1, "d": [2]}, "e": 1});
    let patch = three_way_merge_patch(&last, &modified, &live);
    assert_eq!(patch, json!({"a": null, "b": {"c": null, "d": [1]}}));
    assert_eq!(merge_patch(&live, &patch), json!({"b": {"d": [1]}, "e": 1}));
}
