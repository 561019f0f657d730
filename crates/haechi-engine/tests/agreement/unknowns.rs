//! What rules decide together that hang on one thing which nobody shows: where a peer is, and what blocks match.
//!
//! Rules are about blocks alone, so that nearly every case is about nothing but which of them match at once, and so
//! that nothing excuses an answer that is not exact.

use haechi_engine::{End, compile};
use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_model::port::Protocol;
use haechi_policy::{Action, Rule};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::naive::{Port, judge};
use crate::strategy::{clusters, policies};
use crate::ties;
use crate::written::{Narrowed, all, rule};

const PORT: Port = Port(Protocol::Tcp, 80);

proptest! {
    #![proptest_config(crate::cases(3000))]

    #[test]
    fn rules_match_at_once_what_one_world_lets_them_match(
        (cluster, peer) in peer(),
        policies in ties::policies(about_blocks()),
    ) {
        let compiled = compile(&cluster, &policies);
        let own = End::Endpoint(0);
        let outcome = compiled.between(&peer, &own);
        let naive = judge(&cluster, &policies, &peer, &own, PORT);
        prop_assert_eq!(outcome.on(PORT.0, PORT.1), naive.verdict, "{}", outcome);
    }
}

/// A pod, and a peer of it: without an address, of one or two families, in its node's network, or a name.
fn peer() -> impl Strategy<Value = (Cluster, End)> {
    let addresses = select(vec![vec![], vec!["10.0.0.2"], vec!["10.0.0.2", "fd00::2"]]);
    let network = select(vec![PodNetwork::Own, PodNetwork::Host]);
    let peer = select(vec![
        End::Endpoint(1),
        End::Endpoint(1),
        End::Domain("example.com".into()),
    ]);
    (addresses, network, peer).prop_map(|(addresses, network, peer)| {
        let mut cluster = clusters::of_pods(&["blue", "blue"]);
        let other = &mut cluster.endpoints[1];
        other.addresses = addresses.iter().map(|a| a.parse().expect("an address")).collect();
        other.network = network;
        // On other machines, or a pod and its own node might meet.
        for (node, endpoint) in ["node-1", "node-2"].into_iter().zip(&mut cluster.endpoints) {
            endpoint.node = Some(node.into());
        }
        (cluster, peer)
    })
}

fn about_blocks() -> impl Strategy<Value = Rule> + Clone {
    let action = select(vec![Action::Allow, Action::Deny, Action::Pass]);
    let networks = vec(policies::network().prop_map(|network| all([network])), 0..3);
    let about = (action, networks).prop_map(|(action, networks)| rule(action).peers(networks));
    std::rc::Rc::new(about)
}
