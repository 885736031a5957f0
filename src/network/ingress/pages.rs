//! What the Ingress controller answers by itself.

use crate::api::Str;

/// An answer of the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(Str, Str)>,
    /// Body.
    pub body: Str,
}

impl Page {
    /// The page of a status.
    #[must_use]
    pub fn of(status: u16) -> Self {
        let words = match status {
            204 => "204 No Content",
            301 => "301 Moved Permanently",
            302 => "302 Found",
            303 => "303 See Other",
            307 => "307 Temporary Redirect",
            308 => "308 Permanent Redirect",
            400 => "400 Bad Request",
            404 => "404 Not Found",
            421 => "421 Misdirected Request",
            502 => "502 Bad Gateway",
            503 => "503 Service Temporarily Unavailable",
            504 => "504 Gateway Time-out",
            _ => "500 Internal Server Error",
        };
        let body = format!(
            "<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<center><h1>{words}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        );
        Self {
            status,
            headers: vec![("Content-Type".into(), "text/html".into())],
            body: body.into(),
        }
    }

    /// Sends a client on to `url`.
    #[must_use]
    pub fn redirect(url: &str) -> Self {
        let mut page = Self::of(308);
        page.headers.push(("Location".into(), url.into()));
        page
    }
}
