//! Cases of the CronJob controller.

use serde_json::{Value, json};

use super::world::{World, now_ns};
use super::{compare, decode, unknown};
use crate::api::batch::{CronJob, Job};
use crate::api::core::Container;
use crate::api::meta::ObjectReference;
use crate::api::time::Time;
use crate::api::{Resource, Str};
use crate::apiserver::{Key, Verb};
use crate::controller::cronjob::{Clock, CronJobController, Missed};
use crate::controller::owners::controller_ref;
use crate::sim::Duration;

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    match function {
        "sync" => sync(case),
        "mostRecentSchedule" => most_recent(case),
        "nextScheduleDelay" => {
            let job = flat(&case["cronJob"])?;
            let wait = Clock::of(&job)?.wait(&job, now_ns(case)?);
            compare("seconds", &case["expect"]["seconds"], &seconds(wait))
        }
        _ => Err(unknown(function)),
    }
}

/// Seconds, with a fraction where there is one.
fn seconds(wait: Duration) -> Value {
    let (whole, tenths) = (wait.0 / 1_000_000_000, wait.0 / 100_000_000 % 10);
    let text = if tenths == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{tenths}")
    };
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// A CronJob whose fields of metadata, spec and status are given side by side.
fn flat(value: &Value) -> Result<CronJob, String> {
    let time = |name: &str| value[name].as_str().map(Time::parse).transpose();
    let mut job = CronJob::default();
    job.meta.creation_timestamp = time("creationTimestamp")?;
    job.spec.schedule = value["schedule"].as_str().unwrap_or_default().into();
    job.spec.time_zone = value["timeZone"].as_str().map(Str::from);
    job.spec.starting_deadline_seconds = value["startingDeadlineSeconds"].as_i64();
    job.status.last_schedule_time = time("lastScheduleTime")?;
    Ok(job)
}

fn most_recent(case: &Value) -> Result<(), String> {
    let job = flat(&case["cronJob"])?;
    let with_deadline = case["honourDeadline"] == true;
    let now = Time(now_ns(case)?.div_euclid(1_000_000_000));
    let recent = Clock::of(&job)?.recent(&job, now, with_deadline);
    let expect = &case["expect"];
    let Ok(recent) = recent else {
        return compare("error", &expect["error"], &json!(true));
    };
    let missed = match recent.missed {
        Missed::None => "none",
        Missed::Few => "few",
        Missed::Many => "many",
    };
    compare("earliest", &expect["earliest"], &json!(recent.earliest.to_string()))?;
    let start = recent.start.map(|start| start.to_string());
    compare("mostRecent", &expect["mostRecent"], &json!(start))?;
    compare("missed", &expect["missed"], &json!(missed))
}

fn texts(list: &Value) -> Vec<Str> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(Str::from).collect()
}

/// The CronJob of a case, which names its active Jobs, as the API has it.
fn cron_job(case: &Value) -> Result<CronJob, String> {
    let mut value = case["cronJob"].clone();
    let active = texts(&value["status"]["active"]);
    value["status"]["active"] = Value::Null;
    let mut job: CronJob = decode(&value)?;
    job.meta.uid = "cron".into();
    let reference = |name: Str| ObjectReference {
        namespace: "default".into(),
        uid: name.clone(),
        name,
        ..ObjectReference::default()
    };
    job.status.active = active.into_iter().map(reference).collect();
    let template = std::rc::Rc::make_mut(&mut job.spec.job_template.spec.template.spec);
    if template.containers.is_empty() {
        template.restart_policy = "Never".into();
        template.containers = [Container {
            name: "main".into(),
            image: "busybox".into(),
            ..Container::default()
        }]
        .into();
    }
    Ok(job)
}

/// One sync of a CronJob and the Jobs that are its own.
fn sync(case: &Value) -> Result<(), String> {
    let mut world = World::new(now_ns(case)?)?;
    let mut cron = cron_job(case)?;
    let key = Key::new("default", &cron.meta.name);
    let mut jobs = Vec::new();
    for value in case["jobs"].as_array().into_iter().flatten() {
        let mut job: Job = decode(value)?;
        job.meta.owner_references = [controller_ref(&cron)].into();
        job.meta.uid = job.meta.name.clone();
        jobs.push(job);
    }
    // A Job that runs and is not called active: the case gives an older copy of the CronJob, the API knows better.
    let is_active = |name: &Str| cron.status.active.iter().any(|job| job.name == *name);
    let running = jobs.iter().filter(|job| job.status.finished().is_none());
    let newer: Vec<Str> = running
        .map(|job| job.meta.name.clone())
        .filter(|name| !is_active(name))
        .collect();
    let newer_active = newer.iter().map(|name| ObjectReference {
        namespace: "default".into(),
        uid: name.clone(),
        name: name.clone(),
        ..ObjectReference::default()
    });
    cron.status.active = cron.status.active.iter().cloned().chain(newer_active).collect();
    world.load(cron)?;
    for job in jobs {
        world.load(job)?;
    }
    let result = CronJobController::default().look(&mut world.ctx(), &key);
    check(
        &case["expect"],
        &world,
        &key,
        &newer,
        result.map_err(|error| error.message),
    )
}

fn check(
    expect: &Value,
    world: &World,
    key: &Key,
    newer: &[Str],
    result: Result<Option<Duration>, String>,
) -> Result<(), String> {
    compare("error", &expect["error"], &json!(result.is_err()))?;
    let created = world.created::<Job>().map(|job| json!(&*job.meta().name));
    compare("created", &expect["created"], &created.collect())?;
    let gone = world
        .changes()
        .filter(|change| change.verb == Verb::Deleted && change.object.kind() == Job::KIND);
    compare("deletedCount", &expect["deletedCount"], &json!(gone.count()))?;
    let cron = world.api().get_key::<CronJob>(key).ok_or("the CronJob is gone")?;
    let active = cron.status.active.iter().filter(|job| !newer.contains(&job.name));
    compare(
        "active",
        &expect["active"],
        &active.map(|job| json!(&*job.name)).collect(),
    )?;
    let time = |time: Option<Time>| json!(time.map(|time| time.to_string()));
    compare(
        "lastScheduleTime",
        &expect["lastScheduleTime"],
        &time(cron.status.last_schedule_time),
    )?;
    compare(
        "lastSuccessfulTime",
        &expect["lastSuccessfulTime"],
        &time(cron.status.last_successful_time),
    )?;
    let wait = result.ok().flatten().map_or(Value::Null, seconds);
    compare("requeueSeconds", &expect["requeueSeconds"], &wait)
}
