"""Writes the schema table from the Go type declarations of Kubernetes and of the Gateway API.

usage: schema.py KUBERNETES GATEWAY_API_V1 KINDS_RS OLD_TABLE > NEW_TABLE
OLD_TABLE: src/api/schema/types.txt, whose records of the project's own kinds (package kubarium) are kept.
KUBERNETES: a source tree; GATEWAY_API_V1: the folder apis/v1 of the Gateway API; KINDS_RS: src/api/schema/kinds.rs.
The format is described in src/api/schema/mod.rs.
"""
import collections, glob, re, sys

k8s, gateway = sys.argv[1:3]
api = k8s + "/staging/src/k8s.io"

# Package of the table -> Go files. Roots are the packages whose kinds are served.
PACKAGES = {name: [f"{api}/api/{path}/types.go"] for name, path in {
    "core": "core/v1", "apps": "apps/v1", "batch": "batch/v1", "networking": "networking/v1",
    "discovery": "discovery/v1", "policy": "policy/v1", "autoscaling1": "autoscaling/v1",
    "autoscaling2": "autoscaling/v2", "storage": "storage/v1", "scheduling": "scheduling/v1",
    "coordination": "coordination/v1", "events": "events/v1", "rbac": "rbac/v1",
    "admissionregistration": "admissionregistration/v1", "node": "node/v1", "flowcontrol": "flowcontrol/v1",
    "resource": "resource/v1", "certificates": "certificates/v1"}.items()}
PACKAGES["meta"] = [f"{api}/apimachinery/pkg/apis/meta/v1/types.go"]
PACKAGES["apiextensions"] = [f"{api}/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go"]
PACKAGES["apiregistration"] = [f"{api}/kube-aggregator/pkg/apis/apiregistration/v1/types.go"]
PACKAGES["gateway"] = sorted(glob.glob(f"{gateway}/*.go"))

IMPORTS = {
    "k8s.io/apimachinery/pkg/apis/meta/v1": "meta", "k8s.io/api/core/v1": "core", "k8s.io/api/batch/v1": "batch",
    "k8s.io/api/authentication/v1": "authentication", "k8s.io/apimachinery/pkg/types": "types",
    "k8s.io/api/scheduling/v1": "scheduling", "k8s.io/api/storage/v1": "storage"}
IMPORT_LINE = re.compile(r'^(?:import)?\s*(\w+)?\s*"([\w./-]+)"$', re.M)
# Types with a reading of their own.
BUILTIN = {
    "string": "s", "int32": "i", "int64": "l", "int": "l", "bool": "b", "float64": "f", "uint8": "i", "byte": "y",
    "resource.Quantity": "q", "intstr.IntOrString": "x", "meta.Time": "t", "meta.MicroTime": "m",
    "meta.Duration": "d", "runtime.RawExtension": "r", "runtime.Object": "r", "runtime.Unknown": "r",
    "meta.FieldsV1": "r", "apiextensions.JSONSchemaProps": "r", "apiextensions.JSON": "r", "meta.GroupVersionKind": "r",
    "resource.Format": "s"}
EXTERNAL = {"types.UID": "s", "types.NodeName": "s", "types.NamespacedName": "r"}

types, enums = {}, collections.defaultdict(list)


def parse_package(package, path):
    lines = open(path).read().split("\n")
    imports, i = {}, 0
    for alias, target in IMPORT_LINE.findall("\n".join(lines)):
        imports[alias or target.split("/")[-1]] = IMPORTS.get(target, target.split("/")[-1])
    while i < len(lines):
        line = lines[i].strip()
        if m := re.match(r"^type (\w+) struct \{(\})?", line):
            name, fields = m.group(1), []
            if not m.group(2):
                i, fields = parse_struct(package, imports, lines, i + 1)
            types[f"{package}.{name}"] = fields
        elif m := re.match(r"^type (\w+) =? ?([^ ]+)( //.*)?$", line):
            if m.group(2) not in ("interface", "struct"):
                types[f"{package}.{m.group(1)}"] = type_of(package, imports, m.group(2))
        elif m := re.match(r'^(?:const )?(\w+)\s+(\w+)\s*=\s*"([^"]*)"', line):
            enums[f"{package}.{m.group(2)}"].append(m.group(3))
        i += 1


def parse_struct(package, imports, lines, i):
    fields, markers = [], []
    while lines[i].strip() != "}":
        line = lines[i].strip()
        if line.startswith("//"):
            markers.append(line[2:].strip())
        elif m := re.match(r"^(?:(\w+)\s+)?([^\s`]+)\s+`([^`]*)`", line):
            fields.append(field(package, imports, m.group(1), m.group(2), m.group(3), markers))
            markers = []
        i += 1
    return i, [f for f in fields if f]


def type_of(package, imports, go):
    if go.startswith("*"): return "*" + type_of(package, imports, go[1:])
    if go == "[]byte": return "y"
    if go == "struct{}": return "r"
    if go.startswith("[]"): return "[" + type_of(package, imports, go[2:])
    if m := re.match(r"^map\[([\w.]+)\](.*)$", go):
        key, value = (type_of(package, imports, g) for g in m.groups())
        return "{" + ("" if key == "s" else key + ">") + value
    if go in BUILTIN: return BUILTIN[go]
    if "." in go:
        prefix, name = go.split(".")
        go = f"{imports.get(prefix, prefix)}.{name}"
    else:
        go = f"{package}.{go}"
    return BUILTIN.get(go, go)


def field(package, imports, go_name, go_type, tags, markers):
    tag = dict(re.findall(r'(\w+):"([^"]*)"', tags))
    json, *options = tag["json"].split(",")
    if json == "-": return None
    kind = type_of(package, imports, go_type)
    if "inline" in options or not go_name:
        if not json: return (".", kind, "")
        go_name = go_name or go_type.split(".")[-1]
    flags = []
    optional = "omitempty" in options or "omitzero" in options or any(m.startswith("+optional") for m in markers)
    if not optional: flags.append("!")
    if "omitempty" not in options: flags.append("+")
    if "omitzero" in options: flags.append("z")
    strategy = tag.get("patchStrategy", "").split(",")
    if "merge" in strategy: flags.append("m=" + tag["patchMergeKey"] if "patchMergeKey" in tag else "m")
    if "retainKeys" in strategy: flags.append("R")
    if "replace" in strategy: flags.append("p")
    keys = [m.split("=")[1] for m in markers if m.startswith("+listMapKey=")]
    if "+listType=map" in markers: flags.append("k=" + ",".join(keys))
    if "+listType=set" in markers: flags.append("u")
    default = json[:1].upper() + json[1:]
    return (json if default == go_name else f"{json}:{go_name}", kind, " ".join(flags))


def references(kind):
    return re.findall(r"[a-z0-9]+\.\w+", kind)


for package, paths in PACKAGES.items():
    for path in paths:
        parse_package(package, path)
types.update(EXTERNAL)

# Keep what the served kinds reach.
text = open(sys.argv[3]).read()
packages = dict(re.findall(r'const (\w+): KindInfo =\s*version\(\s*"[^"]*",\s*"[^"]*",\s*"(\w+)",?\s*\)', text))
todo = [f"{packages[c]}.{k}" for c, k in re.findall(r'(\w+)\.named\("(\w+)"', text)]
todo += ["meta.Status", "meta.PartialObjectMetadata", "meta.DeleteOptions", "autoscaling1.Scale", "policy.Eviction", "meta.ListMeta"]
seen = set()
while todo:
    key = todo.pop()
    if key in seen: continue
    seen.add(key)
    if key not in types:
        sys.stderr.write(f"missing {key}\n"); continue
    body = types[key]
    for kind in [body] if isinstance(body, str) else [f[1] for f in body]:
        todo += references(kind)


def local(package, kind):
    return re.sub(rf"\b{package}\.", "", kind)


def own_records():
    """The records of the project's own kinds, by key."""
    records, key = {}, None
    for line in open(sys.argv[4]).read().splitlines():
        if not line.startswith(" "):
            key = line.split(" ")[0]
            records[key] = []
        records[key].append(line)
    return {key: "\n".join(lines) for key, lines in records.items() if key.startswith("kubarium.")}


own = own_records()
for key in sorted(seen | own.keys()):
    if key in own:
        print(own[key])
        continue
    if key not in types: continue
    package, body = key.split(".")[0], types[key]
    if isinstance(body, str):
        values = enums.get(key, [])
        print(f"{key} {local(package, body)} {' '.join(v for v in values if v and ' ' not in v)}".rstrip())
        continue
    print(key)
    for json, kind, flags in body:
        print(f" {json} {local(package, kind)} {flags}".rstrip())
