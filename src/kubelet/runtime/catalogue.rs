//! The catalogue of known images, as one table.

use super::image_ref::ImageRef;
use super::images::{App, Userland};
use super::spec::Signal;

/// What is known of an image.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Names without registry's path prefixes: the end of the short name must equal one, at a slash.
    pub(crate) names: &'static [&'static str],
    pub(crate) app: App,
    pub(crate) userland: Userland,
    pub(crate) entrypoint: &'static [&'static str],
    pub(crate) cmd: &'static [&'static str],
    pub(crate) ports: &'static [u16],
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// Files and programs besides those of the userland.
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) working_dir: &'static str,
    pub(crate) uid: u32,
    pub(crate) size_mib: u32,
    pub(crate) memory_mib: u32,
    /// From the start of the process until it listens.
    pub(crate) start_ms: u32,
    /// The newest version there is, major and minor; a tag beyond does not exist. None: every tag exists.
    newest: Option<(u32, u32)>,
    /// Tags that are words.
    words: &'static [&'static str],
}

const BASE: Row = Row {
    names: &[],
    app: App::Unknown,
    userland: Userland::Open,
    entrypoint: &["/app"],
    cmd: &[],
    ports: &[],
    env: &[],
    files: &[("app", "\x7fELF:app")],
    working_dir: "/",
    uid: 0,
    size_mib: 60,
    memory_mib: 20,
    start_ms: 0,
    newest: None,
    words: &[],
};

const SHELL: Row = Row {
    app: App::Shell,
    entrypoint: &[],
    cmd: &["sh"],
    files: &[],
    size_mib: 2,
    memory_mib: 1,
    ..BASE
};
const SERVER: Row = Row { app: App::Any, ..BASE };
const DISTROLESS: Row = Row {
    userland: Userland::None,
    ..BASE
};

const NGINX_PAGE: &str = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n<p>If you see this page, the nginx web server is successfully installed and\nworking. Further configuration is required.</p>\n</body>\n</html>\n";
const NGINX_CONF: &str = "user nginx;\nworker_processes auto;\nevents {\n    worker_connections 1024;\n}\nhttp {\n    include /etc/nginx/conf.d/*.conf;\n}\n";
const NGINX_DEFAULT: &str = "server {\n    listen 80;\n    server_name localhost;\n    location / {\n        root /usr/share/nginx/html;\n        index index.html index.htm;\n    }\n}\n";
const NGINX_FILES: &[(&str, &str)] = &[
    ("usr/sbin/nginx", "\x7fELF:nginx"),
    ("usr/bin/curl", "\x7fELF:curl"),
    ("usr/share/nginx/html/index.html", NGINX_PAGE),
    (
        "usr/share/nginx/html/50x.html",
        "<!DOCTYPE html>\n<html>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n",
    ),
    ("etc/nginx/nginx.conf", NGINX_CONF),
    ("etc/nginx/conf.d/default.conf", NGINX_DEFAULT),
];
const DEBIAN_WORDS: &[&str] = &[
    "bookworm",
    "bullseye",
    "buster",
    "trixie",
    "stretch",
    "jessie",
    "sid",
    "stable",
    "testing",
    "oldstable",
    "unstable",
    "slim",
];

/// One row an image or family; the first that fits counts.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { names: &["busybox", "google_containers/busybox", "radial/busyboxplus"], newest: Some((1, 38)), words: &["uclibc", "glibc", "musl", "unstable", "stable", "curl", "git"], userland: Userland::Busybox, ..SHELL },
    Row { names: &["alpine"], newest: Some((3, 23)), words: &["edge"], userland: Userland::Alpine, cmd: &["/bin/sh"], size_mib: 4, ..SHELL },
    Row { names: &["bash"], newest: Some((5, 3)), words: &["devel"], userland: Userland::Alpine, cmd: &["bash"], files: &[("usr/local/bin/bash", "\x7fELF:bash")], size_mib: 6, ..SHELL },
    Row { names: &["ubuntu"], newest: Some((26, 10)), words: &["jammy", "noble", "focal", "bionic", "xenial", "trusty", "rolling", "devel", "plucky", "questing"], userland: Userland::Debian, cmd: &["/bin/bash"], size_mib: 30, ..SHELL },
    Row { names: &["debian"], newest: Some((13, 99)), words: DEBIAN_WORDS, userland: Userland::Debian, cmd: &["bash"], size_mib: 50, ..SHELL },
    Row { names: &["fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "oraclelinux", "redhat/ubi8", "redhat/ubi9"], userland: Userland::Debian, cmd: &["/bin/bash"], files: &[("usr/bin/curl", "\x7fELF:curl"), ("usr/bin/yum", "\x7fELF:yum")], size_mib: 60, ..SHELL },
    Row { names: &["perl"], newest: Some((5, 42)), words: DEBIAN_WORDS, userland: Userland::Debian, cmd: &["perl", "-de0"], size_mib: 370, ..SHELL },
    Row { names: &["curlimages/curl", "governmentpaas/curl-ssl", "appropriate/curl", "byrnedo/alpine-curl"], userland: Userland::Alpine, entrypoint: &["curl"], cmd: &["--help"], files: &[("usr/bin/curl", "\x7fELF:curl")], size_mib: 9, ..SHELL },
    Row { names: &["alpine/git"], entrypoint: &["git"], cmd: &["--help"], size_mib: 80, ..SHELL },
    Row { names: &["google/cloud-sdk", "docker", "maven", "gradle", "golang", "rust", "bitnami/kubectl", "alpine/k8s", "dnsutils", "jessie-dnsutils", "network-multitool", "netshoot", "tiny-tools", "amicontained"], cmd: &["sh"], entrypoint: &[], size_mib: 150, ..SHELL },
    Row { names: &["polinux/stress", "vish/stress", "progrium/stress"], userland: Userland::Alpine, entrypoint: &["stress"], cmd: &[], files: &[("usr/local/bin/stress", "\x7fELF:stress")], size_mib: 5, ..SHELL },
    Row { names: &["pause", "pause-amd64"], app: App::Pause, entrypoint: &["/pause"], files: &[("pause", "\x7fELF:pause")], size_mib: 1, memory_mib: 1, ..DISTROLESS },
    Row { names: &["nginx"], app: App::Nginx, newest: Some((1, 31)), words: &["stable", "mainline", "alpine", "perl", "slim", "otel", "bookworm", "bullseye", "trixie"], userland: Userland::Debian, entrypoint: &[], cmd: &["nginx", "-g", "daemon off;"], ports: &[80], files: NGINX_FILES, size_mib: 72, memory_mib: 4, ..BASE },
    Row { names: &["nginx-slim", "nginx-unprivileged", "ingress-nginx/nginx"], app: App::Nginx, userland: Userland::Debian, entrypoint: &[], cmd: &["nginx", "-g", "daemon off;"], ports: &[80], files: NGINX_FILES, size_mib: 40, memory_mib: 4, ..BASE },
    Row { names: &["nginxdemos/hello", "nginx-hello", "nginxhttps"], app: App::Nginx, entrypoint: &[], cmd: &["nginx", "-g", "daemon off;"], ports: &[80], files: NGINX_FILES, size_mib: 40, memory_mib: 4, ..BASE },
    Row { names: &["httpd"], app: App::Httpd, newest: Some((2, 4)), words: &["alpine", "bookworm", "trixie"], userland: Userland::Debian, entrypoint: &[], cmd: &["httpd-foreground"], ports: &[80], files: &[("usr/local/bin/httpd-foreground", "\x7fELF:httpd-foreground"), ("usr/local/bin/httpd", "\x7fELF:httpd"), ("usr/local/apache2/htdocs/index.html", "<html><body><h1>It works!</h1></body></html>\n")], working_dir: "/usr/local/apache2", size_mib: 58, memory_mib: 8, ..BASE },
    Row { names: &["redis", "valkey/valkey", "gb-redis-follower", "gb-redisslave", "kubernetes/redis", "redis-follower"], app: App::Redis, newest: None, userland: Userland::Debian, entrypoint: &[], cmd: &["redis-server"], ports: &[6379], files: &[("usr/local/bin/redis-server", "\x7fELF:redis-server"), ("usr/local/bin/redis-cli", "\x7fELF:redis-cli")], working_dir: "/data", size_mib: 45, memory_mib: 8, ..BASE },
    Row { names: &["postgres"], app: App::Postgres, newest: Some((18, 99)), words: &["alpine", "bookworm", "bullseye", "trixie"], userland: Userland::Debian, entrypoint: &[], cmd: &["postgres"], ports: &[5432], env: &[("PGDATA", "/var/lib/postgresql/data")], files: &[("usr/local/bin/postgres", "\x7fELF:postgres"), ("usr/bin/psql", "\x7fELF:psql"), ("usr/bin/pg_isready", "\x7fELF:pg_isready"), ("var/lib/postgresql/.keep", "")], size_mib: 150, memory_mib: 40, start_ms: 2000, ..BASE },
    Row { names: &["mysql", "mariadb", "percona", "mysql/mysql-server"], app: App::Mysql, newest: None, userland: Userland::Debian, entrypoint: &[], cmd: &["mysqld"], ports: &[3306], files: &[("usr/sbin/mysqld", "\x7fELF:mysqld"), ("usr/sbin/mariadbd", "\x7fELF:mariadbd"), ("usr/bin/mysql", "\x7fELF:mysql"), ("usr/bin/mysqladmin", "\x7fELF:mysqladmin"), ("entrypoint.sh", "\x7fELF:mysqld"), ("var/lib/mysql/.keep", "")], size_mib: 230, memory_mib: 350, start_ms: 6000, ..BASE },
    Row { names: &["mongo"], app: App::Tcp, newest: Some((8, 99)), words: &["focal", "jammy", "noble"], userland: Userland::Debian, entrypoint: &[], cmd: &["mongod"], ports: &[27017], files: &[("usr/bin/mongod", "\x7fELF:mongod"), ("usr/bin/mongosh", "\x7fELF:mongosh"), ("usr/bin/mongo", "\x7fELF:mongo")], size_mib: 260, memory_mib: 120, start_ms: 1500, ..BASE },
    Row { names: &["memcached"], app: App::Tcp, newest: Some((1, 6)), words: &["alpine"], userland: Userland::Debian, entrypoint: &[], cmd: &["memcached"], ports: &[11211], files: &[("usr/local/bin/memcached", "\x7fELF:memcached")], size_mib: 30, memory_mib: 4, ..BASE },
    Row { names: &["rabbitmq"], app: App::Tcp, newest: Some((4, 99)), words: &["management", "alpine"], userland: Userland::Debian, entrypoint: &[], cmd: &["rabbitmq-server"], ports: &[5672, 15672, 15692], files: &[("usr/sbin/rabbitmq-server", "\x7fELF:rabbitmq-server"), ("usr/sbin/rabbitmq-diagnostics", "\x7fELF:rabbitmq-diagnostics"), ("usr/sbin/rabbitmqctl", "\x7fELF:rabbitmqctl")], size_mib: 110, memory_mib: 110, start_ms: 8000, ..BASE },
    Row { names: &["etcd", "coreos/etcd"], app: App::Etcd, entrypoint: &["etcd"], ports: &[2379, 2380], files: &[("usr/local/bin/etcd", "\x7fELF:etcd")], size_mib: 57, memory_mib: 30, start_ms: 500, ..BASE },
    Row { names: &["agnhost"], app: App::Agnhost, entrypoint: &["/agnhost"], cmd: &[], files: &[("agnhost", "\x7fELF:agnhost")], size_mib: 50, memory_mib: 10, ..BASE },
    Row { names: &["liveness"], app: App::Liveness, entrypoint: &["/server"], files: &[("server", "\x7fELF:app")], ports: &[8080], size_mib: 5, ..BASE },
    Row { names: &["serve_hostname", "serve-hostname", "serve-hostname-amd64"], app: App::ServeHostname, ports: &[9376], size_mib: 5, ..DISTROLESS },
    Row { names: &["test-webserver"], app: App::TestWebserver, ports: &[80], size_mib: 5, ..DISTROLESS },
    Row { names: &["hello-app", "hello-app-tls", "hello-kubernetes"], app: App::Hello, ports: &[8080], size_mib: 12, memory_mib: 5, ..DISTROLESS },
    Row { names: &["http-echo"], app: App::HttpEcho, ports: &[5678], size_mib: 5, memory_mib: 3, ..DISTROLESS },
    Row { names: &["whoami"], app: App::Whoami, ports: &[80], size_mib: 3, memory_mib: 4, ..DISTROLESS },
    Row { names: &["kuard-amd64", "kuard"], app: App::Kuard, entrypoint: &["/kuard"], files: &[("kuard", "\x7fELF:app")], ports: &[8080], size_mib: 12, ..BASE },
    Row { names: &["podinfo"], app: App::Podinfo, entrypoint: &["./podinfo"], files: &[("home/app/podinfo", "\x7fELF:app")], working_dir: "/home/app", uid: 100, ports: &[9898], size_mib: 30, ..BASE },
    Row { names: &["echoserver", "hello-minikube", "echo-server"], app: App::Echo, ports: &[8080], size_mib: 45, ..BASE },
    Row { names: &["echo-basic", "echo-advanced", "conformance/echo-basic"], app: App::EchoJson, ports: &[3000, 3001], size_mib: 15, ..DISTROLESS },
    Row { names: &["go-httpbin", "httpbin"], app: App::Httpbin, ports: &[8080], size_mib: 15, ..SERVER },
    Row { names: &["hpa-example", "php-apache", "gb-frontend", "explorer", "echo", "helloworld-http"], ports: &[80], ..SERVER },
    Row { names: &["microservices-demo/frontend", "boutique/frontend", "frontend"], ports: &[8080], size_mib: 20, memory_mib: 15, ..SERVER },
    Row { names: &["loadgenerator", "load-test", "emojivoto-vote-bot", "virtual-customer", "virtual-worker"], ports: &[], ..SERVER },
    Row { names: &["adservice", "cartservice", "checkoutservice", "currencyservice", "emailservice", "paymentservice", "productcatalogservice", "recommendationservice", "shippingservice"], app: App::Grpc, size_mib: 30, memory_mib: 40, ..BASE },
    Row { names: &["python"], app: App::Any, newest: Some((3, 15)), words: DEBIAN_WORDS, userland: Userland::Debian, entrypoint: &[], cmd: &["python3"], files: &[("usr/local/bin/python3", "\x7fELF:python3"), ("usr/local/bin/python", "\x7fELF:python3"), ("usr/local/bin/pip", "\x7fELF:apt-get")], size_mib: 360, ..BASE },
    Row { names: &["node"], app: App::Any, newest: Some((25, 99)), words: DEBIAN_WORDS, userland: Userland::Debian, entrypoint: &[], cmd: &["node"], files: &[("usr/local/bin/node", "\x7fELF:node"), ("usr/local/bin/npm", "\x7fELF:apt-get")], size_mib: 390, ..BASE },
    Row { names: &["wordpress", "drupal", "php", "nextcloud", "joomla", "ghost", "phpmyadmin"], ports: &[80], size_mib: 240, memory_mib: 60, ..SERVER },
    Row { names: &["jenkins/jenkins", "jenkins"], ports: &[8080, 50000], size_mib: 270, memory_mib: 300, start_ms: 15000, ..SERVER },
    Row { names: &["elasticsearch", "elasticsearch/elasticsearch", "opensearch"], ports: &[9200, 9300], size_mib: 600, memory_mib: 900, start_ms: 15000, ..SERVER },
    Row { names: &["cassandra"], app: App::Tcp, ports: &[9042, 7000], size_mib: 160, memory_mib: 500, start_ms: 12000, ..BASE },
    Row { names: &["zookeeper", "kubernetes-zookeeper"], app: App::Tcp, ports: &[2181, 2888, 3888], size_mib: 130, memory_mib: 120, start_ms: 3000, ..BASE },
    Row { names: &["kafka", "cp-kafka"], app: App::Tcp, ports: &[9092], size_mib: 300, memory_mib: 400, start_ms: 8000, ..BASE },
    Row { names: &["nats", "mosquitto"], app: App::Tcp, ports: &[4222, 8222], size_mib: 10, ..DISTROLESS },
    Row { names: &["minio", "minio/minio"], ports: &[9000, 9001], size_mib: 60, memory_mib: 80, ..SERVER },
    Row { names: &["prometheus", "prom/prometheus"], ports: &[9090], size_mib: 110, memory_mib: 80, start_ms: 1000, uid: 65534, ..SERVER },
    Row { names: &["alertmanager"], ports: &[9093], size_mib: 30, ..SERVER },
    Row { names: &["grafana"], ports: &[3000], size_mib: 120, memory_mib: 80, start_ms: 3000, uid: 472, ..SERVER },
    Row { names: &["node-exporter"], ports: &[9100], size_mib: 12, uid: 65534, ..SERVER },
    Row { names: &["coredns"], ports: &[53, 8080, 8181, 9153], size_mib: 17, ..Row { app: App::Any, ..DISTROLESS } },
    Row { names: &["traefik", "caddy"], ports: &[80, 443], size_mib: 45, ..SERVER },
    Row { names: &["registry"], ports: &[5000], size_mib: 10, ..SERVER },
    Row { names: &["kube-webhook-certgen"], app: App::Unknown, ..DISTROLESS },
    Row { names: &["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "metrics-server", "cluster-autoscaler", "kube-state-metrics", "dashboard", "descheduler"], app: App::Any, size_mib: 30, memory_mib: 40, ..DISTROLESS },
];

impl Row {
    /// What is taken for an image that the table does not hold.
    pub(crate) const fn unknown() -> Self {
        BASE
    }

    pub(crate) const fn stop_signal(&self) -> Signal {
        match self.app {
            App::Nginx => Signal::Quit,
            App::Postgres => Signal::Int,
            App::Httpd => Signal::Winch,
            _ => Signal::Term,
        }
    }

    /// Whether a tag exists.
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        let Some(newest) = self.newest else { return true };
        if tag.is_empty() || tag == "latest" {
            return true;
        }
        let mut pieces = tag.split('-');
        let first = pieces.next().unwrap_or_default();
        let is_known_word = |piece: &str| {
            let word = piece.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            word.is_empty()
                || self.words.contains(&word)
                || matches!(
                    word,
                    "alpine" | "slim" | "bookworm" | "bullseye" | "buster" | "trixie" | "rc" | "m"
                )
        };
        if !first.starts_with(|c: char| c.is_ascii_digit()) {
            return is_known_word(first);
        }
        let mut numbers = first.split('.').map(|part| part.parse::<u32>().ok());
        let Some(Some(major)) = numbers.next() else {
            return false;
        };
        let minor = match numbers.next() {
            None => 0,
            Some(Some(minor)) => minor,
            Some(None) => return false,
        };
        major <= newest.0 && (major < newest.0 && minor < 100 || major == newest.0 && minor <= newest.1)
    }
}

/// The row of an image. Names of one word stand for Docker Hub's own images and for the same name in a well-known
/// registry; a name with a slash stands for the end of the path.
pub(crate) fn find_row(reference: &ImageRef) -> Option<&'static Row> {
    const OFFICIAL: [&str; 13] = [
        "busybox",
        "alpine",
        "bash",
        "ubuntu",
        "debian",
        "perl",
        "nginx",
        "httpd",
        "postgres",
        "mongo",
        "memcached",
        "node",
        "python",
    ];
    let short = reference.short_name();
    let last = short.rsplit('/').next().unwrap_or(&short);
    let is_well_known = [
        "registry.k8s.io/",
        "k8s.gcr.io/",
        "gcr.io/google",
        "mirror.gcr.io/",
        "public.ecr.aws/docker/library/",
    ]
    .iter()
    .any(|lead| short.starts_with(lead));
    let fits = |name: &&str| {
        if **name == short {
            return true;
        }
        if name.contains('/') {
            return short.ends_with(&format!("/{name}"));
        }
        // Anyone may call an image of their own `nginx`, few call one `podinfo`.
        **name == *last && short.contains('/') && (is_well_known || !OFFICIAL.contains(name))
    };
    ROWS.iter().find(|row| row.names.iter().any(&fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_their_rows() {
        let cases = [
            ("nginx:1.27", Some(App::Nginx)),
            ("docker.io/library/redis", Some(App::Redis)),
            ("registry.k8s.io/e2e-test-images/agnhost:2.40", Some(App::Agnhost)),
            (
                "us-docker.pkg.dev/google-samples/containers/gke/hello-app:2.0",
                Some(App::Hello),
            ),
            (
                "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/cartservice:v0.10.6",
                Some(App::Grpc),
            ),
            ("gcr.io/google_containers/busybox", Some(App::Shell)),
            ("my.registry/team/nginx", None),
            ("shop/api", None),
            ("ghcr.io/stefanprodan/podinfo:6.14.1", Some(App::Podinfo)),
        ];
        for (image, want) in cases {
            let reference = ImageRef::parse(image).expect("a reference");
            assert_eq!(find_row(&reference).map(|row| row.app), want, "{image}");
        }
    }

    #[test]
    fn tags_exist_up_to_the_newest() {
        let row = find_row(&ImageRef::parse("nginx").expect("a reference")).expect("it is there");
        let cases = [
            ("1.14.2", true),
            ("1.161", false),
            ("1.16.1", true),
            ("2", false),
            ("1", true),
            ("alpine", true),
            ("stable-alpine", true),
            ("x", false),
            ("1.27.0-bookworm", true),
        ];
        for (tag, want) in cases {
            assert_eq!(row.has_tag(tag), want, "{tag}");
        }
    }
}
