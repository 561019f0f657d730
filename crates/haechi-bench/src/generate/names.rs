//! What things are called: teams, apps, labels, port numbers.

use std::fmt;

/// Names of applications, and so values of the label `app`.
pub(super) const APPS: [&str; 60] = [
    "accounts",
    "adverts",
    "alerts",
    "archive",
    "assets",
    "audit",
    "auth",
    "baskets",
    "billing",
    "bookings",
    "branches",
    "cards",
    "catalog",
    "charges",
    "chat",
    "checkout",
    "claims",
    "comments",
    "coupons",
    "credit",
    "currency",
    "delivery",
    "devices",
    "discounts",
    "documents",
    "events",
    "exports",
    "feeds",
    "forecast",
    "fraud",
    "gateway",
    "geo",
    "gifts",
    "identity",
    "images",
    "imports",
    "inventory",
    "invoices",
    "labels",
    "ledger",
    "loyalty",
    "mail",
    "maps",
    "media",
    "orders",
    "payments",
    "pricing",
    "profiles",
    "quotes",
    "ratings",
    "refunds",
    "reports",
    "returns",
    "search",
    "sessions",
    "shipping",
    "stock",
    "tax",
    "tracking",
    "web",
];

/// Values of the labels that `label_keys` adds.
pub(super) const EXTRA_VALUES: [&str; 8] = ["amber", "blue", "coral", "denim", "ebony", "fawn", "green", "honey"];

/// The key of an added label.
pub(super) fn extra_key(index: usize) -> String {
    format!("trait-{index:02}")
}

/// So many port numbers: those everyone uses first, then others.
pub(super) fn port_numbers(count: usize) -> Vec<u16> {
    const USUAL: [u16; 12] = [8080, 8000, 3000, 5432, 6379, 9000, 8443, 3306, 5672, 9092, 27017, 50051];
    let others = (20_000..).step_by(3);
    USUAL.into_iter().chain(others).take(count).collect()
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ ; beside $($other:ident = $other_text:literal),* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant,)+ $($other,)* }

        impl $name {
            /// Those that are drawn from.
            pub(super) const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)+ $(Self::$other => $other_text,)* })
            }
        }
    };
}

named! {
    /// Who owns a namespace or a workload.
    Team {
        Apricot = "apricot", Birch = "birch", Cedar = "cedar", Dahlia = "dahlia", Elder = "elder", Fern = "fern",
        Ginger = "ginger", Hazel = "hazel", Iris = "iris", Juniper = "juniper", Laurel = "laurel", Maple = "maple",
        Nettle = "nettle", Olive = "olive", Poppy = "poppy", Quince = "quince", Rowan = "rowan", Sage = "sage",
        Tulip = "tulip", Willow = "willow";
        beside Platform = "platform"
    }
}

named! {
    /// Where a namespace stands on the way to users.
    Env { Dev = "dev", Test = "test", Stage = "stage", Prod = "prod"; beside }
}

named! {
    /// What part of an application something is.
    Tier { Frontend = "frontend", Backend = "backend", Data = "data", Cache = "cache", Batch = "batch"; beside Infra = "infra" }
}
