//! Every kind of finding: a case in which it is found, and a near miss in which it is not.

mod lint {
    mod addresses;
    mod dns;
    mod overlap;
    mod planes;
    mod ports;
    mod registry;
    mod selection;
    mod services;
    mod shop;
    mod sources;
    mod system;
}
