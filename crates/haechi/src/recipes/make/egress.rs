//! Whom a workload may talk to.

use haechi_model::Protocol;
use ipnet::IpNet;

use super::{Cook, Drafts, UNLESS, addresses, list, names, on, policy_name};
use crate::recipes::Trouble;
use crate::recipes::draft::{Peer, Port, Rule};
use crate::recipes::surroundings as around;

pub(in crate::recipes) fn connect(cook: &mut Cook<'_>) -> Drafts {
    let from = cook.single(&cook.request.from.clone(), "--from")?;
    let to = cook.single(&cook.request.to.clone(), "--to")?;
    let (source, destination) = (cook.app_of(from)?, cook.app_of(to)?);
    let ports = cook.ports(to)?;
    cook.meant.push((from, to));
    let sentence = format!("{} may talk to {}, {}", source.id(), destination.id(), on(&ports));
    let out = Rule {
        peers: vec![cook.pods(to, &source.namespace)?],
        ports: ports.clone(),
    };
    let into = Rule {
        peers: vec![cook.pods(from, &destination.namespace)?],
        ports,
    };
    let egress = cook.egress(
        &source,
        policy_name(&[&source.name, "to", &destination.name]),
        format!("{sentence}: the source's end."),
        vec![out],
    );
    let ingress = cook.ingress(
        &destination,
        policy_name(&[&destination.name, "from", &source.name]),
        format!("{sentence}: the destination's end."),
        vec![into],
    );
    Ok(vec![egress, ingress])
}

pub(in crate::recipes) fn to_app(cook: &mut Cook<'_>) -> Drafts {
    let to = cook.single(&cook.request.to.clone(), "--to")?;
    let app = cook.app()?;
    let ports = cook.ports(to)?;
    cook.meant.push((app.workload, to));
    let about = format!(
        "{} may talk to {}, {}, and resolve names; to nobody else{UNLESS}.",
        app.id(),
        cook.id(to),
        on(&ports)
    );
    let peers = vec![cook.pods(to, &app.namespace)?];
    let dns = cook.dns(&app.namespace);
    let name = policy_name(&[&app.name, "to", &cook.cluster().workloads[to].name]);
    Ok(vec![cook.egress(&app, name, about, vec![Rule { peers, ports }, dns])])
}

pub(in crate::recipes) fn to_addresses(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let peers = addresses(cook, &cook.request.to.clone(), "--to", &app.namespace)?;
    let ports = cook.asked_ports(None)?;
    let named = names(cook, &peers, &[], &app.namespace);
    let about = format!(
        "{} may talk to {}, {}, and resolve names; to nobody else{UNLESS}.",
        app.id(),
        list(&named),
        on(&ports)
    );
    let dns = cook.dns(&app.namespace);
    let name = policy_name(&[&app.name, "to-addresses"]);
    Ok(vec![cook.egress(&app, name, about, vec![Rule { peers, ports }, dns])])
}

pub(in crate::recipes) fn to_api_server(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let (peers, ports) = if cook.request.to.is_empty() {
        let addresses = around::api_server(cook.cluster());
        if addresses.is_empty() {
            let trouble = Trouble::new("the sources do not show where the API server is: it has no pods to select");
            return Err(trouble.hint(
                "add what `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes -o yaml` and \
                 `kubectl get svc -n default kubernetes -o yaml` print, or name its block with --to and its port with \
                 --port",
            ));
        }
        let peers = addresses.iter().map(|(address, _)| Peer::Block {
            cidr: IpNet::from(*address),
            except: Vec::new(),
        });
        let mut ports: Vec<Port> = addresses
            .iter()
            .map(|(_, port)| Port::Numbers(Protocol::Tcp, *port, *port))
            .collect();
        ports.sort();
        ports.dedup();
        (peers.collect(), ports)
    } else {
        let peers = addresses(cook, &cook.request.to.clone(), "--to", &app.namespace)?;
        let mut ports = cook.asked_ports(None)?;
        if ports.is_empty() {
            ports.push(Port::Numbers(Protocol::Tcp, 443, 443));
        }
        (peers, ports)
    };
    let named = names(cook, &peers, &[], &app.namespace);
    let about = format!(
        "{} may talk to the API server at {}, {}; to nobody else{UNLESS}.",
        app.id(),
        list(&named),
        on(&ports)
    );
    let name = policy_name(&[&app.name, "to-api-server"]);
    Ok(vec![cook.egress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(in crate::recipes) fn deny_egress_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let about = format!("{} may talk to nobody{UNLESS}.", app.id());
    Ok(vec![cook.egress(
        &app,
        policy_name(&[&app.name, "deny-egress"]),
        about,
        Vec::new(),
    )])
}
