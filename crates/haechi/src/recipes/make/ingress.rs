//! Who may talk to a workload.

use haechi_model::Labels;
use haechi_model::cluster::PodNetwork;

use super::{App, Cook, Drafts, UNLESS, addresses, list, names, on, policy_name};
use crate::names::Selected;
use crate::recipes::Trouble;
use crate::recipes::draft::{Namespaces, Peer, Rule};
use crate::recipes::surroundings as around;

pub(in crate::recipes) fn deny_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let about = format!("Nobody may talk to {}{UNLESS}.", app.id());
    Ok(vec![cook.ingress(
        &app,
        policy_name(&["deny", &app.name]),
        about,
        Vec::new(),
    )])
}

pub(in crate::recipes) fn open_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.asked_ports(Some(app.workload))?;
    let about = format!("Everybody may talk to {}, {}.", app.id(), on(&ports));
    let rule = Rule {
        peers: Vec::new(),
        ports,
    };
    Ok(vec![cook.ingress(
        &app,
        policy_name(&["open", &app.name]),
        about,
        vec![rule],
    )])
}

pub(in crate::recipes) fn limit_port(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.asked_ports(Some(app.workload))?;
    let from = cook.request.from.clone();
    let (peers, workloads) = cook.peers(&from, &app.namespace)?;
    cook.meant.extend(workloads.iter().map(|w| (*w, app.workload)));
    let who = if peers.is_empty() {
        "Everybody".to_owned()
    } else {
        list(&names(cook, &peers, &workloads, &app.namespace))
    };
    let about = format!("{who} may talk to {} {} alone{UNLESS}.", app.id(), on(&ports));
    let name = policy_name(&[&app.name, "ports"]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(in crate::recipes) fn from_app(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let from = cook.request.from.clone();
    let (peers, workloads) = cook.peers(&from, &app.namespace)?;
    let ports = cook.ports(app.workload)?;
    cook.meant.extend(workloads.iter().map(|w| (*w, app.workload)));
    // Whoever is named by addresses or namespaces cannot be told from others so easily.
    cook.alone = (workloads.len() == peers.len()).then_some(app.workload);
    let named = names(cook, &peers, &workloads, &app.namespace);
    let about = format!(
        "Only {} may talk to {}, {}{UNLESS}.",
        list(&named),
        app.id(),
        on(&ports)
    );
    let short = match workloads.as_slice() {
        [one] if peers.len() == 1 => cook.cluster().workloads[*one].name.to_string(),
        _ => "few".to_owned(),
    };
    let name = policy_name(&[&app.name, "from", &short]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(in crate::recipes) fn from_app_elsewhere(cook: &mut Cook<'_>) -> Drafts {
    let from = cook.single(&cook.request.from.clone(), "--from")?;
    let app = cook.app()?;
    let namespace = cook.cluster().workloads[from].namespace;
    if cook.cluster().namespaces[namespace].name == app.namespace {
        let trouble = Trouble::new(format!("{} is in the same namespace", cook.id(from)));
        return Err(trouble.hint("the recipe for that is from-app"));
    }
    from_app(cook)
}

pub(in crate::recipes) fn from_namespace(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let [Selected::Namespace(namespace)] = cook.request.from.as_slice() else {
        let trouble = Trouble::new("--from must name a namespace");
        return Err(trouble.hint("write ns:NAME, or NAME/"));
    };
    let name = cook.cluster().namespaces[*namespace].name.clone();
    let from = cook.request.from.clone();
    let (peers, _) = cook.peers(&from, &app.namespace)?;
    let ports = cook.ports(app.workload)?;
    let about = format!(
        "Only the pods of {name} may talk to {}, {}{UNLESS}.",
        app.id(),
        on(&ports)
    );
    let name = policy_name(&[&app.name, "from", &name]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(in crate::recipes) fn from_all_namespaces(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.ports(app.workload)?;
    let about = format!(
        "Every pod of the cluster may talk to {}, {}; nobody outside of it{UNLESS}.",
        app.id(),
        on(&ports)
    );
    let peers = vec![Peer::Pods {
        namespaces: Namespaces::Any,
        labels: Labels::default(),
    }];
    let name = policy_name(&[&app.name, "from-all-namespaces"]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(in crate::recipes) fn from_outside(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let ports = cook.ports(app.workload)?;
    let about = format!(
        "Everybody, outside of the cluster too, may talk to {}, {}.",
        app.id(),
        on(&ports)
    );
    let rule = Rule {
        peers: Vec::new(),
        ports,
    };
    let name = policy_name(&[&app.name, "from-outside"]);
    Ok(vec![cook.ingress(&app, name, about, vec![rule])])
}

pub(in crate::recipes) fn from_addresses(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let peers = addresses(cook, &cook.request.from.clone(), "--from", &app.namespace)?;
    let ports = cook.ports(app.workload)?;
    let named = names(cook, &peers, &[], &app.namespace);
    let about = format!(
        "Only {} may talk to {}, {}{UNLESS}.",
        list(&named),
        app.id(),
        on(&ports)
    );
    let name = policy_name(&[&app.name, "from-addresses"]);
    Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])])
}

pub(in crate::recipes) fn from_ingress_controller(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let controllers = if cook.request.from.is_empty() {
        around::ingress_controllers(cook.cluster())
    } else {
        let from = cook.request.from.clone();
        cook.peers(&from, &app.namespace)?.1
    };
    if controllers.is_empty() {
        let trouble = Trouble::new("the sources show no ingress controller whose pods let traffic in");
        return Err(trouble.hint(
            "name its workload with --from; where a load balancer reaches pods itself, the recipe is from-addresses",
        ));
    }
    let of_host = |w: &usize| {
        let endpoints = &cook.cluster().endpoints[cook.cluster().endpoints_of(*w)];
        endpoints.iter().any(|e| e.network == PodNetwork::Host)
    };
    if let Some(host) = controllers.iter().find(|w| of_host(w)) {
        let trouble = Trouble::new(format!(
            "{} is in its nodes' network, so that its traffic comes from the nodes' addresses",
            cook.id(*host)
        ));
        return Err(trouble.hint("the recipe for that is from-addresses, with the nodes' addresses"));
    }
    from_these(cook, &app, &controllers, "the ingress controller", "from-ingress")
}

pub(in crate::recipes) fn from_monitoring(cook: &mut Cook<'_>) -> Drafts {
    let app = cook.app()?;
    let readers = if cook.request.from.is_empty() {
        around::monitoring(cook.cluster())
    } else {
        let from = cook.request.from.clone();
        cook.peers(&from, &app.namespace)?.1
    };
    if readers.is_empty() {
        let trouble = Trouble::new("the sources show nothing that reads metrics");
        return Err(trouble.hint("name its workload with --from"));
    }
    if cook.request.ports.is_empty() {
        let ports = around::metrics_ports(cook.cluster(), app.workload);
        if ports.is_empty() {
            let trouble = Trouble::new(format!("no container of {} names a port for its metrics", app.id()));
            return Err(trouble.hint("say which with --port"));
        }
        let mut peers = Vec::new();
        for workload in &readers {
            peers.push(cook.pods(*workload, &app.namespace)?);
        }
        cook.meant.extend(readers.iter().map(|w| (*w, app.workload)));
        let who: Vec<String> = readers.iter().map(|w| cook.id(*w)).collect();
        let about = format!(
            "{} may read the metrics of {}, {}; nobody else may talk to it{UNLESS}.",
            list(&who),
            app.id(),
            on(&ports)
        );
        let name = policy_name(&[&app.name, "from-monitoring"]);
        return Ok(vec![cook.ingress(&app, name, about, vec![Rule { peers, ports }])]);
    }
    from_these(cook, &app, &readers, "what reads metrics", "from-monitoring")
}

fn from_these(cook: &mut Cook<'_>, app: &App, workloads: &[usize], role: &str, suffix: &str) -> Drafts {
    let mut peers = Vec::new();
    for workload in workloads {
        peers.push(cook.pods(*workload, &app.namespace)?);
    }
    let ports = cook.ports(app.workload)?;
    cook.meant.extend(workloads.iter().map(|w| (*w, app.workload)));
    cook.alone = Some(app.workload);
    let who: Vec<String> = workloads.iter().map(|w| cook.id(*w)).collect();
    let about = format!(
        "Only {role}, {}, may talk to {}, {}{UNLESS}.",
        list(&who),
        app.id(),
        on(&ports)
    );
    let name = policy_name(&[&app.name, suffix]);
    Ok(vec![cook.ingress(app, name, about, vec![Rule { peers, ports }])])
}
