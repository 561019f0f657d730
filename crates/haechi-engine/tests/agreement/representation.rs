//! What dialects need that Haechi does not read yet: realistic policies of each, put by hand into the representation
//! as their dialect would lower them, and what engine and naive reading make of them.
//!
//! A dialect that needs more than is sketched here changes the representation first.

mod aws;
mod calico;
mod cilium;
mod istio;
