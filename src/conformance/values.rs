//! Vectors of the plain values: quantities, numbers or texts, durations, labels, names.

use serde_json::{Value, json};

use crate::api::Str;
use crate::api::duration::{human_duration, short_human_duration};
use crate::api::intstr::IntOrString;
use crate::api::labels::{Labels, Operator, Requirement, Selector, parse_labels};
use crate::api::names::{self, Path};
use crate::api::quantity::Quantity;

/// What came out and what was expected.
type Compared = Result<(Value, Value), String>;

/// Runs one vector.
///
/// # Errors
/// What differs; it starts with `not applicable` where the subject is not one of the plain values.
pub fn run_vector(vector: &Value) -> Result<(), String> {
    let subject = text(vector, "subject")?;
    let (area, function) = subject.split_once('/').unwrap_or((subject, ""));
    let (got, want) = match area {
        "quantity" => run_quantity(function, vector),
        "intstr" => run_intstr(function, vector),
        "duration" => run_duration(function, vector),
        "labels" => run_labels(function, vector),
        "validation" => run_name(function, vector),
        _ => unknown(subject),
    }?;
    if got == want {
        Ok(())
    } else {
        Err(format!("want {want}, got {got}"))
    }
}

fn unknown(subject: &str) -> Compared {
    Err(format!("not applicable: no function is known as {subject}"))
}

fn text<'a>(vector: &'a Value, field: &str) -> Result<&'a str, String> {
    vector[field].as_str().ok_or_else(|| format!("{field} is no text"))
}

fn number(vector: &Value, field: &str) -> Result<i64, String> {
    vector[field].as_i64().ok_or_else(|| format!("{field} is no number"))
}

fn small(number: i64) -> Result<i32, String> {
    i32::try_from(number).map_err(|error| error.to_string())
}

fn quantity(value: &Value) -> Result<Quantity, String> {
    let text = value.as_str().ok_or("a quantity is no text")?;
    Quantity::parse(text).map_err(|error| format!("{text}: {error}"))
}

fn run_quantity(function: &str, vector: &Value) -> Compared {
    let expect = &vector["expect"];
    Ok(match function {
        "parse" => {
            let parsed = Quantity::parse(text(vector, "text")?);
            let valid = match (&parsed, expect["equals"].as_str()) {
                (Ok(got), Some(_)) => *got == quantity(&expect["equals"])?,
                (parsed, _) => parsed.is_ok(),
            };
            (valid.into(), expect["valid"].clone())
        }
        "canonical" => (
            quantity(&vector["text"])?.to_string().into(),
            expect["canonical"].clone(),
        ),
        "compare" => {
            let order = quantity(&vector["a"])?.cmp(&quantity(&vector["b"])?);
            ((order as i64).into(), expect["cmp"].clone())
        }
        "add" | "sub" | "mul" => {
            let mut result = quantity(&vector["a"])?;
            match function {
                "add" => result.add(&quantity(&vector["b"])?),
                "sub" => result.sub(&quantity(&vector["b"])?),
                _ => {
                    result.mul(number(vector, "b")?);
                }
            }
            let want = quantity(&expect["result"])?;
            let want = if result == want {
                result.to_string()
            } else {
                want.to_string()
            };
            (result.to_string().into(), want.into())
        }
        "roundUp" => {
            let mut result = quantity(&vector["text"])?;
            let exact = result.round_up(small(number(vector, "scale")?)?);
            (json!({"result": result.to_string(), "exact": exact}), expect.clone())
        }
        _ => return unknown(function),
    })
}

fn run_intstr(function: &str, vector: &Value) -> Compared {
    let got = match function {
        "parse" => match IntOrString::parse(text(vector, "text")?) {
            IntOrString::Int(n) => json!({"type": "int", "value": n}),
            IntOrString::String(text) => json!({"type": "string", "value": &*text}),
        },
        "scaled" => {
            let value = match &vector["input"] {
                Value::String(text) => IntOrString::from(text.as_str()),
                _ => IntOrString::Int(small(number(vector, "input")?)?),
            };
            let up = vector["roundUp"].as_bool().ok_or("roundUp is neither true nor false")?;
            match value.scaled(number(vector, "total")?, up) {
                Ok(value) => json!({"value": value}),
                Err(_) => json!({"error": true}),
            }
        }
        _ => return unknown(function),
    };
    Ok((got, vector["expect"].clone()))
}

fn run_duration(function: &str, vector: &Value) -> Compared {
    let seconds = number(vector, "nanoseconds")? / 1_000_000_000;
    let got = match function {
        "humanDuration" => human_duration(seconds),
        "shortHumanDuration" => short_human_duration(seconds),
        _ => return unknown(function),
    };
    Ok((got.into(), vector["expect"]["text"].clone()))
}

fn labels(value: &Value) -> Result<Labels, String> {
    let pairs = value.as_object().ok_or("labels are no map")?.iter();
    let pair = |(key, value): (&String, &Value)| Some((Str::from(key.as_str()), Str::from(value.as_str()?)));
    pairs
        .map(pair)
        .collect::<Option<Labels>>()
        .ok_or_else(|| "a label is no text".to_owned())
}

/// A requirement from a vector, or nothing if it is not legal.
fn requirement(value: &Value) -> Result<Option<Requirement>, String> {
    let operator = match text(value, "operator")? {
        "!" => Operator::DoesNotExist,
        "=" => Operator::Equals,
        "==" => Operator::DoubleEquals,
        "in" => Operator::In,
        "!=" => Operator::NotEquals,
        "notin" => Operator::NotIn,
        "exists" => Operator::Exists,
        "gt" => Operator::GreaterThan,
        "lt" => Operator::LessThan,
        _ => return Ok(None),
    };
    let values = value["values"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let values = values.map(Str::from).collect();
    Ok(Requirement::new(text(value, "key")?.into(), operator, values, &Path::NIL).ok())
}

fn run_labels(function: &str, vector: &Value) -> Compared {
    let expect = &vector["expect"];
    Ok(match function {
        "parse" => {
            let got = match Selector::parse(text(vector, "selector")?) {
                Ok(selector) => json!({"valid": true, "canonical": selector.to_string()}),
                Err(_) => json!({"valid": false}),
            };
            (got, expect.clone())
        }
        "match" => {
            let selector = Selector::parse(text(vector, "selector")?)?;
            (
                selector.matches(&labels(&vector["labels"])?).into(),
                expect["match"].clone(),
            )
        }
        "requirement" => (requirement(vector)?.is_some().into(), expect["valid"].clone()),
        "requirementsMatch" => {
            let requirements = vector["requirements"].as_array().into_iter().flatten().map(requirement);
            let requirements: Option<Vec<Requirement>> =
                requirements.collect::<Result<Vec<_>, _>>()?.into_iter().collect();
            let selector = Selector::new(requirements.ok_or("a requirement is not legal")?);
            (
                selector.matches(&labels(&vector["labels"])?).into(),
                expect["match"].clone(),
            )
        }
        "parseSet" => {
            let parsed = parse_labels(text(vector, "text")?);
            let same = match (&parsed, expect.get("labels")) {
                (Ok(got), Some(want)) => *got == labels(want)?,
                (parsed, _) => parsed.is_ok(),
            };
            (same.into(), expect["valid"].clone())
        }
        _ => return unknown(function),
    })
}

/// Whether all values are legal by the rule of that name.
fn run_name(function: &str, vector: &Value) -> Compared {
    let valid = vector["expect"]["valid"].clone();
    let values = vector["values"]
        .as_array()
        .ok_or("not applicable: a whole object, which validation judges")?;
    let mut legal = Vec::new();
    for value in values {
        match is_legal(function, value)? {
            Some(is_legal) => legal.push(is_legal),
            None => return unknown(function),
        }
    }
    Ok((json!(legal), json!(vec![valid; values.len()])))
}

/// Whether a value is legal by the rule of that name, or nothing if there is no such rule.
fn is_legal(rule: &str, value: &Value) -> Result<Option<bool>, String> {
    let rule: fn(&str) -> Vec<String> = match rule {
        "IsConfigMapKey" => names::is_config_map_key,
        "IsDNS1035Label" => names::is_dns1035_label,
        "IsDNS1123Label" => names::is_dns1123_label,
        "IsDNS1123Subdomain" => names::is_dns1123_subdomain,
        "IsHTTPHeaderName" => names::is_http_header_name,
        "IsQualifiedName" => names::is_qualified_name,
        "IsRelaxedEnvVarName" => names::is_relaxed_env_var_name,
        "IsValidLabelValue" => names::is_valid_label_value,
        "IsValidPercent" => names::is_valid_percent,
        "IsValidPortName" => names::is_valid_port_name,
        "IsWildcardDNS1123Subdomain" => names::is_wildcard_dns1123_subdomain,
        "IsValidPortNum" => {
            let port = value.as_i64().ok_or("a port is no number")?;
            return Ok(Some(names::is_valid_port_num(port).is_empty()));
        }
        "IsFullyQualifiedDomainName" => {
            let name = value.as_str().ok_or("a name is no text")?;
            return Ok(Some(names::is_fully_qualified_domain_name(&Path::NIL, name).is_empty()));
        }
        _ => return Ok(None),
    };
    Ok(Some(rule(value.as_str().ok_or("a value is no text")?).is_empty()))
}
