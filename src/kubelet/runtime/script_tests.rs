//! Scripts and their outcome on virtual time.

use std::rc::Rc;

use super::*;
use crate::sim::{Duration, SimTime};

/// A container in a test, with its volumes.
struct Bench {
    container: Container,
    volumes: Volumes,
    now: SimTime,
}

fn words(words: &[&str]) -> Vec<Str> {
    words.iter().map(|word| Str::from(*word)).collect()
}

fn spec(image: &str, command: &[&str]) -> ContainerSpec {
    ContainerSpec {
        image: image.into(),
        command: words(command),
        hostname: "web-0".into(),
        ip: "10.244.1.5".into(),
        epoch_unix_s: 1_767_225_600,
        seed: 7,
        ..ContainerSpec::default()
    }
}

impl Bench {
    fn start(spec: ContainerSpec) -> Self {
        Self::with_volumes(spec, Volumes::default(), SimTime::ZERO)
    }

    fn with_volumes(spec: ContainerSpec, mut volumes: Volumes, now: SimTime) -> Self {
        let image = ImageStore::default().resolve(&spec.image).expect("the image exists");
        let container = Container::start(Rc::new(spec), image, &mut volumes, now).expect("it starts");
        Self {
            container,
            volumes,
            now,
        }
    }

    /// A busybox that runs `sh -c script`.
    fn sh(script: &str) -> Self {
        Self::start(spec("busybox:1.36", &["sh", "-c", script]))
    }

    /// Runs until `seconds` since time zero, or until the container ends; the wakes it took.
    fn until(&mut self, millis: u64) -> u32 {
        let end = SimTime::ZERO + Duration::from_millis(millis);
        let mut wakes = 0;
        while let Some(at) = self.container.next_wake().filter(|at| *at <= end) {
            assert!(at >= self.now, "a wake in the past");
            self.now = at;
            self.container.advance(&mut self.volumes, at);
            wakes += 1;
            assert!(wakes < 100_000, "too many wakes");
        }
        self.now = end;
        wakes
    }

    fn output(&self) -> String {
        self.container
            .logs()
            .lines()
            .map(|line| format!("{}\n", line.text))
            .collect()
    }

    fn exit(&self) -> Option<(i32, u64)> {
        self.container.exit().map(|exit| (exit.code, exit.at.0 / 1_000_000))
    }

    fn exec(&mut self, command: &[&str]) -> ExecResult {
        let id = self
            .container
            .exec(&words(command), "", &mut self.volumes, self.now)
            .expect("it starts");
        self.container.take_exec(id).expect("it takes no time")
    }
}

/// Runs a script to its end: exit code, milliseconds, output.
fn run(script: &str) -> (i32, u64, String) {
    let mut bench = Bench::sh(script);
    bench.until(3_600_000);
    let (code, at) = bench.exit().unwrap_or((-1, 0));
    (code, at, bench.output())
}

#[test]
fn scripts_do_what_sh_does() {
    let cases: &[(&str, i32, &str)] = &[
        ("echo hello", 0, "hello\n"),
        ("exit 3", 3, ""),
        ("false; true", 0, ""),
        ("false || echo no && echo yes", 0, "no\nyes\n"),
        ("a=1; b=$a$a; echo \"$b\" '$b' ${b}x", 0, "11 $b 11x\n"),
        ("for i in 1 2 3; do echo -n $i; done; echo", 0, "123\n"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done", 0, "1\n2\n3\n"),
        ("until [ -f /tmp/x ]; do touch /tmp/x; echo again; done", 0, "again\n"),
        (
            "if [ -d /etc ]; then echo dir; elif true; then echo b; else echo c; fi",
            0,
            "dir\n",
        ),
        ("case abc in x|a*) echo hit;; *) echo miss;; esac", 0, "hit\n"),
        ("f() { echo \"$1-$#\"; return 4; }; f a b; echo $?", 0, "a-2\n4\n"),
        ("(cd /tmp; pwd); pwd", 0, "/tmp\n/\n"),
        ("echo one | cat | tr a-z A-Z", 0, "ONE\n"),
        ("printf '%s\\n' c a b | sort | head -2", 0, "a\nb\n"),
        ("seq 1 5 | while read n; do echo \"<$n>\"; done | tail -n 1", 0, "<5>\n"),
        ("echo a > /tmp/f; echo b >> /tmp/f; cat < /tmp/f", 0, "a\nb\n"),
        ("cat <<EOF\nx $((1+1))\nEOF", 0, "x 2\n"),
        ("cat <<'EOF'\n$x\nEOF\necho after", 0, "$x\nafter\n"),
        ("x=$(echo in; exit 3); echo \"$x $?\"", 0, "in 3\n"),
        ("echo `echo back`", 0, "back\n"),
        (
            "echo ${x:-def} ${x:=set} $x ${x#s} ${x%t} ${#x}",
            0,
            "def set set et se 3\n",
        ),
        ("p=/a/b/c.txt; echo ${p##*/} ${p%/*} ${p%%/*}", 0, "c.txt /a/b\n"),
        (
            "set -- a 'b c'; for x in \"$@\"; do echo \"[$x]\"; done; shift; echo $# $1",
            0,
            "[a]\n[b c]\n1 b c\n",
        ),
        ("nosuch", 127, "sh: nosuch: not found\n"),
        ("cat /nope", 1, "cat: can't open '/nope': No such file or directory\n"),
        ("set -e; false; echo no", 1, ""),
        ("set -e; false || true; if false; then :; fi; echo yes", 0, "yes\n"),
        ("set -u; echo $nope", 2, "sh: nope: parameter not set\n"),
        ("set -x; echo a b", 0, "+ echo a b\na b\n"),
        ("trap 'echo bye' EXIT; echo hi", 0, "hi\nbye\n"),
        ("echo out; echo err >&2", 0, "out\nerr\n"),
        ("echo x > /dev/null; ls /nope 2>/dev/null; echo $?", 0, "1\n"),
        (
            "ls /nope > /tmp/o 2>&1; cat /tmp/o",
            0,
            "ls: /nope: No such file or directory\n",
        ),
        (
            "export A=1; sh -c 'echo $A'; B=2 sh -c 'echo $B'; echo \"[$B]\"",
            0,
            "1\n2\n[]\n",
        ),
        ("eval 'x=5'; echo $x; unset x; echo [$x]", 0, "5\n[]\n"),
        (
            "for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done",
            0,
            "1\n3\n",
        ),
        (
            "touch /tmp/a.json /tmp/b.json; cd /tmp; echo *.json; echo *.nope",
            0,
            "a.json b.json\n*.nope\n",
        ),
        ("echo a:b:c | { IFS=: read x y; echo $x $y; }", 0, "a b:c\n"),
        ("yes | head -n 2", 0, "y\ny\n"),
        ("echo $((RANDOM % 1)) $((7/2)) $((2**3))", 0, "0 3 8\n"),
        ("{ echo a; echo b; } > /tmp/g; wc -l < /tmp/g", 0, "2\n"),
        ("! true; echo $?", 0, "1\n"),
        ("echo a; fi", 2, "sh: syntax error: unexpected \"fi\"\n"),
        ("x='a b'; set -- $x; echo $#; set -- \"$x\"; echo $#", 0, "2\n1\n"),
        ("hostname; echo $HOSTNAME; date +%Y", 0, "web-0\nweb-0\n2026\n"),
        ("echo hello | sed 's/l/L/g' | grep -o 'L*'", 0, "LL\n"),
        ("echo '  HTTP/1.1 200 OK' | awk '/^  HTTP/{print $2}'", 0, "200\n"),
        ("f() { local x=2; echo $x; }; x=1; f; echo $x", 0, "2\n1\n"),
        ("echo a b c | cut -d' ' -f2; echo abc | cut -c1-2", 0, "b\nab\n"),
        (
            "mkdir -p /a/b/c && ls /a/b && rm -rf /a && ls /a",
            1,
            "c\nls: /a: No such file or directory\n",
        ),
        ("printf 'a\\nb\\n' | xargs echo got", 0, "got a b\n"),
        ("exec 3>/tmp/h; echo to3 >&3; exec 3>&-; cat /tmp/h", 0, "to3\n"),
        ("command -v cat; type cd", 0, "/bin/cat\ncd is a shell builtin\n"),
        (
            "echo -n aGk= | base64 -d; echo; echo hi | base64; echo -n a | md5sum",
            0,
            "hi\naGkK\n0cc175b9c0f1b6a831c399e269772661  -\n",
        ),
        ("a=$(seq 3); echo $a; echo \"$a\" | wc -l", 0, "1 2 3\n3\n"),
        ("i=5; echo $((i++)) $(echo x) $i", 0, "5 x 6\n"),
        ("[ a = a -a 1 -lt 2 ] && [ ! -e /nope ] && echo ok", 0, "ok\n"),
        ("test -n \"$UNSET\" || echo empty", 0, "empty\n"),
        ("echo $0 $$ $PPID", 0, "sh 1 0\n"),
        ("cd /nope", 2, "sh: cd: can't cd to /nope: No such file or directory\n"),
        (
            "echo x > /nope/y; echo $?",
            0,
            "sh: can't create /nope/y: nonexistent directory\n1\n",
        ),
        ("echo data > /proc/1/fd/1", 0, "data\n"),
        ("wait; echo done", 0, "done\n"),
        ("while :; do break; done; echo $?", 0, "0\n"),
        ("find /etc -name host*", 0, "/etc/hostname\n/etc/hosts\n"),
        (
            "echo '#!/bin/sh\necho script $1' > /tmp/s; chmod +x /tmp/s; /tmp/s arg; sh /tmp/s two",
            0,
            "script arg\nscript two\n",
        ),
        ("( exit 7 ); echo $?; sh -c 'kill -9 $$'; echo $?", 0, "7\n137\n"),
    ];
    for (script, code, output) in cases {
        let (got_code, _, got_output) = run(script);
        assert_eq!((got_code, got_output.as_str()), (*code, *output), "script: {script}");
    }
}

#[test]
fn bash_does_more() {
    let cases: &[(&str, i32, &str)] = &[
        ("[[ web-12 =~ -([0-9]+)$ ]] && echo ${BASH_REMATCH[1]}", 0, "12\n"),
        (
            "items=(foo bar baz); echo ${items[1]} ${#items[@]} ${items[@]}",
            0,
            "bar 3 foo bar baz\n",
        ),
        ("a=(1); a+=(2 3); echo ${a[*]}", 0, "1 2 3\n"),
        ("for i in {1..3}; do echo -n $i; done; echo", 0, "123\n"),
        ("for ((i=0; i<3; i++)); do echo -n $i; done; echo", 0, "012\n"),
        ("x=abc; echo ${x^^} ${x:1:1} ${x/b/X}", 0, "ABC b aXc\n"),
        ("[[ -f /nope || abc == a* ]] && echo yes", 0, "yes\n"),
        ("set -o pipefail; false | true; echo $?", 0, "1\n"),
        ("cat <<< \"here $((1+1))\"", 0, "here 2\n"),
        ("nosuch", 127, "bash: line 1: nosuch: command not found\n"),
        ("((2 > 1)) && echo gt", 0, "gt\n"),
        (
            "cat <(echo x)",
            2,
            "bash: line 1: process substitution is not simulated\n",
        ),
        ("x=$(</etc/hostname); echo $x", 0, "web-0\n"),
    ];
    for (script, code, output) in cases {
        let mut bench = Bench::start(spec("bash:5", &["bash", "-c", script]));
        bench.until(60_000);
        assert_eq!(
            (bench.exit().map_or(-1, |(code, _)| code), bench.output().as_str()),
            (*code, *output),
            "script: {script}"
        );
    }
}

#[test]
fn time_passes_where_it_should() {
    let cases: &[(&str, i32, u64)] = &[
        ("sleep 30", 0, 30_000),
        ("sleep 0.5; sleep 1.25", 0, 1_750),
        ("sleep 2 & sleep 5; wait", 0, 5_000),
        ("sleep 5 & sleep 2; wait $!", 0, 5_000),
        ("sleep 2 | sleep 3", 0, 3_000),
        ("x=$(sleep 1; echo a; sleep 1)", 0, 2_000),
        ("timeout 2 sleep 10", 143, 2_000),
        ("sleep 1; exit 42", 42, 1_000),
        ("sleep 10 & sleep 1; kill $!; wait $!; echo $?", 0, 1_000),
        ("trap 'exit 5' TERM; (sleep 1; kill -TERM 1) & wait", 5, 1_000),
        ("sleep 1m", 0, 60_000),
    ];
    for (script, code, millis) in cases {
        let (got_code, at, _) = run(script);
        assert_eq!((got_code, at), (*code, *millis), "script: {script}");
    }
}

#[test]
fn exec_liveness_of_the_documentation() {
    let mut bench = Bench::sh("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600");
    for second in (5..=60).step_by(5) {
        bench.until(second * 1000);
        let result = bench.exec(&["cat", "/tmp/healthy"]);
        let want = if second < 30 {
            (0, "")
        } else {
            (1, "cat: can't open '/tmp/healthy': No such file or directory\n")
        };
        assert_eq!((result.exit_code, result.stderr.as_str()), want, "at {second} s");
    }
    assert_eq!(bench.exit(), None);
    bench.until(700_000);
    assert_eq!(bench.exit(), Some((0, 630_000)));
}

#[test]
fn process_one_and_term() {
    // Script, exit code and milliseconds after a TERM at 1 s and a KILL at 10 s.
    let cases: &[(&[&str], i32, u64)] = &[
        (&["sh", "-c", "sleep 1000"], 137, 10_000),
        (&["sleep", "1000"], 137, 10_000),
        (&["sh", "-c", "exec sleep 1000"], 137, 10_000),
        (&["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"], 0, 1_000),
        (
            &[
                "sh",
                "-c",
                "trap 'echo got; sleep 2; exit 3' TERM; while :; do sleep 1; done",
            ],
            3,
            4_000,
        ),
        (&["sh", "-c", "trap 'exit 0' TERM; sleep 1000"], 137, 10_000),
        (&["tail", "-f", "/dev/null"], 137, 10_000),
        (&["sh", "-c", "trap '' TERM; sleep 4"], 0, 4_000),
    ];
    for (command, code, millis) in cases {
        let mut bench = Bench::start(spec("busybox", command));
        bench.until(1_000);
        bench
            .container
            .signal(Signal::Term, &mut bench.volumes, SimTime(1_000_000_000));
        bench.until(9_999);
        bench
            .container
            .signal(Signal::Kill, &mut bench.volumes, SimTime(10_000_000_000));
        assert_eq!(bench.exit(), Some((*code, *millis)), "{command:?}");
    }
    let mut nginx = Bench::start(spec("nginx:1.27", &[]));
    nginx
        .container
        .signal(Signal::Quit, &mut nginx.volumes, SimTime(5_000_000_000));
    nginx.now = SimTime(5_000_000_000);
    nginx.until(10_000);
    assert_eq!(nginx.exit(), Some((0, 5_100)));
}

#[test]
fn an_empty_dir_outlives_a_container() {
    let mount = Mount {
        path: "/data".into(),
        volume: VolumeId("pod/cache".into()),
        sub_path: "".into(),
        read_only: false,
    };
    let mut volumes = Volumes::default();
    volumes.insert(VolumeId("pod/cache".into()), FileSystem::new(0o777));
    let script = "n=$(cat /data/count 2>/dev/null || echo 0); n=$((n+1)); echo $n > /data/count; echo run $n; ls /tmp; touch /tmp/mine; exit 1";
    for run in 1..4 {
        let mut spec = spec("busybox", &["sh", "-c", script]);
        spec.mounts = vec![mount.clone()];
        let bench = Bench::with_volumes(spec, volumes, SimTime(run));
        assert_eq!(bench.output(), format!("run {run}\n"));
        volumes = bench.volumes;
    }
    let mut read_only = spec(
        "busybox",
        &[
            "sh",
            "-c",
            "cat /data/count; echo x > /data/count; rm /data/count; touch /data/new",
        ],
    );
    read_only.mounts = vec![Mount {
        read_only: true,
        ..mount
    }];
    let bench = Bench::with_volumes(read_only, volumes, SimTime(9));
    let want = "3\nsh: can't create /data/count: Read-only file system\nrm: can't remove '/data/count': Read-only file system\ntouch: /data/new: Read-only file system\n";
    assert_eq!(bench.output(), want);
}

#[test]
fn an_endless_loop_does_not_hang() {
    for script in [
        "while :; do :; done",
        "while true; do true; done",
        "while true; do echo x; done",
        "f() { f; }; f",
        "x=1; while [ $x ]; do x=$((x+1)); done",
    ] {
        let mut bench = Bench::sh(script);
        let wakes = bench.until(600_000);
        assert!(wakes < 1000, "{script} took {wakes} wakes");
        if bench.exit().is_none() {
            assert_eq!(bench.container.cpu_milli(), 1000, "{script}");
            assert_eq!(bench.exec(&["echo", "alive"]).stdout, "alive\n", "{script}");
        }
    }
    // A long but finite computation ends in reasonable time.
    let (code, millis, _) = run("i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done");
    assert!(code == 0 && millis < 2_000, "{code} after {millis} ms");
}

#[test]
fn the_termination_message_is_read() {
    let bench = Bench::sh("echo -n \"bye from a\" > /dev/termination-log; exit 3");
    let exit = bench.container.exit().expect("it ended");
    assert_eq!((exit.code, &*exit.reason, &*exit.message), (3, "Error", "bye from a"));
    let bench = Bench::sh("echo line1; echo line2; exit 4");
    assert_eq!(bench.container.logs().tail(80, 2048), "line1\nline2\n");
}

#[test]
fn what_cannot_start_says_so() {
    let long = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ";
    let cases: &[(&str, &[&str], &str)] = &[
        (
            "busybox:1.36",
            &["nosuchcmd", "--x"],
            "exec: \"nosuchcmd\": executable file not found in $PATH",
        ),
        (
            "busybox:1.36",
            &["/no/such"],
            "exec: \"/no/such\": stat /no/such: no such file or directory",
        ),
        (
            "registry.k8s.io/pause:3.10",
            &["sh"],
            "exec: \"sh\": executable file not found in $PATH",
        ),
        ("nginx", &["/etc/nginx"], "exec: \"/etc/nginx\": permission denied"),
    ];
    for (image, command, want) in cases {
        let image = ImageStore::default().resolve(image).expect("it exists");
        let spec = Rc::new(spec("x", command));
        let error = Container::start(spec, image, &mut Volumes::default(), SimTime::ZERO).expect_err("it cannot start");
        assert_eq!((error.code, error.message), (128, format!("{long}{want}")));
    }
    let mut pause = Bench::start(spec("registry.k8s.io/pause:3.10", &[]));
    let error = pause
        .container
        .exec(&words(&["sh"]), "", &mut pause.volumes, SimTime::ZERO)
        .expect_err("no shell");
    assert_eq!(
        error.message,
        "OCI runtime exec failed: exec failed: unable to start container process: exec: \"sh\": executable file not found in $PATH"
    );
}

#[test]
fn a_slow_exec_is_killed() {
    let mut bench = Bench::sh("sleep 1000");
    let id = bench
        .container
        .exec(
            &words(&["sh", "-c", "echo a; sleep 9"]),
            "",
            &mut bench.volumes,
            SimTime::ZERO,
        )
        .expect("it starts");
    assert_eq!(bench.container.take_exec(id), None);
    bench
        .container
        .kill_exec(id, &mut bench.volumes, SimTime(1_000_000_000));
    let result = bench.container.take_exec(id).expect("it was killed");
    assert_eq!((result.exit_code, result.stdout.as_str()), (137, "a\n"));
    let id = bench
        .container
        .exec(
            &words(&["sh"]),
            "echo from stdin\nexit 4\n",
            &mut bench.volumes,
            SimTime(2_000_000_000),
        )
        .expect("it starts");
    let result = bench.container.take_exec(id).expect("it takes no time");
    assert_eq!((result.exit_code, result.stdout.as_str()), (4, "from stdin\n"));
}

#[test]
fn servers_answer() {
    let status = |bench: &mut Bench, port: u16, path: &str| match bench.container.http(
        &HttpRequest::get("10.244.1.5", port, path),
        &mut bench.volumes,
        bench.now,
    ) {
        HttpOutcome::Reply(reply) => i32::from(reply.status),
        HttpOutcome::Refused => -1,
        HttpOutcome::NoReply => -2,
        HttpOutcome::Eof => -3,
    };
    let mut nginx = Bench::start(spec("nginx:1.27", &[]));
    for (port, path, want) in [(80, "/", 200), (80, "/healthz", 404), (80, "/fail", 500), (81, "/", -1)] {
        assert_eq!(status(&mut nginx, port, path), want, "nginx {port} {path}");
    }
    nginx.exec(&["sh", "-c", "echo ok > /usr/share/nginx/html/healthz"]);
    assert_eq!(status(&mut nginx, 80, "/healthz"), 200);
    nginx.exec(&["nginx", "-s", "quit"]);
    nginx.until(1_000);
    assert_eq!(nginx.exit().map(|(code, _)| code), Some(0));

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

#[test]
fn pi_takes_a_while() {
    let mut bench = Bench::start(spec(
        "perl:5.34.0",
        &["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"],
    ));
    bench.until(60_000);
    assert!(bench.output().starts_with("3.14159265358979"));
    assert_eq!(bench.exit(), Some((0, 5_000)));
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut bench = Bench::sh("for i in 1 2 3; do echo $i; sleep 1; done");
    bench.until(1_500);
    let (container, volumes) = (bench.container.clone(), bench.volumes.clone());
    bench.until(10_000);
    let mut second = Bench {
        container,
        volumes,
        now: SimTime(1_500_000_000),
    };
    assert_eq!(second.output(), "1\n2\n");
    second.until(10_000);
    assert_eq!((second.output(), second.exit()), (bench.output(), bench.exit()));
}

#[test]
fn no_script_brings_it_down() {
    use super::tools::TOOLS;
    use crate::sim::Stream;
    const PIECES: &[&str] = &[
        "if",
        "then",
        "fi",
        "else",
        "for",
        "i",
        "in",
        "do",
        "done",
        "while",
        "case",
        "esac",
        "{",
        "}",
        "(",
        ")",
        "((",
        "))",
        ";",
        ";;",
        "&",
        "&&",
        "||",
        "|",
        "!",
        "\n",
        ">",
        ">>",
        "<",
        "<<E",
        "2>&1",
        "&>",
        "$x",
        "${x:-y}",
        "${x%%*}",
        "$(",
        "`",
        "'",
        "\"",
        "\\",
        "$((",
        "1",
        "-1",
        "0",
        "+",
        "é",
        "日本",
        "*",
        "[a-",
        "a=b",
        "x=$(echo 1)",
        "/tmp/f",
        "/nope",
        "-n",
        "-c",
        "-",
        "--",
        "-e",
        "-f",
        "s/a/b/",
        "{print $1}",
        "=~",
        "[[",
        "]]",
        "[",
        "]",
        "-eq",
        "trap",
        "exit",
        "return",
        "break",
        "eval",
        "set",
        "-x",
        "shift",
        "read",
        "exec",
        "wait",
        "local",
        "export",
        "E",
        "u+x",
        "é+é",
        "1,2p",
        "bs=1M",
        "if=/dev/zero",
        "count=2",
        "http://a/é",
        "+%é%N",
        "%5.3s",
        "%*d",
        "${é}",
        "${#x}",
        "$é",
        "\t",
        "999999999999999999999",
        "y/é/a/",
        "-9",
        "$$",
        "%1",
    ];
    let mut random = Stream::new(11, &["runtime", "fuzz"]);
    let mut pick = |count: usize| usize::try_from(random.below(count as u64)).unwrap_or(0);
    for round in 0..12000 {
        let mut script = String::new();
        for _ in 0..=pick(12) {
            let piece = if pick(3) == 0 {
                TOOLS[pick(TOOLS.len())].0
            } else {
                PIECES[pick(PIECES.len())]
            };
            script.push_str(piece);
            if pick(4) > 0 {
                script.push(' ');
            }
        }
        let shell = ["busybox", "bash:5"][round % 2];
        let mut bench = Bench::start(spec(
            shell,
            &[if round % 2 == 0 { "sh" } else { "bash" }, "-c", &script],
        ));
        assert!(bench.until(3_000) < 2_000, "script: {script}");
        let mut command = vec![TOOLS[pick(TOOLS.len())].0];
        command.extend((0..pick(4)).map(|_| PIECES[pick(PIECES.len())]));
        let quoted: Vec<String> = command.iter().map(|word| format!("'{}'", word.replace('\'', ""))).collect();
        let script = format!("printf 'é日本\\nb 2\\n\\n' | {}", quoted.join(" "));
        let mut bench = Bench::start(spec("some/image", &["sh", "-c", &script]));
        assert!(bench.until(3_000) < 2_000, "script: {script}");
    }
}
