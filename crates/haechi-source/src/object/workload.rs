//! Workloads: the templates of pods, and how many pods they stand for.

use haechi_model::cluster::WorkloadKind;
use haechi_model::decode::Fields;
use haechi_model::object::ObjectMeta;
use haechi_model::{Labels, Name, Node};

use super::{Declared, Fingerprint, PodSpec, Reader, evidence, fields};

/// An object that makes pods.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) kind: WorkloadKind,
    pub(crate) owner: Option<Owner>,
    pub(crate) labels: Labels,
    pub(crate) spec: PodSpec,
    /// How many pods it asks for; `None` for a DaemonSet whose status says nothing: one on each node.
    pub(crate) count: Option<u32>,
    /// Whether it will never have pods again: a Job that has ended.
    pub(crate) finished: bool,
}

/// The object that made another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub(crate) kind: Name,
    pub(crate) name: Name,
}

impl Owner {
    /// The owner that controls the object, else the first that is named.
    pub(crate) fn of(meta: &ObjectMeta) -> Option<Self> {
        let owner = meta.owners.iter().find(|o| o.controller).or(meta.owners.first())?;
        Some(Self {
            kind: owner.kind.clone(),
            name: owner.name.clone(),
        })
    }
}

impl Reader<'_> {
    pub(super) fn template(&mut self, node: Node<'_>, kind: WorkloadKind) {
        let words = words(&kind);
        let Some(mut fields) = Fields::of(node, words.object, &mut self.decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        let meta = ObjectMeta::read(&mut fields, &mut self.decoder);
        let spec = fields.required("spec", &mut self.decoder);
        let status = fields.field("status");
        fields.finish(&mut self.decoder);
        let job = match kind {
            WorkloadKind::CronJob => spec.and_then(|spec| self.job_template(spec)),
            _ => spec,
        };
        let Some(job) = job else { return };
        let inner = if kind == WorkloadKind::CronJob {
            self::words(&WorkloadKind::Job)
        } else {
            words
        };
        let pods = self.replicated(job, &kind, inner);
        let (Some(meta), Some((labels, pod, count))) = (meta, pods) else {
            return;
        };
        let namespace = self.namespace_of(&meta);
        if kind == WorkloadKind::DaemonSet {
            evidence::of_daemon_set(&namespace, &meta, job, &mut self.objects.evidence);
        }
        let labels = if kind == WorkloadKind::Job {
            self.job_labels(labels, &meta.name)
        } else {
            labels
        };
        self.objects.templates.push(Declared {
            namespace,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what: Template {
                owner: Owner::of(&meta),
                labels,
                spec: pod,
                count: status.and_then(|s| scheduled(&kind, s)).or(count),
                finished: kind == WorkloadKind::Job && status.is_some_and(has_ended),
                kind,
            },
            name: meta.name,
        });
    }

    /// The spec of a CronJob's Jobs.
    fn job_template<'d>(&mut self, spec: Node<'d>) -> Option<Node<'d>> {
        let decoder = &mut self.decoder;
        let mut fields = Fields::of(spec, "a CronJob's spec", decoder)?;
        let template = fields.required("jobTemplate", decoder);
        fields.ignore(fields::CRON_JOB_SPEC);
        fields.finish(decoder);
        let mut fields = Fields::of(template?, "a Job's template", decoder)?;
        if let Some(meta) = fields.field("metadata") {
            ObjectMeta::of(meta, decoder);
        }
        let spec = fields.required("spec", decoder);
        fields.finish(decoder);
        spec
    }

    /// The labels and the spec of a template's pods, and how many there are.
    fn replicated(
        &mut self,
        spec: Node<'_>,
        kind: &WorkloadKind,
        words: Words,
    ) -> Option<(Labels, PodSpec, Option<u32>)> {
        let decoder = &mut self.decoder;
        let mut fields = Fields::of(spec, words.spec, decoder)?;
        let template = fields.required("template", decoder);
        let selector = fields.field("selector");
        let mut number = |key| {
            let count = decoder.integer(fields.field(key)?, 0, i64::from(i32::MAX))?;
            u32::try_from(count).ok()
        };
        let count = words.count.map(|key| {
            let count = number(key).unwrap_or(1);
            // A Job has never more pods at a time than are left to complete.
            let most = (key == PARALLELISM).then(|| number("completions")).flatten();
            most.map_or(count, |most| count.min(most))
        });
        fields.ignore(words.fields);
        fields.finish(decoder);
        match (kind, selector) {
            (_, None) => {}
            (WorkloadKind::ReplicationController, Some(selector)) => {
                decoder.labels(selector);
            }
            (_, Some(selector)) => {
                decoder.label_selector(selector);
            }
        }
        let mut fields = Fields::of(template?, "a pod template", decoder)?;
        let labels = fields
            .field("metadata")
            .and_then(|n| ObjectMeta::of(n, decoder))
            .map(|meta| meta.labels)
            .unwrap_or_default();
        let spec = fields.required("spec", decoder);
        fields.finish(decoder);
        Some((labels, self.pod_spec(spec?)?, count))
    }

    /// The labels that the Job controller adds to each pod, also where the manifest leaves them out.
    fn job_labels(&mut self, labels: Labels, job: &Name) -> Labels {
        let keys = ["batch.kubernetes.io/job-name", "job-name"];
        keys.into_iter().fold(labels, |labels, key| {
            let key = self.decoder.intern(key);
            labels.with(key, job.clone())
        })
    }
}

/// How many pods a status says there should be.
fn scheduled(kind: &WorkloadKind, status: Node<'_>) -> Option<u32> {
    if *kind != WorkloadKind::DaemonSet {
        return None;
    }
    match status.field("desiredNumberScheduled")?.bare()? {
        haechi_model::document::Bare::Integer(count) => u32::try_from(count).ok(),
        _ => None,
    }
}

/// Whether a Job's status says that it is complete or has failed.
fn has_ended(status: Node<'_>) -> bool {
    let text = |node: Option<Node<'_>>, among: &[&str]| {
        node.and_then(Node::scalar)
            .is_some_and(|(text, _)| among.contains(&text))
    };
    let conditions = status.field("conditions").and_then(Node::items).into_iter().flatten();
    let mut ends = conditions.filter(|c| text(c.field("type"), &["Complete", "Failed"]));
    ends.any(|c| text(c.field("status"), &["True"]))
}

/// How many pods of a Job run at a time.
const PARALLELISM: &str = "parallelism";

/// How a kind is written and spoken of.
#[derive(Clone, Copy, Debug)]
struct Words {
    object: &'static str,
    spec: &'static str,
    /// The field that says how many pods there are.
    count: Option<&'static str>,
    fields: &'static [&'static str],
}

fn words(kind: &WorkloadKind) -> Words {
    let (object, spec, count, fields): (_, _, _, &[&str]) = match kind {
        WorkloadKind::CronJob => ("a CronJob", "a CronJob's spec", None, fields::CRON_JOB_SPEC),
        WorkloadKind::DaemonSet => ("a DaemonSet", "a DaemonSet's spec", None, fields::DAEMON_SET_SPEC),
        WorkloadKind::Deployment => (
            "a Deployment",
            "a Deployment's spec",
            Some("replicas"),
            fields::DEPLOYMENT_SPEC,
        ),
        WorkloadKind::Job => ("a Job", "a Job's spec", Some(PARALLELISM), fields::JOB_SPEC),
        WorkloadKind::ReplicaSet => (
            "a ReplicaSet",
            "a ReplicaSet's spec",
            Some("replicas"),
            fields::REPLICA_SET_SPEC,
        ),
        WorkloadKind::ReplicationController => (
            "a ReplicationController",
            "a ReplicationController's spec",
            Some("replicas"),
            fields::REPLICA_SET_SPEC,
        ),
        WorkloadKind::StatefulSet => (
            "a StatefulSet",
            "a StatefulSet's spec",
            Some("replicas"),
            fields::STATEFUL_SET_SPEC,
        ),
        WorkloadKind::Pod | WorkloadKind::Other(_) => ("an object", "a spec", None, &[]),
    };
    Words {
        object,
        spec,
        count,
        fields,
    }
}
