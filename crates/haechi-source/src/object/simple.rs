//! Objects of which little more than the metadata counts: namespaces, nodes, service accounts.

use haechi_model::AddressRange;
use haechi_model::cluster::ClusterNode;
use haechi_model::decode::Fields;
use haechi_model::object::ObjectMeta;
use haechi_model::{Name, Node};

use super::{Declared, Fingerprint, Reader, fields};

impl Reader<'_> {
    pub(super) fn namespace(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "a Namespace", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        fields.ignore(&["spec", "status"]);
        let meta = ObjectMeta::read(&mut fields, decoder);
        fields.finish(decoder);
        let Some(meta) = meta else { return };
        self.objects.namespaces.push(Declared {
            namespace: Name::default(),
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what: meta.labels,
        });
    }

    pub(super) fn node(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "a Node", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        let meta = ObjectMeta::read(&mut fields, decoder);
        let spec = fields.field("spec");
        let status = fields.field("status");
        fields.finish(decoder);
        let mut pod_ranges = Vec::new();
        if let Some(mut fields) = spec.and_then(|spec| Fields::of(spec, "a Node's spec", decoder)) {
            let (one, all) = (fields.field("podCIDR"), fields.field("podCIDRs"));
            for block in one.into_iter().chain(decoder.optional_list(all)) {
                pod_ranges.extend(decoder.cidr(block).map(AddressRange::from));
            }
            pod_ranges.sort();
            pod_ranges.dedup();
            fields.ignore(fields::NODE_SPEC);
            fields.finish(decoder);
        }
        let Some(meta) = meta else { return };
        let mut addresses = Vec::new();
        let listed = status.and_then(|s| s.field("addresses")).filter(|n| !n.is_null());
        for entry in decoder.optional_list(listed) {
            let kind = entry.field("type").and_then(Node::scalar).map(|(text, _)| text);
            if let (Some("InternalIP" | "ExternalIP"), Some(address)) = (kind, entry.field("address")) {
                addresses.extend(decoder.address(address).filter(|a| !addresses.contains(a)));
            }
        }
        self.objects.nodes.push(Declared {
            namespace: Name::default(),
            name: meta.name.clone(),
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what: ClusterNode {
                name: meta.name,
                labels: meta.labels,
                addresses,
                pod_ranges,
                location: meta.location,
            },
        });
    }

    pub(super) fn service_account(&mut self, node: Node<'_>) {
        let decoder = &mut self.decoder;
        let Some(mut fields) = Fields::of(node, "a ServiceAccount", decoder) else {
            return;
        };
        fields.ignore(fields::TYPE);
        fields.ignore(&["automountServiceAccountToken", "imagePullSecrets", "secrets"]);
        let meta = ObjectMeta::read(&mut fields, decoder);
        fields.finish(decoder);
        let Some(meta) = meta else { return };
        self.objects.service_accounts.push(Declared {
            namespace: self.namespace_of(&meta),
            name: meta.name,
            location: meta.location,
            fingerprint: Fingerprint::of(node),
            what: meta.labels,
        });
    }
}
