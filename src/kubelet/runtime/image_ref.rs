//! Image references: parsing, normal form, errors.

use std::fmt;

use super::Str;

/// An image reference in full: `docker.io/library/nginx:1.27`.
// Models github.com/distribution/reference
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    /// Registry host.
    pub registry: Str,
    /// Path in the registry.
    pub repository: Str,
    /// Tag; `latest` when neither tag nor digest is given, empty when only a digest is.
    pub tag: Str,
    /// Digest with its algorithm, or empty.
    pub digest: Str,
}

/// Why a reference is none: the runtime's words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvalidImageName {
    /// Text of the container's waiting message.
    pub message: String,
}

impl fmt::Display for InvalidImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if !self.tag.is_empty() {
            write!(f, ":{}", self.tag)?;
        }
        if !self.digest.is_empty() {
            write!(f, "@{}", self.digest)?;
        }
        Ok(())
    }
}

impl ImageRef {
    /// Reads a reference as the kubelet does before it pulls.
    ///
    /// # Errors
    /// With the kubelet's words, when it is not a reference.
    // Models pkg/kubelet/images/image_manager.go applyDefaultImageTag, pkg/util/parsers ParseImageName
    pub fn parse(image: &str) -> Result<Self, InvalidImageName> {
        Self::split(image).map_err(|why| InvalidImageName {
            message: format!("Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: {why}"),
        })
    }

    fn split(image: &str) -> Result<Self, String> {
        let invalid = || "invalid reference format".to_owned();
        let (rest, digest) = match image.split_once('@') {
            Some((rest, digest)) if is_digest(digest) => (rest, digest),
            Some(_) => return Err(invalid()),
            None => (image, ""),
        };
        let name_start = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[name_start..].find(':') {
            Some(colon) => (&rest[..name_start + colon], &rest[name_start + colon + 1..]),
            None => (rest, if digest.is_empty() { "latest" } else { "" }),
        };
        if (!tag.is_empty() || rest.ends_with(':')) && !is_tag(tag) {
            return Err(invalid());
        }
        if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!(
                "invalid repository name ({name}), cannot specify 64-byte hexadecimal strings"
            ));
        }
        let (registry, path) = match name.split_once('/') {
            Some((host, path))
                if host.contains(['.', ':']) || host == "localhost" || host.chars().any(char::is_uppercase) =>
            {
                (host, path)
            }
            _ => ("docker.io", name),
        };
        if path.chars().any(char::is_uppercase) {
            let official = if registry == "docker.io" && !path.contains('/') {
                "library/"
            } else {
                ""
            };
            return Err(format!(
                "invalid reference format: repository name ({official}{path}) must be lowercase"
            ));
        }
        if !is_host(registry) || path.is_empty() || !path.split('/').all(is_component) {
            return Err(invalid());
        }
        let (registry, official) = if registry == "index.docker.io" {
            ("docker.io", true)
        } else {
            (registry, registry == "docker.io")
        };
        let repository = if official && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        Ok(Self {
            registry: registry.into(),
            repository: repository.into(),
            tag: tag.into(),
            digest: digest.into(),
        })
    }

    /// Registry and repository, without tag: what the catalogue is keyed by. Docker Hub's own images are short.
    #[must_use]
    pub fn short_name(&self) -> String {
        match (&*self.registry, self.repository.strip_prefix("library/")) {
            ("docker.io", Some(name)) => name.to_owned(),
            ("docker.io", None) => self.repository.to_string(),
            _ => format!("{}/{}", self.registry, self.repository),
        }
    }
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return false;
    };
    !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_tag(tag: &str) -> bool {
    let first = tag
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    first
        && tag.len() <= 128
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(label) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// One path component: lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
fn is_component(part: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !ends(part.bytes().next()) || !ends(part.bytes().last()) {
        return false;
    }
    let mut separator = String::new();
    for c in part.chars() {
        match c {
            'a'..='z' | '0'..='9' => {
                if !matches!(separator.as_str(), "" | "." | "_" | "__") && separator.chars().any(|c| c != '-') {
                    return false;
                }
                separator.clear();
            }
            '.' | '_' | '-' => separator.push(c),
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_a_full_form() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let with_digest = format!("busybox:1.38.0@{digest}");
        let cases = [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.14.2", "docker.io/library/nginx:1.14.2"),
            ("polinux/stress", "docker.io/polinux/stress:latest"),
            ("docker.io/redis:alpine", "docker.io/library/redis:alpine"),
            (
                "registry.k8s.io/e2e-test-images/agnhost:2.40",
                "registry.k8s.io/e2e-test-images/agnhost:2.40",
            ),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("mysql/mysql-router:8.0.27", "docker.io/mysql/mysql-router:8.0.27"),
            ("a__b/c-d.e:V1_x", "docker.io/a__b/c-d.e:V1_x"),
            (&with_digest, &format!("docker.io/library/busybox:1.38.0@{digest}")),
        ];
        for (image, want) in cases {
            assert_eq!(
                ImageRef::parse(image).map(|image| image.to_string()).as_deref(),
                Ok(want),
                "{image}"
            );
        }
    }

    #[test]
    fn what_is_no_reference_is_told() {
        let cases = [
            (
                "NGINX",
                "invalid reference format: repository name (library/NGINX) must be lowercase",
            ),
            ("nginx:", "invalid reference format"),
            ("nginx:a b", "invalid reference format"),
            ("<image_url>", "invalid reference format"),
            ("a//b", "invalid reference format"),
            ("-a", "invalid reference format"),
            ("x@sha256:12", "invalid reference format"),
        ];
        for (image, why) in cases {
            let want =
                format!("Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}");
            assert_eq!(
                ImageRef::parse(image).map_err(|error| error.message),
                Err(want),
                "{image}"
            );
        }
    }
}
