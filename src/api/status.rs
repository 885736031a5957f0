//! Errors of the API as values of the simulated world: `Status`.

use std::fmt;

use serde_json::{Value, json};

use super::kind::Kind;
use super::names::FieldErrors;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// 400: the request cannot be understood.
    BadRequest,
    /// 403: admission said no.
    Forbidden,
    /// 404: there is no such object.
    NotFound,
    /// 405: the resource does not do that.
    MethodNotAllowed,
    /// 409: an object of that name is there.
    AlreadyExists,
    /// 409: somebody else was faster.
    Conflict,
    /// 410: the log does not reach back so far.
    Expired,
    /// 415: the patch or body is of a type that is not taken.
    UnsupportedMediaType,
    /// 422: validation failed.
    Invalid,
    /// 429: not now.
    TooManyRequests,
    /// 500: the server does not know what to do.
    InternalError,
    /// 500, and nothing more is known.
    Unknown,
}

/// A refusal: `kind: Status` of the API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// Why.
    pub reason: Reason,
    /// The sentence.
    pub message: String,
    /// What it is about.
    pub details: Box<Details>,
}

/// What a refusal is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Details {
    /// Name of the object.
    pub name: String,
    /// Group of the resource.
    pub group: String,
    /// The resource in the plural; the kind for [`Reason::Invalid`].
    pub kind: String,
    /// What exactly is wrong.
    pub causes: Vec<Cause>,
    /// When to try again, in seconds.
    pub retry_after_seconds: i32,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cause {
    /// The type of the cause, as in `FieldValueInvalid`.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// Path of the field.
    pub field: String,
}

impl Reason {
    /// The HTTP status code.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Expired => 410,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::TooManyRequests => 429,
            Self::InternalError | Self::Unknown => 500,
        }
    }

    /// The word that stands in `reason`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::AlreadyExists => "AlreadyExists",
            Self::Conflict => "Conflict",
            Self::Expired => "Expired",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::Invalid => "Invalid",
            Self::TooManyRequests => "TooManyRequests",
            Self::InternalError => "InternalError",
            Self::Unknown => "",
        }
    }
}

impl Status {
    /// A refusal that is about no object.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            details: Box::default(),
        }
    }

    fn about(reason: Reason, kind: Kind, name: &str, message: String) -> Self {
        let info = kind.info();
        let details = Details {
            name: name.to_owned(),
            group: info.group.to_owned(),
            kind: info.plural.to_owned(),
            ..Details::default()
        };
        Self {
            reason,
            message,
            details: Box::new(details),
        }
    }

    /// `pods "x" not found`.
    #[must_use]
    pub fn not_found(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.info().resource());
        Self::about(Reason::NotFound, kind, name, message)
    }

    /// `pods "x" already exists`.
    #[must_use]
    pub fn already_exists(kind: Kind, name: &str, terminating: bool) -> Self {
        let prefix = if terminating { "object is being deleted: " } else { "" };
        let message = format!("{prefix}{} \"{name}\" already exists", kind.info().resource());
        Self::about(Reason::AlreadyExists, kind, name, message)
    }

    /// `Operation cannot be fulfilled on pods "x": why`.
    #[must_use]
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            kind.info().resource()
        );
        Self::about(Reason::Conflict, kind, name, message)
    }

    /// An update that carries an outdated `resourceVersion`.
    #[must_use]
    pub fn modified(kind: Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    /// `pods "x" is forbidden: why`.
    #[must_use]
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.info().resource());
        Self::about(Reason::Forbidden, kind, name, message)
    }

    /// `Pod "x" is invalid: …`, with a cause for each field error.
    #[must_use]
    pub fn invalid(kind: Kind, name: &str, errors: &FieldErrors) -> Self {
        let info = kind.info();
        let message = if info.group.is_empty() {
            format!("{} \"{name}\" is invalid: {}", info.kind, errors.aggregate())
        } else {
            format!(
                "{}.{} \"{name}\" is invalid: {}",
                info.kind,
                info.group,
                errors.aggregate()
            )
        };
        let mut status = Self::about(Reason::Invalid, kind, name, message);
        status.details.kind = info.kind.to_owned();
        status.details.causes = errors.iter().map(Cause::from_field).collect();
        status
    }

    /// The JSON form.
    #[must_use]
    pub fn encode(&self) -> Value {
        let mut details = serde_json::Map::new();
        let mut put = |key: &str, value: Value, there: bool| {
            if there {
                details.insert(key.to_owned(), value);
            }
        };
        let about = &self.details;
        put("name", json!(about.name), !about.name.is_empty());
        put("group", json!(about.group), !about.group.is_empty());
        put("kind", json!(about.kind), !about.kind.is_empty());
        put(
            "causes",
            about.causes.iter().map(Cause::encode).collect(),
            !about.causes.is_empty(),
        );
        put(
            "retryAfterSeconds",
            json!(about.retry_after_seconds),
            about.retry_after_seconds != 0,
        );
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.reason.code(),
        });
        if self.reason != Reason::Unknown {
            status["reason"] = self.reason.word().into();
        }
        if !details.is_empty() {
            status["details"] = Value::Object(details);
        }
        status
    }
}

impl Cause {
    fn from_field(error: &super::names::FieldError) -> Self {
        Self {
            reason: error.kind.reason().to_owned(),
            message: error.body(),
            field: error.path.clone(),
        }
    }

    fn encode(&self) -> Value {
        let mut cause = json!({"reason": self.reason, "message": self.message});
        if !self.field.is_empty() {
            cause["field"] = self.field.as_str().into();
        }
        cause
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
