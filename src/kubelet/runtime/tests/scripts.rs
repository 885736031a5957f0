//! Scripts and their outcome.

use std::rc::Rc;

use super::*;

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
