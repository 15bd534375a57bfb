//! Choosing a TCP port on 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use super::DEFAULT_PORT;
use super::error::{LocalError, Result};

/// Ports above those the Supabase CLI uses, so that both can run at once.
const SPARE: std::ops::RangeInclusive<u16> = 54332..=54399;

/// Whether somebody could listen there right now.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Any port that is free right now. Somebody else may take it before it is used.
pub(super) fn any() -> Result<u16> {
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    any.map(|address| address.port()).map_err(LocalError::io("127.0.0.1"))
}

/// The port of a server that stays: the one it had, the usual one, a near one, any.
pub(super) fn choose(previous: Option<u16>, is_free: impl Fn(u16) -> bool) -> Option<u16> {
    previous.into_iter().chain([DEFAULT_PORT]).chain(SPARE).find(|port| is_free(*port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_keeps_its_port_if_it_can() {
        assert_eq!(choose(Some(54340), |_| true), Some(54340));
        assert_eq!(choose(Some(54340), |port| port != 54340), Some(DEFAULT_PORT));
        assert_eq!(choose(None, |port| port > 54322), Some(54332));
        assert_eq!(choose(None, |_| false), None);
    }
}
