//! Rules for probes and hooks.

use crate::api::names::{FieldErrors, is_http_header_name};
use crate::api::validation::at::At;
use crate::api::validation::network::port_number_or_name;

const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// A liveness or startup probe: one success is enough.
// Models validateLivenessProbe and validateStartupProbe.
pub(super) fn liveness(at: &At<'_, '_>, grace: Option<i64>, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    probe(at, grace, errors);
    let threshold = at.get("successThreshold");
    if threshold.int() != 1 {
        threshold.invalid_int(errors, "must be 1");
    }
}

// Models validateReadinessProbe.
pub(super) fn readiness(at: &At<'_, '_>, grace: Option<i64>, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    probe(at, grace, errors);
    let period = at.get("terminationGracePeriodSeconds");
    if period.is_set() {
        period.invalid(errors, "must not be set for readinessProbes");
    }
}

// Models validateProbe.
fn probe(at: &At<'_, '_>, grace: Option<i64>, errors: &mut FieldErrors) {
    handler(at, grace, errors);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        at.get(field).non_negative(errors);
    }
    let period = at.get("terminationGracePeriodSeconds");
    if period.is_set() && period.int() <= 0 {
        period.invalid(errors, "must be greater than 0");
    }
}

// Models validateHandler.
fn handler(at: &At<'_, '_>, grace: Option<i64>, errors: &mut FieldErrors) {
    let mut count = 0;
    for name in HANDLERS {
        let one = at.get(name);
        if !one.is_set() {
            continue;
        }
        count += 1;
        if count > 1 {
            one.forbidden(errors, "may not specify more than 1 handler type");
            continue;
        }
        match name {
            "exec" if one.get("command").len() == 0 => one.get("command").required(errors, ""),
            "httpGet" => http_get(&one, errors),
            "tcpSocket" | "grpc" => port_number_or_name(&one.get("port"), errors),
            "sleep" => sleep(&one, grace, errors),
            _ => {}
        }
    }
    if count == 0 {
        at.required(errors, "must specify a handler type");
    }
}

// Models validateHTTPGetAction.
fn http_get(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.get("path").text().is_empty() {
        at.get("path").required(errors, "");
    }
    port_number_or_name(&at.get("port"), errors);
    at.get("scheme").among(errors, &["HTTP", "HTTPS"]);
    let headers = at.get("httpHeaders");
    for header in headers.items() {
        let name = header.get("name").text();
        errors.push_invalid(&headers.path, name, is_http_header_name(name));
    }
}

// Models validateSleepAction.
fn sleep(at: &At<'_, '_>, grace: Option<i64>, errors: &mut FieldErrors) {
    let seconds = at.get("seconds").int();
    if let Some(grace) = grace.filter(|grace| !(0..=*grace).contains(&seconds)) {
        let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        at.invalid_as(errors, seconds, detail);
    }
}

// Models validateLifecycle.
pub(super) fn lifecycle(at: &At<'_, '_>, grace: Option<i64>, os: &At<'_, '_>, errors: &mut FieldErrors) {
    for hook in ["postStart", "preStop"] {
        let hook = at.get(hook);
        if hook.is_set() {
            handler(&hook, grace, errors);
        }
    }
    let signal = at.get("stopSignal");
    if signal.is_set() {
        stop_signal(&signal, os, errors);
    }
}

/// Signals of Linux, sorted; the real-time ones go on from their ends.
const SIGNALS: &str = "SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE \
     SIGPOLL SIGPROF SIGPWR SIGQUIT SIGRTMAX SIGRTMAX-1 SIGRTMAX-10 SIGRTMAX-11 SIGRTMAX-12 SIGRTMAX-13 SIGRTMAX-14 SIGRTMAX-2 \
     SIGRTMAX-3 SIGRTMAX-4 SIGRTMAX-5 SIGRTMAX-6 SIGRTMAX-7 SIGRTMAX-8 SIGRTMAX-9 SIGRTMIN SIGRTMIN+1 SIGRTMIN+10 SIGRTMIN+11 \
     SIGRTMIN+12 SIGRTMIN+13 SIGRTMIN+14 SIGRTMIN+15 SIGRTMIN+2 SIGRTMIN+3 SIGRTMIN+4 SIGRTMIN+5 SIGRTMIN+6 SIGRTMIN+7 \
     SIGRTMIN+8 SIGRTMIN+9 SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 \
     SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ";

// Models validateStopSignal.
fn stop_signal(at: &At<'_, '_>, os: &At<'_, '_>, errors: &mut FieldErrors) {
    match os.get("name").text() {
        _ if !os.is_set() => at.forbidden(errors, "may not be set for containers with empty `spec.os.name`"),
        "windows" => at.among(errors, &["SIGKILL", "SIGTERM"]),
        "linux" => at.among(errors, &SIGNALS.split(' ').collect::<Vec<_>>()),
        _ => {}
    }
}
