//! Certificates that listeners and Gateways refer to.

use base64::Engine;
use serde_json::Value;

use super::{Refusal, is_granted};
use crate::api::Dynamic;
use crate::api::core::{ConfigMap, Secret};
use crate::api::gateway::{text, text_or};
use crate::apiserver::ApiServer;

/// Whether a listener's reference leads to a certificate.
///
/// # Errors
/// Why not.
// Models the Gateway API, ListenerTLSConfig.certificateRefs.
pub fn certificate(api: &ApiServer, owner: &Dynamic, reference: &Value) -> Result<(), Refusal> {
    check(api, owner, reference, "InvalidCertificateRef")
}

/// Whether a Gateway's reference leads to the certificate that it shows to backends.
///
/// # Errors
/// Why not.
// Models the Gateway API, GatewayBackendTLS.clientCertificateRef.
pub fn client_certificate(api: &ApiServer, gateway: &Dynamic, reference: &Value) -> Result<(), Refusal> {
    check(api, gateway, reference, "InvalidClientCertificateRef")
}

fn check(api: &ApiServer, owner: &Dynamic, reference: &Value, invalid: &'static str) -> Result<(), Refusal> {
    let (group, kind) = (text(&reference["group"]), text_or(&reference["kind"], "Secret"));
    let (namespace, name) = (
        text_or(&reference["namespace"], &owner.meta.namespace),
        text(&reference["name"]),
    );
    if (group, kind) != ("", "Secret") {
        return Refusal::refused(
            invalid,
            format!("certificates are read of Secrets, not of {kind} {name}"),
        );
    }
    if !is_granted(api, owner, (group, kind, namespace, name)) {
        let message = format!("no ReferenceGrant in {namespace} permits a reference to Secret {name}");
        return Refusal::refused("RefNotPermitted", message);
    }
    let Some(secret) = api.get::<Secret>(namespace, name) else {
        return Refusal::refused(invalid, format!("Secret {namespace}/{name} not found"));
    };
    if ["tls.crt", "tls.key"].iter().all(|key| is_pem(secret, key)) {
        Ok(())
    } else {
        Refusal::refused(
            invalid,
            format!("Secret {namespace}/{name} holds no certificate and key"),
        )
    }
}

/// Whether a Gateway's reference leads to the certificate of an authority.
///
/// # Errors
/// Why not.
// Models the Gateway API, FrontendTLSValidation.caCertificateRefs.
pub fn authority(api: &ApiServer, gateway: &Dynamic, reference: &Value) -> Result<(), Refusal> {
    let (group, kind) = (text(&reference["group"]), text(&reference["kind"]));
    let (namespace, name) = (
        text_or(&reference["namespace"], &gateway.meta.namespace),
        text(&reference["name"]),
    );
    if (group, kind) != ("", "ConfigMap") {
        let message = format!("authorities are read of ConfigMaps, not of {kind} {name}");
        return Refusal::refused("InvalidCACertificateKind", message);
    }
    if !is_granted(api, gateway, (group, kind, namespace, name)) {
        let message = format!("no ReferenceGrant in {namespace} permits a reference to ConfigMap {name}");
        return Refusal::refused("RefNotPermitted", message);
    }
    let map = api.get::<ConfigMap>(namespace, name);
    if map.is_none_or(|map| !map.data.contains_key("ca.crt")) {
        let message = format!("ConfigMap {namespace}/{name} with the key ca.crt not found");
        return Refusal::refused("InvalidCACertificateRef", message);
    }
    Ok(())
}

/// Whether a key of a Secret holds something in the form of a certificate. What it says is not read.
fn is_pem(secret: &Secret, key: &str) -> bool {
    let bytes = secret.data.get(key).and_then(|text| {
        let decoded = base64::engine::general_purpose::STANDARD.decode(text.as_bytes());
        decoded.ok()
    });
    bytes.is_some_and(|bytes| bytes.starts_with(b"-----BEGIN "))
}
