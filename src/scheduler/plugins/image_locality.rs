//! Prefers nodes that have the pod's images.
// Models pkg/scheduler/framework/plugins/imagelocality/image_locality.go.

use std::rc::Rc;

use crate::api::core::{Pod, Volume};
use crate::scheduler::cache::{Cache, ImageState, NodeInfo, PodInfo};
use crate::scheduler::framework::{Handle, MAX_NODE_SCORE, Plugin, PluginName, Score};

/// The plugin.
pub(super) struct ImageLocality;

/// Bytes of images below which a node gets no score.
const MIN_THRESHOLD: i64 = 23 * 1024 * 1024;
/// Bytes of images a container above which a node gets no higher score.
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * 1024 * 1024;

struct Images {
    /// The images that some node has, each with what it is worth there.
    images: Vec<(ImageState, i64)>,
    max_threshold: i64,
}

impl Plugin for ImageLocality {
    fn name(&self) -> PluginName {
        PluginName::ImageLocality
    }

    fn pre_score(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        let total = handle.cache.order().len();
        let containers = pod.pod.spec.containers.len() + pod.pod.spec.init_containers.len();
        let containers = i64::try_from(containers).expect("a pod has fewer containers than that");
        let images = worth(handle.cache, &pod.pod, total);
        Some(Box::new(Images {
            images,
            max_threshold: MAX_CONTAINER_THRESHOLD * containers,
        }))
    }
}

impl Score for Images {
    // Models imagelocality calculatePriority.
    fn score(&self, node: &NodeInfo) -> i64 {
        if self.max_threshold <= MIN_THRESHOLD {
            return 0;
        }
        let sum: i64 = self
            .images
            .iter()
            .filter(|(image, _)| image.is_on(node.id))
            .map(|(_, worth)| worth)
            .sum();
        let sum = sum.max(MIN_THRESHOLD).min(self.max_threshold);
        MAX_NODE_SCORE * (sum - MIN_THRESHOLD) / (self.max_threshold - MIN_THRESHOLD)
    }
}

/// The pod's images that some node has.
// Models imagelocality sumImageScores.
fn worth(cache: &Cache, pod: &Pod, total: usize) -> Vec<(ImageState, i64)> {
    let containers = pod
        .spec
        .init_containers
        .iter()
        .chain(pod.spec.containers.iter())
        .map(|container| &*container.image);
    let volumes = pod.spec.volumes.iter().filter_map(image_of_volume);
    let names = containers.chain(volumes).map(full_name);
    let states = names.filter_map(|name| cache.images().get(&name).cloned());
    states.map(|state| (state.clone(), scaled(&state, total))).collect()
}

fn image_of_volume(volume: &Volume) -> Option<&str> {
    volume.image.as_ref().map(|image| &*image.reference)
}

/// The size, scaled down where few nodes have the image, so that pods do not all go there.
///
/// In the floating point of upstream, whose rounding shows in the score; each step is exact by IEEE 754.
// Models imagelocality scaledImageScore.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "bit for bit as upstream, and not stored"
)]
fn scaled(image: &ImageState, total: usize) -> i64 {
    let spread = f64::from(image.nodes) / total as f64;
    (image.size as f64 * spread) as i64
}

/// The name with `:latest` where it has no tag.
// Models imagelocality normalizedImageName.
fn full_name(name: &str) -> String {
    if name.rfind(':') <= name.rfind('/') {
        format!("{name}:latest")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_tag_mean_latest() {
        for (name, want) in [
            ("nginx", "nginx:latest"),
            ("nginx:1.25", "nginx:1.25"),
            ("host:5000/nginx", "host:5000/nginx:latest"),
            ("host:5000/nginx:1", "host:5000/nginx:1"),
        ] {
            assert_eq!(full_name(name), want);
        }
    }
}
