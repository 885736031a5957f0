//! The only place that knows all components.

use crate::client::{Component, ComponentId};
use crate::controller::daemon::DaemonSetsController;
use crate::controller::deployment::DeploymentController;
use crate::controller::disruption::DisruptionController;
use crate::controller::endpoint::EndpointController;
use crate::controller::endpointslice::EndpointSliceController;
use crate::controller::garbagecollector::GarbageCollector;
use crate::controller::namespace::NamespaceController;
use crate::controller::nodelifecycle::NodeLifecycleController;
use crate::controller::podautoscaler::HorizontalController;
use crate::controller::podgc::PodGcController;
use crate::controller::replicaset::ReplicaSetController;
use crate::controller::serviceaccount::ServiceAccountsController;
use crate::controller::statefulset::StatefulSetController;
use crate::controller::tainteviction::TaintEvictionController;
use crate::scheduler::Scheduler;

macro_rules! components {
    ($( $number:literal $field:ident: $type:ty ),* $(,)?) => {
        /// Every component of the cluster, under a number of its own.
        #[derive(Clone, Debug, Default)]
        pub(super) struct Components {
            $( pub(super) $field: $type, )*
        }

        impl Components {
            /// The numbers of all components, in the order in which they start.
            pub(super) const IDS: &'static [ComponentId] = &[$( ComponentId($number) ),*];

            /// The component of that number.
            pub(super) fn get(&self, id: ComponentId) -> &dyn Component {
                match id.0 {
                    $( $number => &self.$field, )*
                    other => unreachable!("no component has the number {other}"),
                }
            }

            /// The component of that number, to act.
            pub(super) fn get_mut(&mut self, id: ComponentId) -> &mut dyn Component {
                match id.0 {
                    $( $number => &mut self.$field, )*
                    other => unreachable!("no component has the number {other}"),
                }
            }
        }
    };
}

impl Components {
    /// The number of the autoscaler, before whose turns the metrics are measured.
    pub(super) const AUTOSCALER: u8 = 32;
}

components! {
    1 scheduler: Scheduler,
    2 kubelet: crate::kubelet::Kubelets,
    20 replicaset: ReplicaSetController,
    21 deployment: DeploymentController,
    22 endpointslice: EndpointSliceController,
    23 namespace: NamespaceController,
    24 garbagecollector: GarbageCollector,
    25 serviceaccount: ServiceAccountsController,
    26 podgc: PodGcController,
    27 nodelifecycle: NodeLifecycleController,
    28 tainteviction: TaintEvictionController,
    29 daemon: DaemonSetsController,
    30 statefulset: StatefulSetController,
    31 disruption: DisruptionController,
    32 podautoscaler: HorizontalController,
    40 endpoint: EndpointController,
    43 job: crate::controller::job::JobController,
    44 cronjob: crate::controller::cronjob::CronJobController,
    45 ttlafterfinished: crate::controller::ttlafterfinished::TtlAfterFinishedController,
    46 gateway: crate::controller::gateway::GatewayController,
    50 volume_binder: crate::storage::PersistentVolumeController,
    51 storage_protection: crate::storage::ProtectionController,
    52 provisioners: crate::storage::Provisioners,
    53 ephemeral: crate::storage::EphemeralController,
    54 attachdetach: crate::storage::AttachDetachController,
    60 ingress: crate::network::IngressController,
    61 cloud: crate::network::CloudController,
}
