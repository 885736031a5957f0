//! What all nodes share: images of the registries, volumes that outlive pods, and what a scenario says of containers.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use super::mounts::Shared;
use super::runtime::{Behaviour, ImageStore};
use crate::api::Str;
use crate::api::core::{Container, Pod};
use crate::sim::Duration;

/// What a scenario says of the containers that it matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehaviourRule {
    /// The image; `*` stands for any text. None matches all.
    pub image: Option<Str>,
    /// Labels of the pod.
    pub labels: Vec<(Str, Str)>,
    /// Name of the container.
    pub container: Option<Str>,
    /// What they do.
    pub behaviour: Behaviour,
}

impl BehaviourRule {
    fn has_image(&self, image: &str) -> bool {
        self.image.as_ref().is_none_or(|pattern| matches(pattern, image))
    }

    fn covers(&self, pod: &Pod, container: &Container) -> bool {
        self.has_image(&container.image)
            && self.container.as_ref().is_none_or(|name| *name == container.name)
            && self
                .labels
                .iter()
                .all(|(key, value)| pod.meta.label(key) == Some(value))
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    (0..=text.len())
        .filter(|at| text.is_char_boundary(*at))
        .any(|at| matches(rest, &text[at..]))
}

/// What all nodes share.
#[derive(Clone, Debug, Default)]
pub(super) struct Stock {
    pub(super) catalogue: ImageStore,
    pub(super) volumes: Shared,
    pub(super) rules: Rules,
    /// File servers that do not answer.
    pub(super) down: BTreeSet<Str>,
}

/// What a scenario says of containers: the first rule that matches counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(pub(super) Rc<[BehaviourRule]>);

impl Rules {
    /// What the scenario says of a container.
    pub(super) fn behaviour(&self, pod: &Pod, container: &Container) -> Option<Behaviour> {
        self.0
            .iter()
            .find(|rule| rule.covers(pod, container))
            .map(|rule| rule.behaviour.clone())
    }

    /// How long the pull of an image takes, where the scenario says so.
    pub(super) fn pull_time(&self, image: &str) -> Option<Duration> {
        let of_image = |rule: &&BehaviourRule| rule.image.is_some() && rule.has_image(image);
        self.0.iter().filter(of_image).find_map(|rule| rule.behaviour.pull)
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        let cases = [
            ("shop/api:v2*", "shop/api:v2.1", true),
            ("shop/api:v2*", "shop/api:v1", false),
            ("*redis*", "docker.io/redis:7", true),
            ("nginx", "nginx", true),
            ("nginx", "nginx:1", false),
            ("*", "", true),
        ];
        for (pattern, text, want) in cases {
            assert_eq!(matches(pattern, text), want, "{pattern} on {text}");
        }
    }
}
