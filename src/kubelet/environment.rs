//! The environment of a container: its variables and what they refer to.

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::api::core::{ConfigMap, Container, EnvVar, Pod, ResourceFieldSelector, Secret};
use crate::api::quantity::Quantity;
use crate::client::Ctx;

/// Values by name.
pub(super) type Vars = BTreeMap<Str, Str>;

/// Replaces `$(NAME)` by the variable's value; `$$` stands for a dollar sign.
// Models k8s.io/kubernetes/third_party/forked/golang/expansion Expand
pub(super) fn expand(text: &str, vars: &Vars) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match vars.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

/// Looks up what a container's environment refers to.
pub(super) struct Lookup<'a, 'b> {
    pub(super) ctx: &'a Ctx<'b>,
    pub(super) pod: &'a Pod,
    pub(super) container: &'a Container,
    pub(super) pod_ip: Str,
    pub(super) host_ip: Str,
}

impl Lookup<'_, '_> {
    // Models pkg/kubelet makeEnvironmentVariables
    pub(super) fn environment(&self) -> Result<Vec<(Str, Str)>, String> {
        let mut vars = Vars::new();
        for source in self.container.env_from.iter() {
            let named = |key: &Str| -> Str { format!("{}{key}", source.prefix).into() };
            if let Some(from) = &source.config_map_ref
                && let Some(map) = self.config_map(&from.name, from.optional)?
            {
                vars.extend(map.data.iter().map(|(key, value)| (named(key), value.clone())));
            }
            if let Some(from) = &source.secret_ref
                && let Some(secret) = self.secret(&from.name, from.optional)?
            {
                vars.extend(secret.data.iter().map(|(key, value)| (named(key), decode(value))));
            }
        }
        let mut order: Vec<Str> = vars.keys().cloned().collect();
        let services = super::service_env::variables(self.ctx, self.pod);
        let mut known: Vars = services.clone();
        known.extend(vars.iter().map(|(name, value)| (name.clone(), value.clone())));
        for var in self.container.env.iter() {
            if let Some(value) = self.value(var, &known)? {
                order.retain(|name| *name != var.name);
                order.push(var.name.clone());
                known.insert(var.name.clone(), value);
            }
        }
        order.extend(
            services
                .into_keys()
                .filter(|name| !order.contains(name))
                .collect::<Vec<_>>(),
        );
        let value = |name: Str| known.get(&name).cloned().map(|value| (name, value));
        Ok(order.into_iter().filter_map(value).collect())
    }

    /// The value of one variable; none when an optional source is not there.
    fn value(&self, var: &EnvVar, vars: &Vars) -> Result<Option<Str>, String> {
        let Some(from) = var.value_from.as_ref().filter(|_| var.value.is_empty()) else {
            return Ok(Some(expand(&var.value, vars).into()));
        };
        let namespace = &self.pod.meta.namespace;
        if let Some(field) = &from.field_ref {
            return self.field(&field.field_path).map(Some);
        }
        if let Some(resource) = &from.resource_field_ref {
            return self.resource(resource).map(Some);
        }
        if let Some(key) = &from.config_map_key_ref {
            let Some(map) = self.config_map(&key.name, key.optional)? else {
                return Ok(None);
            };
            return match map.data.get(&key.key) {
                Some(value) => Ok(Some(value.clone())),
                None if key.optional => Ok(None),
                None => Err(format!(
                    "couldn't find key {} in ConfigMap {namespace}/{}",
                    key.key, key.name
                )),
            };
        }
        if let Some(key) = &from.secret_key_ref {
            let Some(secret) = self.secret(&key.name, key.optional)? else {
                return Ok(None);
            };
            return match secret.data.get(&key.key) {
                Some(value) => Ok(Some(decode(value))),
                None if key.optional => Ok(None),
                None => Err(format!(
                    "couldn't find key {} in Secret {namespace}/{}",
                    key.key, key.name
                )),
            };
        }
        Ok(Some("".into()))
    }

    fn config_map(&self, name: &str, optional: bool) -> Result<Option<&ConfigMap>, String> {
        match self.ctx.api.get::<ConfigMap>(&self.pod.meta.namespace, name) {
            Some(map) => Ok(Some(map)),
            None if optional => Ok(None),
            None => Err(format!("configmap \"{name}\" not found")),
        }
    }

    fn secret(&self, name: &str, optional: bool) -> Result<Option<&Secret>, String> {
        match self.ctx.api.get::<Secret>(&self.pod.meta.namespace, name) {
            Some(secret) => Ok(Some(secret)),
            None if optional => Ok(None),
            None => Err(format!("secret \"{name}\" not found")),
        }
    }

    // Models pkg/kubelet podFieldSelectorRuntimeValue
    pub(super) fn field(&self, path: &str) -> Result<Str, String> {
        let (meta, spec) = (&self.pod.meta, &self.pod.spec);
        let subscript = |prefix: &str| path.strip_prefix(prefix)?.strip_prefix("['")?.strip_suffix("']");
        if let Some(key) = subscript("metadata.labels") {
            return Ok(meta.label(key).cloned().unwrap_or_else(|| "".into()));
        }
        if let Some(key) = subscript("metadata.annotations") {
            return Ok(meta.annotation(key).cloned().unwrap_or_else(|| "".into()));
        }
        Ok(match path {
            "metadata.name" => meta.name.clone(),
            "metadata.namespace" => meta.namespace.clone(),
            "metadata.uid" => meta.uid.clone(),
            "metadata.labels" => quoted(&meta.labels),
            "metadata.annotations" => quoted(&meta.annotations),
            "spec.nodeName" => spec.node_name.clone(),
            "spec.serviceAccountName" => spec.service_account_name.clone(),
            "status.hostIP" | "status.hostIPs" => self.host_ip.clone(),
            "status.podIP" | "status.podIPs" => self.pod_ip.clone(),
            _ => return Err(format!("unsupported fieldPath: {path}")),
        })
    }

    // Models k8s.io/kubernetes/pkg/api/v1/resource ExtractContainerResourceValue
    pub(super) fn resource(&self, selector: &ResourceFieldSelector) -> Result<Str, String> {
        let spec = &self.pod.spec;
        let named = |name: &str| {
            spec.containers
                .iter()
                .chain(spec.init_containers.iter())
                .find(|c| *c.name == *name)
        };
        let container = if selector.container_name.is_empty() {
            self.container
        } else {
            named(&selector.container_name).ok_or_else(|| format!("container {} not found", selector.container_name))?
        };
        let (list, name) = match selector.resource.split_once('.') {
            Some(("limits", name)) => (&container.resources.limits, name),
            Some(("requests", name)) => (&container.resources.requests, name),
            _ => return Err(format!("unsupported container resource : {}", selector.resource)),
        };
        let one = Quantity::from_value(1);
        let divisor = selector
            .divisor
            .as_ref()
            .filter(|divisor| !divisor.is_zero())
            .unwrap_or(&one);
        let is_limit = selector.resource.starts_with("limits");
        let node = is_limit.then(|| self.node_allocatable(name)).flatten();
        let Some(amount) = list.get(name).cloned().or(node) else {
            return Ok("0".into());
        };
        Ok(divided(&amount, divisor, name == "cpu").to_string().into())
    }

    /// What a container without a limit could use at most.
    fn node_allocatable(&self, name: &str) -> Option<Quantity> {
        let node = self
            .ctx
            .api
            .get::<crate::api::core::Node>("", &self.pod.spec.node_name)?;
        node.status.allocatable.get(name).cloned()
    }
}

/// How often the divisor goes into an amount, rounded up.
fn divided(amount: &Quantity, divisor: &Quantity, is_cpu: bool) -> i64 {
    let (amount, divisor) = if is_cpu {
        (amount.milli_value(), divisor.milli_value())
    } else {
        (amount.value(), divisor.value())
    };
    if divisor <= 0 {
        return amount;
    }
    amount / divisor + i64::from(amount % divisor != 0)
}

/// `key="value"` lines, as the downward API gives maps.
fn quoted(map: &Vars) -> Str {
    let lines: Vec<String> = map
        .iter()
        .map(|(key, value)| format!("{key}={}", crate::api::names::quote(value)))
        .collect();
    lines.join("\n").into()
}

/// Text of a Secret's value; bytes that are no text are replaced.
fn decode(value: &str) -> Str {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(value)
        .unwrap_or_default();
    String::from_utf8_lossy(&bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded() {
        let vars: Vars = [("A".into(), "1".into()), ("B".into(), "2".into())].into();
        let cases = [
            ("$(A)-$(B)", "1-2"),
            ("$(C)", "$(C)"),
            ("$$(A)", "$(A)"),
            ("$A $", "$A $"),
            ("$(A", "$(A"),
            ("x", "x"),
        ];
        for (text, want) in cases {
            assert_eq!(expand(text, &vars), want, "{text}");
        }
    }

    #[test]
    fn amounts_are_divided_upwards() {
        let quantity = |text: &str| Quantity::parse(text).expect("a quantity");
        let cases = [
            ("250m", "1", true, 1),
            ("250m", "1m", true, 250),
            ("64Mi", "1Mi", false, 64),
            ("64Mi", "1Gi", false, 1),
        ];
        for (amount, divisor, cpu, want) in cases {
            assert_eq!(
                divided(&quantity(amount), &quantity(divisor), cpu),
                want,
                "{amount} by {divisor}"
            );
        }
    }
}
