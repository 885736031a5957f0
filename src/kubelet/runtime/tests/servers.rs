//! Servers, scripted behaviour, the network.

use super::*;

/// The status of an answer; negative when there is none.
fn status(bench: &mut Bench, port: u16, path: &str) -> i32 {
    let request = HttpRequest::get("10.244.1.5", port, path);
    match bench.container.http(&request, &mut bench.volumes, bench.now) {
        HttpOutcome::Reply(reply) => i32::from(reply.status),
        HttpOutcome::Refused => -1,
        HttpOutcome::NoReply => -2,
        HttpOutcome::Eof => -3,
    }
}

#[test]
fn nginx_answers() {
    let mut nginx = Bench::start(spec("nginx:1.27", &[]));
    for (port, path, want) in [(80, "/", 200), (80, "/healthz", 404), (80, "/fail", 500), (81, "/", -1)] {
        assert_eq!(status(&mut nginx, port, path), want, "nginx {port} {path}");
    }
    nginx.exec(&["sh", "-c", "echo ok > /usr/share/nginx/html/healthz"]);
    assert_eq!(status(&mut nginx, 80, "/healthz"), 200);
    nginx.exec(&["nginx", "-s", "quit"]);
    nginx.until(1_000);
    assert_eq!(nginx.exit().map(|(code, _)| code), Some(0));
}

#[test]
fn nginx_goes_by_its_files() {
    let conf = "server { listen 8080; location /healthz { return 200 'fine'; } location /api/ { proxy_pass http://api:9090/; } }";
    let volume = VolumeId("conf".into());
    let mut volumes = Volumes::default();
    volumes.insert(
        volume.clone(),
        FileSystem::from_files([("default.conf", conf.as_bytes(), 0o644)]),
    );
    let mount = Mount {
        path: "/etc/nginx/conf.d".into(),
        volume,
        sub_path: "".into(),
        read_only: true,
    };
    let with_conf = ContainerSpec {
        mounts: vec![mount],
        ..spec("nginx:1.27", &[])
    };
    let mut nginx = Bench::with_volumes(with_conf, volumes, SimTime::ZERO);
    for (port, path, want) in [
        (8080, "/healthz", 200),
        (8080, "/", 200),
        (8080, "/x", 404),
        (80, "/", -1),
    ] {
        assert_eq!(status(&mut nginx, port, path), want, "nginx by its file: {port} {path}");
    }
    let request = HttpRequest::get("x", 8080, "/api/v1");
    let HttpOutcome::Reply(reply) = nginx.container.http(&request, &mut nginx.volumes, nginx.now) else {
        panic!("it answers")
    };
    assert_eq!(reply.calls, ["http://api:9090/v1".into()]);
}

#[test]
fn other_servers_answer() {
    let mut liveness = Bench::start(ContainerSpec {
        args: words(&["liveness"]),
        ..spec("registry.k8s.io/e2e-test-images/agnhost:2.40", &[])
    });
    for (millis, want) in [(3_000, 200), (9_000, 200), (12_000, 500)] {
        liveness.until(millis);
        assert_eq!(status(&mut liveness, 8080, "/healthz"), want, "liveness at {millis} ms");
    }
    let mut unknown = Bench::start(ContainerSpec {
        ports: vec![8080],
        ..spec("shop/api:v2", &[])
    });
    for (port, path, want) in [(8080, "/any", 200), (8080, "/fail", 500), (80, "/", -1)] {
        assert_eq!(status(&mut unknown, port, path), want, "unknown {port} {path}");
    }
    let etcd = Bench::start(spec(
        "registry.k8s.io/etcd:3.5.1-0",
        &["/usr/local/bin/etcd", "--listen-client-urls", "http://0.0.0.0:2379"],
    ));
    assert_eq!(
        etcd.container.grpc_health(2379, "", SimTime(1_000_000_000)),
        GrpcOutcome::Serving
    );
    assert_eq!(
        etcd.container.grpc_health(2378, "", SimTime(1_000_000_000)),
        GrpcOutcome::Refused
    );
    let mut redis = Bench::start(spec("redis", &[]));
    assert_eq!(status(&mut redis, 6379, "/"), -3);
    assert_eq!(redis.exec(&["redis-cli", "ping"]).stdout, "PONG\n");
    let mut nc = Bench::sh("while true; do printf 'HTTP/1.1 201 Created\\n\\nhi' | nc -l -p 8080; done");
    for _ in 0..3 {
        assert_eq!(status(&mut nc, 8080, "/"), 201);
    }
}

#[test]
fn behaviour_comes_first() {
    let behaviour = Behaviour {
        http: vec![HttpOverride {
            path: "/healthz".into(),
            status: 503,
            after: Duration::from_secs(30),
            lasts: None,
        }],
        exit: Some(ExitAfter {
            after: Duration::from_secs(90),
            code: 137,
            reason: "OOMKilled".into(),
        }),
        latency: Some(Duration::from_millis(20)),
        calls: vec!["http://db:5432".into()],
        ..Behaviour::default()
    };
    let mut bench = Bench::start(ContainerSpec {
        behaviour: Some(behaviour),
        ..spec("nginx", &[])
    });
    let HttpOutcome::Reply(reply) =
        bench
            .container
            .http(&HttpRequest::get("x", 80, "/"), &mut bench.volumes, SimTime(1))
    else {
        panic!("it answers")
    };
    assert_eq!(
        (reply.status, reply.latency, reply.calls.len()),
        (200, Duration::from_millis(20), 1)
    );
    let HttpOutcome::Reply(reply) = bench.container.http(
        &HttpRequest::get("x", 80, "/healthz"),
        &mut bench.volumes,
        SimTime(31_000_000_000),
    ) else {
        panic!("it answers")
    };
    assert_eq!(reply.status, 503);
    bench.until(100_000);
    let exit = bench.container.poll_exit().expect("it ended");
    assert_eq!(
        (exit.code, &*exit.reason, exit.at),
        (137, "OOMKilled", SimTime(90_000_000_000))
    );
    assert_eq!(bench.container.poll_exit(), None);
}

#[test]
fn memory_over_the_limit_kills() {
    let stress = ["--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"];
    for (limit, want) in [(100 << 20, Some(137)), (300 << 20, None)] {
        let mut bench = Bench::start(ContainerSpec {
            args: words(&stress),
            memory_limit_bytes: limit,
            ..spec("polinux/stress", &["stress"])
        });
        bench.until(60_000);
        let exit = bench.container.exit().map(|exit| (exit.code, exit.reason.to_string()));
        assert_eq!(exit, want.map(|code| (code, "OOMKilled".to_owned())));
    }
}

#[test]
fn the_network_is_the_owners() {
    let mut bench = Bench::sh(
        "until nslookup myservice; do echo waiting; sleep 2; done; wget -q -O- http://web:8080/x && echo fine",
    );
    let effect = bench.container.poll_effect().expect("it asks for the name");
    assert_eq!(
        effect.request,
        EffectRequest::Dns {
            name: "myservice".into()
        }
    );
    let failed = EffectResult::Failed(NetError::NoSuchHost {
        server: "10.96.0.10".into(),
    });
    bench
        .container
        .resolve(effect.id, failed, &mut bench.volumes, SimTime(1_000_000));
    bench.until(2_500);
    let effect = bench.container.poll_effect().expect("it asks again");
    let found = EffectResult::Dns {
        name: "myservice.default.svc.cluster.local".into(),
        addresses: vec!["10.96.1.1".into()],
        server: "10.96.0.10".into(),
    };
    bench
        .container
        .resolve(effect.id, found, &mut bench.volumes, SimTime(2_500_000_000));
    let effect = bench.container.poll_effect().expect("it fetches");
    assert!(matches!(&effect.request, EffectRequest::Http(request) if request.port == 8080 && &*request.path == "/x"));
    let reply = EffectResult::Http {
        address: "10.96.1.2".into(),
        reply: HttpReply::text(200, "body\n"),
    };
    bench
        .container
        .resolve(effect.id, reply, &mut bench.volumes, SimTime(2_600_000_000));
    assert_eq!(bench.exit(), Some((0, 2_600)));
    assert!(bench.output().ends_with("waiting\nServer:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tmyservice.default.svc.cluster.local\nAddress: 10.96.1.1\n\nbody\nfine\n"), "{}", bench.output());

    // Nobody answers: the tool gives up by itself.
    let mut bench = Bench::sh("wget -T 5 -q http://10.0.0.9/; echo $?; nc -w 1 10.0.0.9 80; echo $?");
    bench.until(60_000);
    assert_eq!(
        bench.output(),
        "wget: download timed out\n1\nnc: 10.0.0.9 (:80): Connection timed out\n1\n"
    );
    assert_eq!(bench.exit(), Some((0, 6_000)));
}
