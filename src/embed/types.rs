//! TypeScript types of what crosses as plain objects.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What `Cluster.create` is given. */
export interface CreateOptions {
  /** The scenario: a YAML stream of at most one `Scenario` document and manifests. Empty: three nodes, nothing on them. */
  scenario?: string;
  /** Decides on every random choice; the scenario's own where it is left out. */
  seed?: number | bigint;
  /** This many standard nodes instead of the scenario's. A link does not hold it. */
  nodes?: number;
  /** A link to open. `scenario` is used only when the link names one of the gallery. */
  link?: string;
}

/** What is wrong with a text. */
export interface Diagnostic {
  severity: "error" | "warning";
  /** What Kubernetes says. */
  message: string;
  /** From 1; 0 when there is none. */
  line: number;
  /** In characters, from 1; 0 when there is none. */
  column: number;
  /** Path of the field, as in `spec.containers[0].image`. */
  path: string;
  /** What may help; may be empty. */
  hint: string;
}

/** What a kubectl command reads. */
export interface KubectlOptions {
  /** What `-f -` reads. */
  stdin?: string;
  /** The texts of the files that the line names. */
  files?: Record<string, string>;
}

/** What a command printed. */
export interface Output {
  stdout: string;
  stderr: string;
  /** null while the command waits. */
  exitCode: number | null;
}

/** A kubectl command: what it printed at once, and what comes. */
export interface Invocation extends Output {
  /** For `Cluster.output`. */
  id: number;
  /** Resolves when the command has ended; with null as its exit code when time went back before that. */
  done: Promise<Output>;
}

/** Names and values. In a plain object, an array stands for several values of one name; undefined is left out. */
export type Pairs =
  | Record<string, string | number | boolean | Array<string | number | boolean> | null | undefined>
  | Iterable<[string, string]>;

/** A request of the Kubernetes REST API. */
export interface ApiRequest {
  /** GET where it is left out. */
  method?: string;
  /** As in `/api/v1/namespaces/default/pods`; a query may follow. */
  path: string;
  query?: Pairs;
  /** `Content-Type` tells the kinds of patches apart. */
  headers?: Pairs;
  /** An object, or JSON as a string. */
  body?: unknown;
}

/** An answer of the API server. */
export interface ApiResponse {
  /** The HTTP status code. */
  status: number;
  /** An object, a list, a `Status`, or the text of a log. */
  body: any;
}

/** An event of a watch. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  /** The object; of an ERROR, a `Status`. */
  object: any;
}

/** What is told again and again, until it is stopped. */
export interface Subscription {
  /** Ends it: nothing is called any more. */
  stop(): void;
}

/** What `Cluster.exec` is given. */
export interface ExecOptions {
  /** `default` where it is left out. */
  namespace?: string;
  pod: string;
  /** The first one where it is left out. */
  container?: string;
  /** The program and its arguments. */
  command: string[];
}

/** A request through the simulated network. */
export interface FetchRequest {
  /** As in `http://shop.example.com/cart`; from inside also names of Services, as in `http://web:8080/`. */
  url: string;
  /** `internet` where it is left out, else `pod/NAME`, `pod/NAMESPACE/NAME` or `node/NAME`. */
  from?: string;
  /** GET where it is left out. */
  method?: string;
  /** `Host` is made from the URL where it is missing. */
  headers?: Pairs;
  /** A string as it is, anything else as JSON. */
  body?: unknown;
}

/** A place on the way of a request. */
export interface Hop {
  kind: "Internet" | "Ingress" | "Gateway" | "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "Service" | "Pod" | "Node";
  /** Empty where it has none. */
  namespace: string;
  name: string;
  /** Address and port there; empty where it has none. */
  address: string;
  /** When the request is there, in milliseconds since the start. */
  at: number;
  /** Why it goes there. */
  rule: string;
}

/** How a request went, without what it brought back. */
export interface Trip {
  from: string;
  method: string;
  url: string;
  /** The HTTP status code; 0 where there is no answer. */
  status: number;
  /** Why there is no answer, in curl's words. */
  error: string | null;
  /** From the first byte sent to the last one received, in milliseconds of virtual time. */
  latency: number;
  /** The way there, the sender first. */
  hops: Hop[];
}

/** What came of a request through the simulated network. */
export interface FetchResponse extends Trip {
  /** Names in small letters; several values of one name are joined by a comma. */
  headers: Record<string, string>;
  body: string;
}

/** Something that happened; `at` is in milliseconds since the start. */
export type ClusterEvent =
  /** An object changed. `actor` is who wrote: `user`, or a component by its name, as in `default-scheduler`. */
  | { type: "ADDED" | "MODIFIED" | "DELETED"; at: number; actor: string; object: any }
  /** A request was sent through the network. */
  | ({ type: "REQUEST"; at: number } & Trip)
  /** Time went back to `at`: what was told of later did not happen. */
  | { type: "SEEK"; at: number };

/** A whole cluster at an instant. */
export interface Snapshot {
  /** Nanoseconds of virtual time since the start. */
  now: number;
  /** As `Cluster.hash`. */
  hash: string;
  /** All objects but events, in their Kubernetes JSON form. */
  objects: any[];
  /** The events, oldest first. */
  events: any[];
}
"#;
