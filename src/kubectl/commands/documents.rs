//! The documents behind `-f`, one after the other, and what kubectl prints of those that fail.
// Models k8s.io/cli-runtime/pkg/resource visitor.go and mapper.go.

use serde_json::Value;

use super::{Context, Started, sources};
use crate::api::names::Path;
use crate::api::names::{FieldError, FieldErrors};
use crate::api::schema;
use crate::api::schema::check::check_documents;
use crate::api::schema::decode::{self, Fault};
use crate::api::status::{Reason, Status};
use crate::api::yaml::{self, Code, Diagnostic, Document, Severity, json_type};
use crate::api::{Kind, autoscaling};
use crate::kubectl::args::Args;
use crate::kubectl::errors;

/// What is done about fields that a kind has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    Strict,
    Warn,
    Ignore,
}

impl Strictness {
    // Models k8s.io/kubectl/pkg/cmd/util/helpers.go GetValidationDirective.
    fn of(args: &Args) -> Result<Self, String> {
        match args.get("validate").unwrap_or("strict") {
            "strict" | "true" | "1" | "t" | "T" | "TRUE" | "True" => Ok(Self::Strict),
            "warn" => Ok(Self::Warn),
            "ignore" | "false" | "0" | "f" | "F" | "FALSE" | "False" => Ok(Self::Ignore),
            other => Err(format!(
                "error: invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)\n"
            )),
        }
    }
}

/// A document of a kind that is served, and how the command was called.
pub(super) struct Item<'a> {
    pub(super) file: &'a str,
    pub(super) value: Value,
    pub(super) kind: Kind,
    /// Where it goes, for messages.
    pub(super) namespace: String,
    pub(super) dry_run: &'a str,
    pub(super) strictness: Strictness,
}

impl Item<'_> {
    /// What the server's decoder says against the object; unknown fields are told as warnings where that is asked.
    pub(super) fn refusal(&self, context: &mut Context<'_>, value: &Value) -> Option<String> {
        let info = self.kind.info();
        let of = schema::struct_of(info.package, info.kind)?;
        let found = decode::findings(of, value);
        let is_kept = |fault: Fault| fault != Fault::Unknown || self.strictness == Strictness::Strict;
        if self.strictness == Strictness::Warn {
            for unknown in found.iter().filter(|found| found.fault == Fault::Unknown) {
                let text = ["Warning: ", &unknown.message, "\n"].concat();
                context.output.stderr.push_str(&text);
            }
        }
        let kept: Vec<_> = found.into_iter().filter(|found| is_kept(found.fault)).collect();
        decode::message(&kept)
    }
}

/// Why a document was not taken.
pub(super) enum Problem {
    /// By the server, and what kubectl was about.
    Refused(Status, String),
    /// By the server, which could not make an object of the patch.
    BadPatch(String, String),
    /// By kubectl itself.
    Said(String),
}

impl Problem {
    pub(super) fn bad_request(why: String, doing: &str) -> Self {
        Self::Refused(Status::new(Reason::BadRequest, why), doing.to_owned())
    }

    /// The text when it is the only one.
    // Models k8s.io/kubectl/pkg/cmd/util/helpers.go checkErr.
    fn alone(&self) -> String {
        match self {
            Self::Refused(status, doing) => errors::message(status, doing),
            Self::BadPatch(patch, words) => format!("The request is invalid: {}\n", bad_patch(patch, words)),
            Self::Said(text) if text.starts_with("error: ") => format!("{text}\n"),
            Self::Said(text) => format!("error: {text}\n"),
        }
    }

    /// The text among others.
    // Models MultipleErrors.
    fn among(&self) -> String {
        match self {
            Self::Refused(status, doing) => errors::standard(status, doing),
            Self::BadPatch(patch, words) => {
                format!(
                    "Error from server (Invalid):  \"\" is invalid: {}\n",
                    bad_patch(patch, words)
                )
            }
            Self::Said(text) => format!("{text}\n"),
        }
    }
}

fn bad_patch(patch: &str, words: &str) -> String {
    let mut errors = FieldErrors::default();
    errors.push(FieldError::invalid(&Path::new("patch"), patch, words));
    errors.aggregate()
}

pub(super) type Do = fn(&mut Context<'_>, &Item<'_>) -> Result<(), Problem>;

/// Does `act` for each document. One that is refused does not stop the others; a file is read up to the first document
/// that is no object. Apply reads all files before it begins, create does not.
pub(super) fn each_document(context: &mut Context<'_>, args: &Args, verb: &str, act: Do) -> Started {
    let strictness = Strictness::of(args)?;
    let texts: Vec<(String, String)> = sources(context, args)?
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    let (mut items, mut unread) = (Vec::new(), Vec::new());
    let namespace = context.namespace.clone();
    let reader = Reader {
        args,
        strictness,
        namespace: &namespace,
    };
    for (file, text) in &texts {
        reader.read(file, text, &mut items, &mut unread);
    }
    if items.is_empty() && unread.is_empty() {
        return Err(format!("error: no objects passed to {verb}\n"));
    }
    let refused: Vec<Problem> = items.iter().filter_map(|item| act(context, item).err()).collect();
    context.output.code = Some(i32::from(!unread.is_empty() || !refused.is_empty()));
    tell(context, verb, unread, refused);
    Ok(None)
}

fn tell(context: &mut Context<'_>, verb: &str, unread: Vec<String>, mut refused: Vec<Problem>) {
    // Reading fails as a whole: among other errors its own are one.
    let reading = match (unread.len(), refused.len()) {
        (0, _) => Vec::new(),
        (_, 0) => unread,
        (1, _) => unread,
        _ => vec![format!("[{}]", unread.join(", "))],
    };
    let reading = reading.into_iter().map(Problem::Said);
    if verb == "apply" {
        refused.splice(0..0, reading);
    } else {
        refused.extend(reading);
    }
    let texts = match refused.as_slice() {
        [one] => one.alone(),
        several => several.iter().map(Problem::among).collect(),
    };
    context.output.stderr.push_str(&texts);
}

struct Reader<'a> {
    args: &'a Args,
    strictness: Strictness,
    namespace: &'a str,
}

impl<'a> Reader<'a> {
    // Models StreamVisitor.
    fn read(&self, file: &'a str, text: &str, items: &mut Vec<Item<'a>>, unread: &mut Vec<String>) {
        let found = yaml::read(text);
        let checks = check_documents(&found.documents);
        let broken = found.diagnostics.iter().find(|found| found.severity == Severity::Error);
        for document in &found.documents {
            let lines = document.places.lines();
            if broken.is_some_and(|broken| broken.line < *lines.start()) {
                break;
            }
            let own = checks
                .iter()
                .filter(|found| found.severity == Severity::Error && lines.contains(&found.line));
            let own: Vec<&Diagnostic> = own.collect();
            match self.document(document, &own, file) {
                Ok(item) => items.push(item),
                Err((problem, ends)) => {
                    unread.push(problem);
                    if ends {
                        return;
                    }
                }
            }
        }
        if let Some(broken) = broken {
            unread.push(format!("error parsing {file}: {}", broken.message));
        }
    }

    /// A document of a served kind; or what is wrong with it, and whether the rest of the file is not read.
    fn document(&self, document: &Document, own: &[&Diagnostic], file: &'a str) -> Result<Item<'a>, (String, bool)> {
        let value = &document.value;
        let first = |code: Code| own.iter().find(|found| found.code == code);
        if let Some(found) = first(Code::NotAnObject).filter(|_| self.strictness != Strictness::Ignore) {
            let tail = "if you choose to ignore these errors, turn validation off with --validate=false";
            let message = format!("error validating \"{file}\": {}; {tail}", found.message);
            return Err((message, true));
        }
        let undecodable = |why: &str| (format!("unable to decode \"{file}\": {why}"), false);
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if !value.is_object() {
            let found = json_type(value);
            return Err(undecodable(&format!(
                "json: cannot unmarshal {found} into Go value of type unstructured.detector"
            )));
        }
        if text("/kind").is_empty() {
            return Err(undecodable(&format!("Object 'Kind' is missing in '{value}'")));
        }
        if let Some(found) = first(Code::Metadata) {
            return Err(undecodable(&found.message));
        }
        let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        let namespace = text("/metadata/namespace");
        let Some(kind) = Kind::find(version, kind).filter(|_| first(Code::UnknownKind).is_none()) else {
            let message = format!(
                "resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \"{file}\": no matches for kind \
                 \"{kind}\" in version \"{version}\"\nensure CRDs are installed first"
            );
            return Err((message, false));
        };
        let asked = self.args.get("namespace");
        if let Some(asked) =
            asked.filter(|asked| kind.info().namespaced && !namespace.is_empty() && namespace != *asked)
        {
            let message = format!(
                "the namespace from the provided object \"{namespace}\" does not match the namespace \"{asked}\". You must pass \
                 '--namespace={namespace}' to perform this operation."
            );
            return Err((message, false));
        }
        Ok(Item {
            file,
            value: autoscaling::raised(value),
            kind,
            namespace: if namespace.is_empty() {
                self.namespace
            } else {
                namespace
            }
            .to_owned(),
            dry_run: self.args.get("dry-run").unwrap_or("none"),
            strictness: self.strictness,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::Cluster;
    use crate::kubectl::{Files, Invocation};

    const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    const OTHER: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n";
    const UNKNOWN: &str = "apiVersion: v1\nkind: Foo\nmetadata: {name: b}\n";
    const NO_KIND: &str = "apiVersion: v1\n";
    const TAKEN: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
    const EXTRA: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: e}\nfoo: 1\n";

    fn run(command: &str, documents: &[&str]) -> (String, String) {
        let mut cluster = Cluster::new(crate::cluster::Config::default());
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let files = Files {
            named: [("f.yaml".to_owned(), documents.join("---\n"))].into(),
            stdin: String::new(),
        };
        let output = Invocation::start(&mut cluster, &words, &files, "default")
            .output()
            .clone();
        (output.stdout, output.stderr)
    }

    #[test]
    fn one_bad_document_among_others() {
        let unknown = "resource mapping not found for name: \"b\" namespace: \"\" from \"f.yaml\": no matches for kind \"Foo\" \
                       in version \"v1\"\nensure CRDs are installed first";
        let no_kind = "error validating \"f.yaml\": error validating data: kind not set; if you choose to ignore these errors, \
                       turn validation off with --validate=false";
        let taken = "Error from server (AlreadyExists): error when creating \"f.yaml\": namespaces \"default\" already exists\n";
        let both = "configmap/a created\nconfigmap/d created\n";
        for (command, documents, stdout, stderr) in [
            ("apply -f f.yaml", &[GOOD, OTHER][..], both, String::new()),
            (
                "apply -f f.yaml",
                &[GOOD, UNKNOWN, OTHER],
                both,
                format!("error: {unknown}\n"),
            ),
            // What is no object ends the file.
            (
                "apply -f f.yaml",
                &[GOOD, NO_KIND, OTHER],
                "configmap/a created\n",
                format!("error: {no_kind}\n"),
            ),
            ("create -f f.yaml", &[GOOD, TAKEN, OTHER], both, taken.to_owned()),
            ("create -f f.yaml", &[UNKNOWN, TAKEN], "", format!("{taken}{unknown}\n")),
            (
                "apply -f f.yaml",
                &[],
                "",
                "error: no objects passed to apply\n".to_owned(),
            ),
            (
                "apply -f f.yaml --validate=ignore",
                &[EXTRA],
                "configmap/e created\n",
                String::new(),
            ),
            (
                "apply -f f.yaml --validate=warn",
                &[EXTRA],
                "configmap/e created\n",
                "Warning: unknown field \"foo\"\n".to_owned(),
            ),
            (
                "apply -f f.yaml --validate=false",
                &["hello\n"],
                "",
                "error: unable to decode \"f.yaml\": json: cannot unmarshal string into Go value of type \
                 unstructured.detector\n"
                    .to_owned(),
            ),
        ] {
            assert_eq!(
                run(command, documents),
                (stdout.to_owned(), stderr),
                "{command} {documents:?}"
            );
        }
    }
}
