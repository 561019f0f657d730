//! Sets of addresses as people write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use haechi_model::AddressRange;
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

/// Every address, whichever family.
pub const OUTSIDE: &str = "outside";

/// Says a set of addresses as blocks, ranges and exceptions, whichever is shortest; [`OUTSIDE`] for all.
///
/// The ranges are sorted and lie apart, IPv4 before IPv6, as [`join`] makes them.
#[must_use]
pub fn describe(ranges: &[AddressRange]) -> String {
    let (v4, v6): (Vec<_>, Vec<_>) = ranges.iter().partition(|r| matches!(r, AddressRange::V4(..)));
    let families = [(v4, AddressRange::ALL_V4), (v6, AddressRange::ALL_V6)].map(|(set, all)| Family::new(&set, all));
    if let [Family::Except(all4, except4), Family::Except(all6, except6)] = &families
        && *all4 == AddressRange::ALL_V4
        && *all6 == AddressRange::ALL_V6
    {
        let except = [except4.as_slice(), except6].concat();
        return with_exceptions(OUTSIDE, &except);
    }
    let texts: Vec<String> = families
        .iter()
        .filter_map(|family| match family {
            Family::Items(items) if items.is_empty() => None,
            Family::Items(items) => Some(items.join(", ")),
            Family::Except(cover, except) => Some(with_exceptions(&items(*cover).join(", "), except)),
        })
        .collect();
    texts.join(", ")
}

/// A range as a block if it is one, else from its first to its last address.
#[must_use]
pub fn one(range: AddressRange) -> String {
    match items(range).as_slice() {
        [one] => one.clone(),
        _ => range.to_string(),
    }
}

/// Sorts ranges and makes one of those that touch.
#[must_use]
pub fn join(mut ranges: Vec<AddressRange>) -> Vec<AddressRange> {
    ranges.sort_unstable();
    let mut joined: Vec<AddressRange> = Vec::new();
    for range in ranges {
        match joined
            .last_mut()
            .and_then(|last| last.join(range).map(|both| (last, both)))
        {
            Some((last, both)) => *last = both,
            None => joined.push(range),
        }
    }
    joined
}

fn with_exceptions(all: &str, except: &[String]) -> String {
    if except.is_empty() {
        all.to_owned()
    } else {
        format!("{all} except {}", except.join(", "))
    }
}

/// The addresses of one family.
enum Family {
    /// These.
    Items(Vec<String>),
    /// A block without these.
    Except(AddressRange, Vec<String>),
}

impl Family {
    fn new(set: &[AddressRange], all: AddressRange) -> Self {
        let listed: Vec<String> = set.iter().flat_map(|r| items(*r)).collect();
        let (Some(first), Some(last)) = (set.first(), set.last()) else {
            return Self::Items(listed);
        };
        let cover = cover(first.first(), last.last()).unwrap_or(all);
        let except: Vec<String> = gaps(set, cover).into_iter().flat_map(items).collect();
        let excepted = with_exceptions(&items(cover).join(", "), &except);
        // That a whole family is meant can only be said so.
        if excepted.len() < listed.join(", ").len() || except.is_empty() && cover == all {
            Self::Except(cover, except)
        } else {
            Self::Items(listed)
        }
    }
}

/// A range as one or two blocks if it is that, else from its first to its last address.
fn items(range: AddressRange) -> Vec<String> {
    const MOST: usize = 2;
    let nets: Vec<IpNet> = match range {
        AddressRange::V4(a, b) => Ipv4Subnets::new(a, b, 0).map(IpNet::V4).take(MOST + 1).collect(),
        AddressRange::V6(a, b) => Ipv6Subnets::new(a, b, 0).map(IpNet::V6).take(MOST + 1).collect(),
    };
    if nets.len() > MOST {
        return vec![range.to_string()];
    }
    nets.iter()
        .map(|net| {
            if net.prefix_len() == net.max_prefix_len() {
                net.addr().to_string()
            } else {
                net.to_string()
            }
        })
        .collect()
}

/// The smallest block that holds both addresses.
fn cover(first: IpAddr, last: IpAddr) -> Option<AddressRange> {
    let differing = match (first, last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u32::from(a) ^ u32::from(b)).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a) ^ u128::from(b)).leading_zeros(),
        _ => return None,
    };
    let net = IpNet::new(first, u8::try_from(differing).ok()?).ok()?;
    Some(net.trunc().into())
}

/// What of `cover` is not in the set, which lies in it.
fn gaps(set: &[AddressRange], cover: AddressRange) -> Vec<AddressRange> {
    let number = |address: IpAddr| match address {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a),
    };
    let mut gaps = Vec::new();
    let mut next = Some(number(cover.first()));
    for range in set {
        if let Some(from) = next.filter(|from| *from < number(range.first())) {
            gaps.push((from, number(range.first()) - 1));
        }
        next = number(range.last()).checked_add(1);
    }
    if let Some(from) = next.filter(|from| *from <= number(cover.last())) {
        gaps.push((from, number(cover.last())));
    }
    let v4 = |n: u128| Ipv4Addr::from(u32::try_from(n).unwrap_or(u32::MAX));
    gaps.into_iter()
        .map(|(a, b)| match cover {
            AddressRange::V4(..) => AddressRange::V4(v4(a), v4(b)),
            AddressRange::V6(..) => AddressRange::V6(Ipv6Addr::from(a), Ipv6Addr::from(b)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(ranges: &str) -> String {
        let ranges = ranges.split_whitespace().map(|text| match text.split_once('-') {
            Some((a, b)) => match (a.parse(), b.parse()) {
                (Ok(IpAddr::V4(a)), Ok(IpAddr::V4(b))) => AddressRange::V4(a, b),
                (Ok(IpAddr::V6(a)), Ok(IpAddr::V6(b))) => AddressRange::V6(a, b),
                _ => panic!("{text}"),
            },
            None => text.parse::<IpNet>().expect("a block").into(),
        });
        describe(&join(ranges.collect()))
    }

    #[test]
    fn everything_is_outside() {
        assert_eq!(described("0.0.0.0/0 ::/0"), "outside");
        assert_eq!(
            described("0.0.0.0-9.255.255.255 10.0.0.0-255.255.255.255 ::/0"),
            "outside"
        );
        assert_eq!(described("0.0.0.0/0"), "0.0.0.0/0");
        assert_eq!(described("::/0"), "::/0");
        assert_eq!(described(""), "");
    }

    #[test]
    fn exceptions_are_said_where_that_is_shorter() {
        assert_eq!(
            described(
                "0.0.0.0-169.254.169.253 169.254.169.255-255.255.255.255 ::-fd00:ec2::253 fd00:ec2::255-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            ),
            "outside except 169.254.169.254, fd00:ec2::254"
        );
        assert_eq!(
            described("0.0.0.0-9.255.255.255 11.0.0.0-255.255.255.255"),
            "0.0.0.0/0 except 10.0.0.0/8"
        );
        assert_eq!(
            described("0.0.0.0-9.255.255.255 11.0.0.0-255.255.255.255 ::/0"),
            "outside except 10.0.0.0/8"
        );
    }

    #[test]
    fn few_blocks_are_listed() {
        assert_eq!(described("198.51.100.0/25"), "198.51.100.0/25");
        assert_eq!(described("10.20.30.40/32"), "10.20.30.40");
        assert_eq!(described("10.0.0.0/8 192.168.0.0/16"), "10.0.0.0/8, 192.168.0.0/16");
        assert_eq!(described("10.0.0.0/9 10.128.0.0/9"), "10.0.0.0/8");
        assert_eq!(described("10.0.0.0/8 2001:db8::/32"), "10.0.0.0/8, 2001:db8::/32");
        assert_eq!(described("10.0.0.5-10.0.0.9"), "10.0.0.5-10.0.0.9");
    }

    #[test]
    fn what_is_described_is_what_was_given() {
        // Blocks of one octet, every other one missing: neither form may lose any.
        assert_eq!(
            described("10.0.0.0/32 10.0.0.2/32 10.0.0.4/32"),
            "10.0.0.0, 10.0.0.2, 10.0.0.4"
        );
        assert_eq!(
            described("10.0.0.0-10.0.0.3 10.0.0.5-10.0.0.7"),
            "10.0.0.0/29 except 10.0.0.4"
        );
    }
}
