//! What differs, and whom it is about.

use haechi_engine::Party;
use haechi_engine::diff::{Comparison, Deed, DiffParty, Difference, Fate, Responsible, Side};
use haechi_model::Name;

use crate::load::Loaded;
use crate::parties::{self, Parties};
use crate::report::diff as report;
use crate::report::explain::Source;
use crate::report::reach::Peer;

/// What differs, and whom it is about.
pub(super) struct Answer<'c, 'v, 'a> {
    sides: [&'a Loaded; 2],
    pub(super) comparison: &'c Comparison<'v, 'a>,
    pub(super) differences: Vec<Difference>,
    pub(super) parties: Parties,
}

impl<'c, 'v, 'a> Answer<'c, 'v, 'a> {
    pub(super) fn new(sides: [&'a Loaded; 2], comparison: &'c Comparison<'v, 'a>, narrow_to: Option<&Name>) -> Self {
        let mut answer = Self {
            sides,
            comparison,
            differences: Vec::new(),
            parties: Parties::called(Vec::new()),
        };
        let peers = comparison.parties().iter().map(|p| answer.peer(p));
        answer.parties = Parties::called(peers.map(|peer| peer.id).collect());
        answer.differences = comparison.differences();
        if let Some(namespace) = narrow_to {
            let inside: Vec<bool> = comparison
                .parties()
                .iter()
                .map(|p| answer.peer(p).namespace.as_deref() == Some(namespace.as_str()))
                .collect();
            answer.differences.retain(|d| inside[d.from] || inside[d.to]);
        }
        answer
    }

    /// The version that is told about in doubt: the new one.
    pub(super) fn loaded(&self) -> &'a Loaded {
        self.sides[1]
    }

    /// What there is to know of a party.
    pub(super) fn peer(&self, party: &DiffParty) -> Peer {
        let side = if party.new.is_some() { Side::New } else { Side::Old };
        let compiled = self.comparison.versions().side(side);
        // One of the two is there, or there would be no party.
        party.on(side).map_or_else(Peer::nobody, |p| parties::peer(p, compiled))
    }

    /// In which versions a party is.
    pub(super) fn presence(party: &DiffParty) -> report::Presence {
        match (party.old, party.new) {
            (Some(_), Some(_)) => report::Presence::Both,
            (None, _) => report::Presence::Added,
            (_, None) => report::Presence::Removed,
        }
    }

    /// The party at a place.
    pub(super) fn party(&self, place: usize) -> &DiffParty {
        &self.comparison.parties()[place]
    }

    /// The workloads that are on one side alone.
    pub(super) fn one_sided(&self, presence: report::Presence) -> Vec<usize> {
        let parties = self.comparison.parties().iter().enumerate();
        parties
            .filter(|(_, p)| matches!(p.old.or(p.new), Some(Party::Workload(_))))
            .filter(|(_, p)| Self::presence(p) == presence)
            .map(|(place, _)| place)
            .collect()
    }

    /// How many connections differ.
    pub(super) fn summary(&self) -> report::Summary {
        let mut summary = report::Summary::default();
        for difference in &self.differences {
            *match difference.fate() {
                Fate::Added => &mut summary.added,
                Fate::Removed => &mut summary.removed,
                Fate::Changed => &mut summary.changed,
            } += 1;
        }
        summary
    }

    /// The policies that a difference comes from.
    pub(super) fn responsible(&self, difference: &Difference) -> Vec<report::Responsible> {
        let found = self.comparison.responsible(difference);
        found.iter().map(|r| self.reported(r)).collect()
    }

    fn reported(&self, responsible: &Responsible<'a>) -> report::Responsible {
        let files = self.sides[responsible.side as usize].files();
        let (action, location) = match responsible.deed {
            Deed::Rule(rule) => (Some(rule.action.into()), rule.location),
            Deed::Isolated => (None, responsible.policy.location),
        };
        report::Responsible {
            policy: responsible.policy.id.to_string(),
            version: match responsible.side {
                Side::Old => report::Version::Old,
                Side::New => report::Version::New,
            },
            direction: responsible.direction.into(),
            action,
            source: Source::new(files, location),
        }
    }
}
