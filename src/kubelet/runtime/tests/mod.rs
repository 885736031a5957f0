//! Containers on virtual time: the bench that drives one.

mod limits;
mod scripts;
mod servers;

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
