//! What clients of the REST API see.

use serde_json::{Value, json};

use super::*;
use crate::apiserver::testing::{NOW, server};

fn send(server: &mut ApiServer, method: &str, path: &str, body: Option<Value>) -> Response {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        body,
        ..Request::default()
    };
    request.add_query(query);
    server.request(&NOW, &request)
}

fn config_map(name: &str, app: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"app": app}}, "data": {"k": "v"}})
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[test]
fn objects_are_made_read_replaced_and_deleted() {
    let mut server = server();
    let made = send(&mut server, "POST", MAPS, Some(config_map("a", "x")));
    assert_eq!(
        (made.code, &made.body["metadata"]["namespace"]),
        (201, &json!("default"))
    );
    assert_eq!(send(&mut server, "POST", MAPS, Some(config_map("a", "x"))).code, 409);
    let mut changed = made.body;
    changed["data"]["k"] = json!("w");
    let put = send(&mut server, "PUT", &format!("{MAPS}/a"), Some(changed.clone()));
    assert_eq!((put.code, &put.body["data"]["k"]), (200, &json!("w")));
    changed["data"]["k"] = json!("late");
    let late = send(&mut server, "PUT", &format!("{MAPS}/a"), Some(changed));
    assert_eq!((late.code, &late.body["reason"]), (409, &json!("Conflict")));
    let gone = send(&mut server, "DELETE", &format!("{MAPS}/a"), None);
    assert_eq!((gone.code, &gone.body["status"]), (200, &json!("Success")));
    assert_eq!(send(&mut server, "GET", &format!("{MAPS}/a"), None).code, 404);
}

#[test]
fn lists_are_chosen_and_cut() {
    let mut server = server();
    for (name, app) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "x")] {
        send(&mut server, "POST", MAPS, Some(config_map(name, app)));
    }
    let cases = [
        ("", "a b c d kube-root-ca.crt"),
        ("labelSelector=app%3Dx", "a c d"),
        ("labelSelector=app+in+(x,y),app!%3Dx", "b"),
        ("fieldSelector=metadata.name%3Dc", "c"),
        ("limit=3", "a b c"),
        ("limit=3&continue=default/c", "d kube-root-ca.crt"),
        ("limit=1&labelSelector=app%3Dx&continue=default/a", "c"),
    ];
    for (query, want) in cases {
        let list = send(&mut server, "GET", &format!("{MAPS}?{query}"), None);
        let items = list.body["items"].as_array().expect("a list").iter();
        let names: Vec<&str> = items.filter_map(|item| item["metadata"]["name"].as_str()).collect();
        assert_eq!(names.join(" "), want, "{query}");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut server = server();
    let revision = server.revision();
    let made = send(
        &mut server,
        "POST",
        &format!("{MAPS}?dryRun=All"),
        Some(config_map("a", "x")),
    );
    assert_eq!((made.code, server.revision()), (201, revision));
}

#[test]
fn a_watch_tells_each_event_once_and_what_enters_or_leaves_the_choice() {
    let mut server = server();
    send(&mut server, "POST", MAPS, Some(config_map("a", "x")));
    let mut request = Request {
        path: MAPS.to_owned(),
        ..Request::default()
    };
    request.add_query("watch=1&labelSelector=app%3Dx");
    let mut watch = Watch::start(&server, &request).expect("a watch");
    let mut told = |server: &ApiServer| -> Vec<String> {
        let events = watch.poll(server).expect("the log reaches back");
        let word =
            |event: &Value| format!("{} {}", event["type"], event["object"]["metadata"]["name"]).replace('"', "");
        events.iter().map(word).collect()
    };
    assert_eq!(told(&server), ["ADDED a"]);
    assert_eq!(told(&server), [""; 0]);
    send(&mut server, "POST", MAPS, Some(config_map("b", "y")));
    send(&mut server, "PUT", &format!("{MAPS}/b"), Some(config_map("b", "x")));
    send(&mut server, "PUT", &format!("{MAPS}/a"), Some(config_map("a", "y")));
    send(&mut server, "DELETE", &format!("{MAPS}/b"), None);
    assert_eq!(told(&server), ["ADDED b", "DELETED a", "DELETED b"]);
}

#[test]
fn the_scale_of_a_workload_is_read_and_set() {
    let mut server = server();
    let sets = "/apis/apps/v1/namespaces/default/replicasets";
    let body = json!({"metadata": {"name": "r"}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "x"}},
        "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
    }});
    let made = send(&mut server, "POST", sets, Some(body));
    assert_eq!(made.code, 201, "{}", made.body);
    let mut scale = send(&mut server, "GET", &format!("{sets}/r/scale"), None).body;
    assert_eq!(
        (&scale["spec"]["replicas"], &scale["status"]["selector"]),
        (&json!(2), &json!("app=x"))
    );
    scale["spec"]["replicas"] = json!(5);
    assert_eq!(
        send(&mut server, "PUT", &format!("{sets}/r/scale"), Some(scale)).code,
        200
    );
    let read = send(&mut server, "GET", &format!("{sets}/r"), None).body;
    assert_eq!(
        (&read["spec"]["replicas"], &read["metadata"]["generation"]),
        (&json!(5), &json!(2))
    );
}

#[test]
fn discovery_names_what_is_served() {
    let mut server = server();
    let list = send(&mut server, "GET", "/apis/apps/v1", None).body;
    let names: Vec<&str> = list["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|r| r["name"].as_str())
        .collect();
    assert!(
        names.contains(&"deployments") && names.contains(&"deployments/scale"),
        "{names:?}"
    );
    assert_eq!(send(&mut server, "GET", "/apis/nowhere/v1", None).code, 404);
    assert_eq!(
        send(&mut server, "GET", "/version", None).body["gitVersion"],
        json!("v1.36.2")
    );
}

#[test]
fn patches_of_each_kind_are_taken() {
    let cases = [
        (
            "application/merge-patch+json",
            json!({"data": {"k": null, "l": "m"}}),
            json!({"l": "m"}),
        ),
        (
            "application/strategic-merge-patch+json",
            json!({"data": {"l": "m"}}),
            json!({"k": "v", "l": "m"}),
        ),
        (
            "application/json-patch+json",
            json!([{"op": "add", "path": "/data/l", "value": "m"}]),
            json!({"k": "v", "l": "m"}),
        ),
    ];
    for (content_type, body, want) in cases {
        let mut server = server();
        send(&mut server, "POST", MAPS, Some(config_map("a", "x")));
        let request = Request {
            method: "PATCH".to_owned(),
            path: format!("{MAPS}/a"),
            content_type: content_type.to_owned(),
            body: Some(body),
            ..Request::default()
        };
        let answer = server.request(&NOW, &request);
        assert_eq!(
            (answer.code, &answer.body["data"]),
            (200, &want),
            "{content_type}: {}",
            answer.body
        );
        let request = Request {
            content_type: "text/plain".to_owned(),
            ..request
        };
        assert_eq!(server.request(&NOW, &request).code, 415);
    }
}
