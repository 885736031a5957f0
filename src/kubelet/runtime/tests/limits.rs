//! Nothing hangs, nothing panics.

use super::*;
use crate::kubelet::runtime::tools::TOOLS;
use crate::sim::Stream;

/// What scripts and arguments are thrown together from.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "if", "then", "fi", "else", "for", "i", "in", "do", "done", "while", "case", "esac", "{", "}", "(", ")", "((",
    "))", ";", ";;", "&", "&&", "||", "|", "!", "\n", ">", ">>", "<", "<<E", "2>&1", "&>", "$x", "${x:-y}", "${x%%*}",
    "$(", "`", "'", "\"", "\\", "$((", "1", "-1", "0", "+", "é", "日本", "*", "[a-", "a=b", "x=$(echo 1)", "/tmp/f",
    "/nope", "-n", "-c", "-", "--", "-e", "-f", "s/a/b/", "{print $1}", "=~", "[[", "]]", "[", "]", "-eq", "trap",
    "exit", "return", "break", "eval", "set", "-x", "shift", "read", "exec", "wait", "local", "export", "E", "u+x",
    "é+é", "1,2p", "bs=1M", "if=/dev/zero", "count=2", "http://a/é", "+%é%N", "%5.3s", "%*d", "${é}", "${#x}", "$é",
    "\t", "999999999999999999999", "y/é/a/", "-9", "$$", "%1",
];

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
        let wakes = bench.until(120_000);
        assert!(wakes < 250, "{script} took {wakes} wakes");
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
fn no_script_brings_it_down() {
    let mut random = Stream::new(11, &["runtime", "fuzz"]);
    let mut pick = |count: usize| usize::try_from(random.below(count as u64)).unwrap_or(0);
    for round in 0..400 {
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
        let quoted: Vec<String> = command
            .iter()
            .map(|word| format!("'{}'", word.replace('\'', "")))
            .collect();
        let script = format!("printf 'é日本\\nb 2\\n\\n' | {}", quoted.join(" "));
        let mut bench = Bench::start(spec("some/image", &["sh", "-c", &script]));
        assert!(bench.until(3_000) < 2_000, "script: {script}");
    }
}

#[test]
fn less_of_a_core_makes_the_same_work_take_longer() {
    let busy = |cpu_limit_milli: u32| {
        let script = "i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done";
        let mut bench = Bench::start(ContainerSpec {
            cpu_limit_milli,
            ..spec("busybox:1.36", &["sh", "-c", script])
        });
        let used = bench.container.cpu_milli();
        bench.until(60_000);
        (used, bench.exit().expect("it ends").1)
    };
    let (whole, quick) = busy(0);
    let (part, slow) = busy(250);
    assert_eq!((whole, part), (1000, 250));
    assert!(slow > quick, "{slow:?} and {quick:?}");
}

#[test]
fn a_port_of_the_pod_is_given_once() {
    let cases = [
        (
            "nginx:1.27",
            "bind() to 0.0.0.0:80 failed (98: Address already in use)",
            80,
        ),
        ("redis:7", "bind: Address already in use", 6379),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", "", 1),
    ];
    for (image, told, port) in cases {
        let mut bench = Bench::start(ContainerSpec {
            taken_ports: vec![port],
            ..spec(image, &[])
        });
        bench.until(5_000);
        let log = bench.output();
        assert!(log.contains(told), "{image}: {log}");
        assert_eq!(bench.exit().is_some(), !told.is_empty(), "{image}");
    }
}
