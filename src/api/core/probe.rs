//! Probes and life-cycle hooks.

use std::rc::Rc;

use crate::api::Str;
use crate::api::intstr::IntOrString;

lean! {
    /// A periodic check of a container. Times are whole seconds.
    pub struct Probe {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HttpGetAction> = "httpGet",
        tcp_socket: Option<TcpSocketAction> = "tcpSocket",
        grpc: Option<GrpcAction> = "grpc",
        initial_delay_seconds: i32 = "initialDelaySeconds",
        timeout_seconds: i32 = "timeoutSeconds",
        period_seconds: i32 = "periodSeconds",
        success_threshold: i32 = "successThreshold",
        failure_threshold: i32 = "failureThreshold",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
    }

    /// A command run in the container.
    pub struct ExecAction {
        command: Rc<[Str]> = "command",
    }

    /// An HTTP request to the pod.
    pub struct HttpGetAction {
        path: Str = "path",
        port: IntOrString = "port" 'always,
        host: Str = "host",
        scheme: Str = "scheme",
        http_headers: Rc<[HttpHeader]> = "httpHeaders",
    }

    /// A header of a probe's request.
    pub struct HttpHeader {
        name: Str = "name" 'always,
        value: Str = "value" 'always,
    }

    /// A connection to the pod.
    pub struct TcpSocketAction {
        port: IntOrString = "port" 'always,
        host: Str = "host",
    }

    /// A gRPC health check of the pod.
    pub struct GrpcAction {
        port: i32 = "port" 'always,
        service: Option<Str> = "service",
    }

    /// Hooks of a container.
    pub struct Lifecycle {
        post_start: Option<LifecycleHandler> = "postStart",
        pre_stop: Option<LifecycleHandler> = "preStop",
        stop_signal: Str = "stopSignal",
    }

    /// What a hook does.
    pub struct LifecycleHandler {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HttpGetAction> = "httpGet",
        tcp_socket: Option<TcpSocketAction> = "tcpSocket",
        sleep: Option<SleepAction> = "sleep",
    }

    /// A pause.
    pub struct SleepAction {
        seconds: i64 = "seconds" 'always,
    }
}
