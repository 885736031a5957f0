//! Texts and what is read from them.

use serde_json::{Value, json};

use super::{Code, read};

/// The one value of a text.
fn value(text: &str) -> Value {
    let read = read(text);
    assert_eq!(read.diagnostics, [], "{text}");
    assert_eq!(read.documents.len(), 1, "{text}");
    read.documents[0].value.clone()
}

#[test]
fn blocks_and_brackets_are_read() {
    for (text, want) in [
        (
            "a: b\nc:\n- d\n- e: f\n  g: h\n-\n",
            json!({"a": "b", "c": ["d", {"e": "f", "g": "h"}, null]}),
        ),
        ("a:\n  - b\n  -  - c\n     - d\n", json!({"a": ["b", ["c", "d"]]})),
        (
            "a: {b: c, d: [e, f,], g: }\n",
            json!({"a": {"b": "c", "d": ["e", "f"], "g": null}}),
        ),
        ("a: [\n  b, c\n]\nd: e\n", json!({"a": ["b", "c"], "d": "e"})),
        (
            "a: {b: http://x:80/, \"c\":1}\n",
            json!({"a": {"b": "http://x:80/", "c": 1}}),
        ),
        ("[a: b, c]\n---\n", json!([{"a": "b"}, "c"])),
        ("? a\n: b\n? c\n", json!({"a": "b", "c": null})),
        (
            "a: b c\n  d\n\n  e # note\nf: 'g\n\n  h'\n",
            json!({"a": "b c d\ne", "f": "g\nh"}),
        ),
        ("a: \"b\\\n  c \\n \\x41\\u00e9 \\\n  d\"\n", json!({"a": "bc \n Aé d"})),
        (
            "a: 'it''s'\nb: \"say \\\"x\\\"\"\n",
            json!({"a": "it's", "b": "say \"x\""}),
        ),
        ("a: #x\n  b#c\nd: e #f\n", json!({"a": "b#c", "d": "e"})),
        (
            "1: a\n1.5: b\ntrue: c\nno: d\n",
            json!({"1": "a", "1.5": "b", "true": "c", "false": "d"}),
        ),
        ("a: -b\nc: :d\ne: ?f\n", json!({"a": "-b", "c": ":d", "e": "?f"})),
        ("a:\tb\n", json!({"a": "b"})),
        ("a: b\r\nc: d\r\n", json!({"a": "b", "c": "d"})),
        ("\u{feff}a: b\n", json!({"a": "b"})),
        (
            "a: !!str 5\nb: !!int \"5\"\nc: !mine 5\nd: !!binary aGk=\n",
            json!({"a": "5", "b": 5, "c": "5", "d": "hi"}),
        ),
        ("a: b\n...\nthis is: [not read\n", json!({"a": "b"})),
    ] {
        assert_eq!(value(text), want, "{text}");
    }
}

#[test]
fn block_scalars_keep_and_fold_their_lines() {
    for (text, want) in [
        ("a: |\n  b\n   c\n\n  d\n", "b\n c\n\nd\n"),
        ("a: |-\n  b\n\n", "b"),
        ("a: |+\n  b\n\n", "b\n\n"),
        ("a: >\n  b\n  c\n\n  d\n    e\n  f\n", "b c\nd\n  e\nf\n"),
        ("a: |2\n   b\n  c\n", " b\nc\n"),
        ("a: |2-\n   b\n", " b"),
        ("a: |-2\n   b\n", " b"),
        ("a: | # note\n  b\n", "b\n"),
        ("a: |\n  #!/bin/sh\n  echo: {\n  ---\n", "#!/bin/sh\necho: {\n---\n"),
        ("a: |\n", ""),
    ] {
        assert_eq!(value(text), json!({"a": want}), "{text}");
    }
    assert_eq!(value("a:\n- |\n  b\n- >-\n  c\n  d\n"), json!({"a": ["b\n", "c d"]}));
}

#[test]
fn anchors_are_copied_and_maps_merged() {
    for (text, want) in [
        ("a: &x {b: 1}\nc: *x\n", json!({"a": {"b": 1}, "c": {"b": 1}})),
        (
            "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n",
            json!({"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
        ),
        ("a: {<<: [{b: 1}, {b: 2, c: 3}]}\n", json!({"a": {"b": 1, "c": 3}})),
        ("a: &x 1\nb: &x 2\nc: *x\n", json!({"a": 1, "b": 2, "c": 2})),
        ("a: &x\nb: *x\n", json!({"a": null, "b": null})),
        ("\"<<\": 1\n", json!({"<<": 1})),
    ] {
        assert_eq!(value(text), want, "{text}");
    }
}

/// Text, kubectl's words, the line it names, and where the error stands.
type ErrorCase = (&'static str, &'static str, &'static str, (u32, u32));

fn check_errors(cases: &[ErrorCase]) {
    for (text, words, named_line, place) in cases {
        let found = read(text).diagnostics;
        let found = found.first().expect(text);
        let want = match words.strip_prefix("yaml: ") {
            Some(rest) => format!("error converting YAML to JSON: yaml: {named_line}{rest}"),
            None => format!("error converting YAML to JSON: {words}"),
        };
        assert_eq!(
            (found.code, found.message.as_str()),
            (Code::Syntax, want.as_str()),
            "{text}"
        );
        assert_eq!((found.line, found.column), *place, "{text}");
    }
}

#[test]
fn errors_of_form_read_as_kubectl_prints_them() {
    check_errors(&[
        (
            "a: b: c\n",
            "yaml: mapping values are not allowed in this context",
            "line 1: ",
            (1, 5),
        ),
        (
            "a:\n\tb: c\n",
            "yaml: found character that cannot start any token",
            "line 2: ",
            (2, 1),
        ),
        (
            "a: @b\n",
            "yaml: found character that cannot start any token",
            "line 1: ",
            (1, 4),
        ),
        ("a: 'b\n", "yaml: found unexpected end of stream", "line 2: ", (2, 1)),
        (
            "a: \"\\q\"\n",
            "yaml: found unknown escape character",
            "line 1: ",
            (1, 5),
        ),
    ]);
}

#[test]
fn errors_of_order_read_as_kubectl_prints_them() {
    check_errors(&[
        (
            "a: b\n  c: d\n",
            "yaml: mapping values are not allowed in this context",
            "line 2: ",
            (2, 4),
        ),
        (
            "a:\n  b: c\n d: e\n",
            "yaml: did not find expected key",
            "line 2: ",
            (3, 2),
        ),
        (
            "a:\n- b\n c\nd\n",
            "yaml: could not find expected ':'",
            "line 5: ",
            (5, 1),
        ),
        ("a: [b\n", "yaml: did not find expected ',' or ']'", "line 1: ", (2, 1)),
        (
            "a: {b: c\nd: e\n",
            "yaml: did not find expected ',' or '}'",
            "line 1: ",
            (2, 2),
        ),
        (
            "a:\n  - b\n  c: d\n",
            "yaml: did not find expected '-' indicator",
            "line 2: ",
            (3, 3),
        ),
        (
            "- a\n  - b: c\n d\n",
            "yaml: mapping values are not allowed in this context",
            "line 2: ",
            (2, 6),
        ),
        (
            "a: |\n \tb\n  c\n",
            "yaml: found a tab character where an indentation space is expected",
            "line 2: ",
            (2, 2),
        ),
        (
            "a: |0\n  b\n",
            "yaml: found an indentation indicator equal to 0",
            "line 1: ",
            (1, 5),
        ),
    ]);
}

#[test]
fn errors_of_meaning_are_told_without_a_line() {
    check_errors(&[
        ("a: {b: x?y}\n", "yaml: did not find expected ',' or '}'", "", (1, 9)),
        ("a: ]\n", "yaml: did not find expected node content", "", (1, 4)),
        ("a: *b\n", "yaml: unknown anchor 'b' referenced", "", (1, 4)),
        ("a: &x [*x]\n", "yaml: anchor 'x' value contains itself", "", (1, 8)),
        (
            "a: {<<: 1}\n",
            "yaml: map merge requires map or sequence of maps as the value",
            "",
            (1, 9),
        ),
        (
            "a: {{ b }}\n",
            "yaml: invalid map key: map[interface {}]interface {}{\"b\":interface {}(nil)}",
            "",
            (1, 5),
        ),
        ("a: \u{1}\n", "yaml: control characters are not allowed", "", (1, 4)),
        (
            "%YAML 1.1\n---\n",
            "yaml: did not find expected <document start>",
            "",
            (1, 1),
        ),
        ("a: .inf\n", "json: unsupported value: +Inf", "", (1, 4)),
        ("a: !!int b\n", "yaml: cannot decode !!str `b` as a !!int", "", (1, 10)),
    ]);
}

#[test]
fn one_bad_document_does_not_lose_the_others() {
    let read = read("a: 1\n---\nb: [\n---\n# nothing\n---\nc: 3\nc: 4\n---\n- d\n--- junk\ne: 5\n");
    let values: Vec<_> = read.documents.iter().map(|d| d.value.clone()).collect();
    assert_eq!(
        values,
        [json!({"a": 1}), json!({"c": 4}), json!(["d"]), json!({"e": 5})]
    );
    let found: Vec<_> = read.diagnostics.iter().map(|d| (d.code, d.line)).collect();
    assert_eq!(found, [(Code::Syntax, 4), (Code::DuplicateKey, 8), (Code::Syntax, 12)]);
    assert_eq!(read.documents[1].places.nearest("c").value.line, 8);
}

#[test]
fn json_is_read_as_a_stream() {
    let read = super::read(
        "{\"a\": \"\\ud83d\\ude00\\/\", \"b\": [1.0, 2.5, true, null]}\n{\"c\": {}} {\"d\":\n\t1}\n---\ne: 1\n",
    );
    let values: Vec<_> = read.documents.iter().map(|d| d.value.clone()).collect();
    let want = [
        json!({"a": "😀/", "b": [1, 2.5, true, null]}),
        json!({"c": {}}),
        json!({"d": 1}),
        json!({"e": 1}),
    ];
    assert_eq!(values, want);
    assert_eq!(read.diagnostics, []);
    assert_eq!(
        (
            read.documents[2].places.get("d").unwrap().value.line,
            read.documents[3].places.value.line
        ),
        (3, 5)
    );
    assert_eq!(value("{\"a\": 1,} # trailing\n"), json!({"a": 1}));
    assert_eq!(
        value("{a: b}: c\nd: e\n".replace("{a: b}", "x").as_str()),
        json!({"x": "c", "d": "e"})
    );
}

#[test]
fn lists_are_opened() {
    let text = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- kind: Service\n  apiVersion: v1\n";
    let read = read(text);
    let kinds: Vec<_> = read
        .documents
        .iter()
        .map(|d| d.value["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Pod", "Service"]);
    assert_eq!(read.documents[0].places.nearest("metadata.name").value.line, 4);
    assert_eq!(super::read("items: 5\n").diagnostics.len(), 1);
    assert_eq!(super::read("kind: List\nitems: []\n").documents, []);
}

#[test]
fn bombs_and_abysses_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let message = |text: &str| read(text).diagnostics[0].message.clone();
    assert!(message(&bomb).ends_with("yaml: document contains excessive aliasing"));
    assert!(message(&"[".repeat(100_000)).contains("exceeded max depth"));
    assert!(message(&"- ".repeat(100_000)).contains("exceeded max depth"));
    assert!(message(&"{\"a\":".repeat(100_000)).contains("exceeded max depth"));
}
