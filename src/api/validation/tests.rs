//! What is refused and warned about, kind by kind: a manifest and what is said, after the defaults.

use super::{validate_create, validate_update, warnings};
use crate::api::{Kind, Object, defaults, yaml};

fn object(text: &str) -> Object {
    let value = yaml::read(text).documents.remove(0).value;
    let word = |name: &str| value[name].as_str().unwrap().to_owned();
    let kind = Kind::find(&word("apiVersion"), &word("kind")).unwrap();
    let mut object = Object::decode(kind, value).unwrap();
    if kind.info().namespaced && object.meta().namespace.is_empty() {
        object.meta_mut().namespace = "default".into();
    }
    defaults::apply(&mut object);
    object
}

fn said(errors: &crate::api::names::FieldErrors) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

fn refused(text: &str, want: &[&str]) {
    assert_eq!(said(&validate_create(&object(text))), want, "{text}");
}

fn changed(old: &str, new: &str, want: &[&str]) {
    let said = said(&validate_update(&object(new), &object(old)));
    let lines: Vec<&str> = said.iter().map(|line| line.lines().next().unwrap()).collect();
    assert_eq!(lines, want, "{new}");
}

/// A pod with these lines in its spec.
fn pod(spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  {spec}\n")
}

/// A pod of one container, with these fields in its spec.
fn with(fields: &str) -> String {
    pod(&format!("containers: [{{name: c, image: i}}]\n{fields}"))
}

#[test]
fn metadata() {
    let meta = |text: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, {text}}}\n");
    refused(&meta("labels: {a: b}"), &[]);
    refused(
        &meta("finalizers: [mine]"),
        &[
            "metadata.finalizers[0]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified",
        ],
    );
    refused(
        &meta("ownerReferences: [{apiVersion: v1, kind: Event, name: e, uid: u}]"),
        &[
            "metadata.ownerReferences: Invalid value: {\"apiVersion\":\"v1\",\"kind\":\"Event\",\"name\":\"e\",\"uid\":\"u\"}: \
             /v1, Kind=Event is disallowed from being an owner",
        ],
    );
}

#[test]
fn volumes_of_pods() {
    for (volume, want) in [
        ("emptyDir: {}", &[][..]),
        (
            "gitRepo: {directory: ..}",
            &[
                "gitRepo.repository: Required value",
                "gitRepo.directory: Invalid value: \"..\": must not contain '..'",
            ],
        ),
        (
            "gcePersistentDisk: {partition: 300}",
            &[
                "persistentDisk.pdName: Required value",
                "persistentDisk.partition: Invalid value: 300: must be between 1 and 255, inclusive",
            ],
        ),
        (
            "iscsi: {targetPortal: p, iqn: foo, lun: 1}",
            &["iscsi.iqn: Invalid value: \"foo\": must be valid format starting with iqn, eui, or naa"],
        ),
        (
            "iscsi: {targetPortal: p, iqn: 'iqn.2017-04.com.example:a', lun: 1}",
            &[],
        ),
        ("rbd: {image: i}", &["rbd.monitors: Required value"]),
        (
            "cinder: {volumeID: a, secretRef: {}}",
            &["cinder.secretRef.name: Required value"],
        ),
        (
            "flexVolume: {driver: a/b, options: {k8s.io/a: b}}",
            &[
                "flexVolume.options[k8s.io/a]: Invalid value: \"k8s.io/a\": kubernetes.io and k8s.io namespaces are reserved",
            ],
        ),
        ("csi: {}", &["csi.driver: Required value"]),
        (
            "csi: {driver: a.b, nodePublishSecretRef: {}}",
            &["csi.nodePublishSecretRef.name: Required value"],
        ),
        (
            "fc: {targetWWNs: [a]}",
            &["fc.lun: Required value: lun is required if targetWWNs is specified"],
        ),
        (
            "ephemeral: {volumeClaimTemplate: {metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}",
            &["ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set"],
        ),
        (
            "image: {pullPolicy: Maybe}",
            &[
                "image.reference: Required value",
                "image.pullPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            ],
        ),
    ] {
        let want: Vec<String> = want.iter().map(|line| format!("spec.volumes[0].{line}")).collect();
        let want: Vec<&str> = want.iter().map(String::as_str).collect();
        refused(&with(&format!("volumes: [{{name: v, {volume}}}]")), &want);
    }
}

#[test]
fn specs_of_pods() {
    for (fields, want) in [
        (
            "hostnameOverride: A",
            &[
                "spec.hostnameOverride: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ][..],
        ),
        (
            "os: {name: beos}",
            &["spec.os: Unsupported value: \"beos\": supported values: \"linux\", \"windows\""],
        ),
        (
            "os: {name: windows}\nhostPID: true\nsecurityContext: {runAsUser: 1}",
            &[
                "spec.hostPID: Forbidden: cannot be set for a windows pod",
                "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
            ],
        ),
        (
            "os: {name: linux}\nsecurityContext: {windowsOptions: {runAsUserName: ''}}",
            &[
                "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"\": runAsUserName cannot be an empty string",
                "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
            ],
        ),
        (
            "securityContext: {sysctls: [{name: A, value: b}]}",
            &[
                "spec.securityContext.sysctls[0].name: Invalid value: \"A\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
            ],
        ),
        (
            "hostNetwork: true\nsecurityContext: {sysctls: [{name: net.core.somaxconn, value: b}]}",
            &[
                "spec.securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when 'hostNetwork' is true",
            ],
        ),
        (
            "securityContext: {seLinuxChangePolicy: x}",
            &[
                "spec.securityContext.seLinuxChangePolicy: Unsupported value: \"x\": supported values: \"MountOption\", \"Recursive\"",
            ],
        ),
        (
            "resourceClaims: [{name: a}]",
            &[
                "spec.resourceClaims[0]: Invalid value: {\"Name\":\"a\",\"ResourceClaimName\":null,\"ResourceClaimTemplateName\":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            ],
        ),
        (
            "resources: {limits: {cpu: 1}, claims: [{name: a}]}",
            &[
                "spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level",
                "spec.resources.claims[0]: Not found: \"a\": must be one of the names in pod.spec.resourceClaims which is empty",
            ],
        ),
        (
            "overhead: {gpu: 1}",
            &[
                "spec.overhead.limits[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified",
                "spec.overhead.limits[gpu]: Invalid value: \"gpu\": must be a standard resource for containers",
            ],
        ),
    ] {
        refused(&with(fields), want);
    }
}

#[test]
fn containers() {
    for (fields, want) in [
        (
            "resources: {limits: {hugepages-2Mi: 3Mi, cpu: 1}}",
            &[
                "resources.limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi",
                "resources.requests[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi",
            ][..],
        ),
        (
            "resources: {limits: {a.b/c: 1500m}}",
            &[
                "resources.limits[a.b/c]: Invalid value: \"1500m\": must be an integer",
                "resources.requests[a.b/c]: Invalid value: \"1500m\": must be an integer",
            ],
        ),
        (
            "lifecycle: {stopSignal: SIGTERM}",
            &["lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"],
        ),
        (
            "env: [{name: A, valueFrom: {fileKeyRef: {key: K, volumeName: v, path: a}}}]",
            &["env[0].valueFrom.fileKeyRef.volumeName: Not found: \"v\""],
        ),
        (
            "securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ' a'}}",
            &[
                "securityContext.appArmorProfile.localhostProfile: Invalid value: \" a\": must not be padded with whitespace",
            ],
        ),
    ] {
        let want: Vec<String> = want.iter().map(|line| format!("spec.containers[0].{line}")).collect();
        let want: Vec<&str> = want.iter().map(String::as_str).collect();
        refused(&pod(&format!("containers: [{{name: c, image: i, {fields}}}]")), &want);
    }
}

#[test]
fn annotations_of_pods() {
    let pod = |key: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{{key}: '{value}'}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
        )
    };
    refused(
        &pod("seccomp.security.alpha.kubernetes.io/pod", "x"),
        &[
            "metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: \"x\": must be a valid seccomp profile",
        ],
    );
    refused(
        &pod("container.apparmor.security.beta.kubernetes.io/d", "unconfined"),
        &[
            "metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: \"d\": container not found",
        ],
    );
}

#[test]
fn storage() {
    let claim = |spec: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: a}}\nspec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}, {spec}}}\n"
        )
    };
    refused(
        &claim("dataSource: {name: a, kind: Other}"),
        &[
            "spec.dataSource: Invalid value: \"Other\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
        ],
    );
    changed(
        &claim("volumeMode: Block"),
        &claim("volumeMode: Filesystem"),
        &[
            "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
            "volumeMode: Invalid value: \"Filesystem\": field is immutable",
        ],
    );
    refused(
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\nprovisioner: p\nallowedTopologies: [{matchLabelExpressions: [{key: z, values: [a, a]}, {key: z, values: []}]}]\n",
        &[
            "allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: \"a\"",
            "allowedTopologies[0].matchLabelExpressions[1].values: Required value",
            "allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: \"z\"",
        ],
    );
}

#[test]
fn policy() {
    let quota = |spec: &str| format!("apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{{spec}}}\n");
    refused(
        &quota(
            "hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: BestEffort, operator: In, values: [a]}]}",
        ),
        &[
            "spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ],
    );
    refused(
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, min: {cpu: 1}, max: {cpu: 3}, default: {cpu: 2}, defaultRequest: {cpu: 1}, maxLimitRequestRatio: {cpu: 4}}]}\n",
        &["spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"4\": ratio 4 is greater than max/min = 3.000000"],
    );
    refused(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{verbs: [get], nonResourceURLs: [/a]}]\n",
        &["rules[0].nonResourceURLs: Invalid value: [\"/a\"]: namespaced rules cannot apply to non-resource URLs"],
    );
    refused(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: r}\nroleRef: {kind: ClusterRole, name: a}\nsubjects: [{kind: ServiceAccount, name: a}]\n",
        &["subjects[0].namespace: Required value"],
    );
}

#[test]
fn services_and_slices() {
    let service = |spec: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: [{{port: 80}}], {spec}}}\n")
    };
    refused(
        &service("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 90000}}"),
        &[
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400",
        ],
    );
    refused(
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\naddressType: IPv4\nports: [{name: a}, {name: a}]\nendpoints: [{addresses: [127.0.0.1]}, {addresses: []}]\n",
        &[
            "ports[1].name: Duplicate value: \"a\"",
            "endpoints[0].addresses[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
            "endpoints[1].addresses: Required value: must contain at least 1 address",
        ],
    );
    refused(
        "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l}\nspec: {leaseDurationSeconds: 0, preferredHolder: a}\n",
        &[
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
            "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
        ],
    );
}

#[test]
fn jobs() {
    let job = |spec: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: j}}\nspec: {{schedule: '* * * * *', jobTemplate: {{spec: {{{spec}, template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}}}\n"
        )
    };
    for (indexes, want) in [
        ("0,2-3", ""),
        ("1,1", "non-increasing order, previous: 1, current: 1"),
        ("0-9", "too large index: \"9\""),
        ("a", "cannot convert string to integer for index: \"a\""),
    ] {
        let text = job(&format!(
            "completions: 5, completionMode: Indexed, successPolicy: {{rules: [{{succeededIndexes: '{indexes}'}}]}}"
        ));
        let line = format!(
            "spec.jobTemplate.spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"{indexes}\": error parsing succeededIndexes: {want}"
        );
        refused(
            &text,
            if want.is_empty() {
                &[]
            } else {
                std::slice::from_ref(&line)
            }
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice(),
        );
    }
}

#[test]
fn gated_pods_change_little() {
    let gated = |fields: &str| with(&format!("schedulingGates: [{{name: a}}]\n{fields}"));
    changed(
        &gated("nodeSelector: {a: b}"),
        &gated("nodeSelector: {a: b, c: d}"),
        &[],
    );
    changed(
        &gated("nodeSelector: {a: b}"),
        &gated("nodeSelector: {c: d}"),
        &[
            "spec.nodeSelector: Invalid value: {\"c\":\"d\"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)",
        ],
    );
    changed(
        &with("schedulingGates: []"),
        &gated("nodeSelector: {}"),
        &["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
    );
}

#[test]
fn what_is_warned_about() {
    let warned = |text: &str, want: &[&str]| assert_eq!(warnings(&object(text), None), want, "{text}");
    for (fields, want) in [
        (
            "nodeSelector: {beta.kubernetes.io/os: linux}",
            "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
        ),
        (
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]",
            "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
        ),
        (
            "imagePullSecrets: [{name: a}, {name: a}]",
            "spec.imagePullSecrets[1].name: duplicate name \"a\"",
        ),
        (
            "volumes: [{name: v, glusterfs: {endpoints: a, path: b}}]",
            "spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+",
        ),
        (
            "volumes: [{name: v, configMap: {name: m, items: [{key: a, path: p}, {key: b, path: p/q}]}}]",
            "volume \"v\" (ConfigMap \"m\"): overlapping paths: \"p/q\" with \"p\"",
        ),
    ] {
        warned(&with(fields), &[want]);
    }
    for (fields, want) in [
        (
            "env: [{name: A, value: a}, {name: A, value: b}]",
            "env[1]: hides previous definition of \"A\", which may be dropped when using apply",
        ),
        (
            "ports: [{containerPort: 80}, {containerPort: 80, hostPort: 80}]",
            "ports[1]: overlapping port definition with spec.containers[0].ports[0]",
        ),
        (
            "resources: {limits: {memory: 1500m}}",
            "resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer",
        ),
    ] {
        let got = warnings(
            &object(&pod(&format!("containers: [{{name: c, image: i, {fields}}}]"))),
            None,
        );
        assert_eq!(got[0], format!("spec.containers[0].{want}"), "{fields}");
    }
    warned(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, annotations: {kubernetes.io/ingress.class: 'nginx'}}\nspec: {}\n",
        &["annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"],
    );
    warned(
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}], externalName: a}\n",
        &["spec.externalName is ignored when spec.type is not \"ExternalName\""],
    );
    warned(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a.b}\nspec: {containers: [{name: c, image: i}]}\n",
        &[
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
        ],
    );
}

#[test]
fn autoscalers_of_the_first_version() {
    refused(
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, maxReplicas: 2, targetCPUUtilizationPercentage: 0}\n",
        &["spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0"],
    );
}
