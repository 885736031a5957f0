//! Runs the engine over a folder of facts: `kubarium-conformance DATA [--scenario NAME-OR-SUBJECT --diff] [--set-floors]`.
//!
//! Prints the table, writes `target/conformance.json`, and fails where a subject falls below its floor. The floors hold
//! for the data of `KUBARIUM_SHARED`: on another folder they are not looked at.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a command line: it reads files and the clock, prints, and runs on all cores"
)]

use kubarium::sim::btree::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kubarium::conformance::{Budget, Case, Job, Verdict, jobs, report};
use lexopt::prelude::*;

const FLOORS: &str = "tests/conformance_floors.txt";
const OUTPUT: &str = "target/conformance.json";
/// Events and time that one case may take.
const EVENTS: u64 = 3_000_000;
const TIME: Duration = Duration::from_secs(180);

#[derive(Default)]
struct Args {
    data: PathBuf,
    scenario: Option<String>,
    diff: bool,
    set_floors: bool,
}

fn args() -> Result<Args, lexopt::Error> {
    let mut args = Args::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("scenario") => args.scenario = Some(parser.value()?.string()?),
            Long("diff") => args.diff = true,
            Long("set-floors") => args.set_floors = true,
            Value(folder) if args.data.as_os_str().is_empty() => args.data = folder.into(),
            _ => return Err(arg.unexpected()),
        }
    }
    if args.data.as_os_str().is_empty() {
        return Err("usage: kubarium-conformance DATA [--scenario NAME-OR-SUBJECT --diff] [--set-floors]".into());
    }
    Ok(args)
}

/// The texts of a folder, by path relative to `root`. What is no text is left out.
fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            read(root, &path, files);
        } else if let (Ok(name), Ok(text)) = (path.strip_prefix(root), fs::read_to_string(&path)) {
            files.insert(name.to_string_lossy().replace('\\', "/"), text);
        }
    }
}

/// Runs `work` on each job, on as many threads as there are cores, and keeps the order of the jobs.
fn run_all<T: Send>(jobs: &[Job], work: impl Fn(&Job) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let worker = || {
                while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < jobs.len()) {
                    let result = work(&jobs[index]);
                    done.lock()
                        .expect("no worker panics with the lock")
                        .push((index, result));
                }
            };
            let stack = std::thread::Builder::new().stack_size(64 << 20);
            stack.spawn_scoped(scope, worker).expect("a thread starts");
        }
    });
    let mut done = done.into_inner().expect("no worker panics with the lock");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn run(job: &Job) -> Case {
    let start = Instant::now();
    let expired = || start.elapsed() > TIME;
    let case = job.run(Budget {
        events: EVENTS,
        expired: &expired,
    });
    if start.elapsed() > Duration::from_secs(5) {
        eprintln!("{} {}: {:.1} s", case.file, case.id, start.elapsed().as_secs_f32());
    }
    case
}

fn same_folder(a: &Path, b: Option<std::ffi::OsString>) -> bool {
    b.and_then(|b| fs::canonicalize(b).ok())
        .is_some_and(|b| fs::canonicalize(a).is_ok_and(|a| a == b))
}

fn main() -> ExitCode {
    let args = match args() {
        Ok(args) => args,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut files = BTreeMap::new();
    read(&args.data, &args.data, &mut files);
    let mut jobs = jobs(&files);
    drop(files);
    if jobs.is_empty() {
        eprintln!("{}: no vectors, corpus or oracle there", args.data.display());
        return ExitCode::from(2);
    }
    // Panics are caught and told as failures.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(name) = &args.scenario {
        jobs.retain(|job| job.id == *name || job.group == *name);
    }
    let cases = run_all(&jobs, run);
    let counts = report::counts(&cases);
    print!("{}", report::table(&counts));
    for case in cases.iter().filter(|case| args.diff && case.verdict == Verdict::Failed) {
        println!("\n{} {}: {}", case.file, case.id, case.why);
    }
    if let Err(error) = fs::create_dir_all("target").and_then(|()| fs::write(OUTPUT, report::json(&cases).to_string()))
    {
        eprintln!("{OUTPUT}: {error}");
        return ExitCode::from(2);
    }
    if args.set_floors && fs::write(FLOORS, report::floors(&counts)).is_err() {
        eprintln!("{FLOORS} cannot be written");
        return ExitCode::from(2);
    }
    let fallen = if same_folder(&args.data, std::env::var_os("KUBARIUM_SHARED")) && args.scenario.is_none() {
        report::fallen(&counts, &fs::read_to_string(FLOORS).unwrap_or_default())
    } else {
        Vec::new()
    };
    for line in &fallen {
        eprintln!("below its floor: {line}");
    }
    ExitCode::from(u8::from(!fallen.is_empty()))
}
