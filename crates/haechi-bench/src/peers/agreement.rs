//! Whether Haechi and netpol-analyzer list the same connections between workloads.
//!
//! Connections with address ranges are left out, as each tool cuts the address space in its own way, and so are those
//! of a workload with itself, which netpol-analyzer does not list.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, Result};

/// What two lists have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    /// Connections that either lists.
    pub(super) connections: usize,
    /// Those that the other lists with other ports or not at all, each as a line.
    pub(super) differing: Vec<String>,
}

type List = BTreeMap<(String, String), Vec<String>>;

/// Compares what `haechi reach -o csv` and `netpolicy list` wrote.
pub(super) fn compare(haechi: &Path, analyzer: &Path) -> Result<Agreement> {
    let (ours, theirs) = (read(haechi, ours)?, read(analyzer, theirs)?);
    let pairs: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let differing = pairs
        .iter()
        .map(|pair| (pair, ours.get(*pair), theirs.get(*pair)))
        .filter(|(_, a, b)| a != b)
        .map(|((from, to), a, b)| {
            let shown = |ports: Option<&Vec<String>>| ports.map_or_else(|| "nothing".to_owned(), |p| p.join(", "));
            format!("{from} to {to}: {} and {}", shown(a), shown(b))
        });
    Ok(Agreement {
        connections: pairs.len(),
        differing: differing.collect(),
    })
}

fn read(path: &Path, line: fn(&str) -> Option<[String; 3]>) -> Result<List> {
    let context = || format!("cannot read {}", path.display());
    let mut list = List::new();
    for text in BufReader::new(File::open(path).with_context(context)?).lines() {
        if let Some([from, to, listed]) = line(&text.with_context(context)?)
            && from.contains('/')
            && to.contains('/')
            && from != to
        {
            list.insert((from, to), ports(&listed));
        }
    }
    Ok(list)
}

/// `from,to,verdict,ports,…`, a field in quotes where it has a comma.
fn ours(line: &str) -> Option<[String; 3]> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields.last_mut()?.push(letter),
        }
    }
    let [from, to, verdict, ports, ..] = &fields[..] else {
        return None;
    };
    (verdict == "allow").then(|| [from.clone(), to.clone(), ports.clone()])
}

/// `from => to : ports`, a workload being `namespace/replicaset[ReplicaSet]`.
fn theirs(line: &str) -> Option<[String; 3]> {
    let (from, rest) = line.split_once(" => ")?;
    let (to, ports) = rest.split_once(" : ")?;
    let workload = |id: &str| match id.strip_suffix("[ReplicaSet]").and_then(|id| id.rsplit_once('-')) {
        Some((id, _hash)) => id.replacen('/', "/Deployment/", 1),
        None => id.to_owned(),
    };
    Some([workload(from), workload(to), ports.trim().to_owned()])
}

/// Each range of ports with its protocol, sorted; nothing but `all` for everything.
fn ports(text: &str) -> Vec<String> {
    if ["all", "all ports", "All Connections"].contains(&text) {
        return vec!["all".to_owned()];
    }
    let mut protocol = "";
    let mut ports: Vec<String> = text
        .split([';', ','])
        .map(str::trim)
        .map(|range| match range.split_once(' ') {
            Some((named, numbers)) => {
                protocol = named;
                format!("{named} {numbers}")
            }
            None => format!("{protocol} {range}"),
        })
        .collect();
    ports.sort();
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_write_one_connection_are_equal() {
        let ours = ours(r#"a/Deployment/b-c,d/Deployment/e,allow,"TCP 80, 90-95; UDP 53",false,"#).unwrap();
        let theirs =
            theirs("a/b-c-4sjx2svkbb[ReplicaSet] => d/e-zzltxcgnbb[ReplicaSet] : UDP 53,TCP 80,90-95").unwrap();
        assert_eq!(ours[..2], theirs[..2]);
        assert_eq!(ports(&ours[2]), ports(&theirs[2]));
        assert_eq!(ports("all ports"), ports("All Connections"));
        assert_ne!(ports("TCP 80"), ports("UDP 80"));
    }

    #[test]
    fn a_difference_is_found_and_ranges_are_no_workloads() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(
            &a,
            "from,to,verdict,ports\na/Deployment/x,a/Deployment/y,allow,TCP 80,false,\na/Deployment/x,0.0.0.0-9.255.255.255,allow,all\n\
             a/Deployment/y,a/Deployment/x,undefined,TCP 80\n",
        )
        .unwrap();
        std::fs::write(
            &b,
            "a/x-4sjx2svkbb[ReplicaSet] => a/y-zzltxcgnbb[ReplicaSet] : TCP 81\n0.0.0.0-255.255.255.255 => a/y-q[ReplicaSet] : TCP 1\n",
        )
        .unwrap();
        let found = compare(&a, &b).unwrap();
        assert_eq!(found.connections, 1);
        assert_eq!(found.differing, ["a/Deployment/x to a/Deployment/y: TCP 80 and TCP 81"]);
    }
}
