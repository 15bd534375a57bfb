//! The library of the system, whichever it is.

use native_tls::{Certificate, TlsConnectorBuilder};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::{Check, Expected, TlsError};
use crate::pg::stream::Shared;

pub(super) use native_tls::Error;

/// What a handshake begins with.
pub(super) struct Prepared(native_tls::TlsConnector);

/// How many certificates these are.
pub(super) fn count(pem: &[u8]) -> Result<usize, Error> {
    certificates(pem).map(|certificates| certificates.len())
}

pub(super) fn prepare(expected: &Expected) -> Result<Prepared, TlsError> {
    let mut builder = native_tls::TlsConnector::builder();
    builder.danger_accept_invalid_certs(expected.check == Check::Nothing);
    builder.danger_accept_invalid_hostnames(expected.check != Check::Host);
    if let Some(pem) = &expected.roots {
        trust(&mut builder, certificates(pem)?);
    }
    Ok(Prepared(builder.build()?))
}

/// What is named counts, and nothing else.
fn trust(builder: &mut TlsConnectorBuilder, certificates: Vec<Certificate>) {
    for certificate in certificates {
        builder.add_root_certificate(certificate);
    }
    builder.disable_built_in_roots(true);
}

pub(super) async fn handshake(
    prepared: Prepared,
    host: &str,
    stream: Shared,
) -> Result<(Shared, ChannelBinding), TlsError> {
    let stream = postgres_native_tls::TlsConnector::new(prepared.0, host).connect(stream).await?;
    let binding = stream.channel_binding();
    Ok((Shared::new(stream), binding))
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    let text = String::from_utf8_lossy(pem);
    text.split_inclusive("-----END CERTIFICATE-----")
        .filter_map(|block| Some(&block[block.find("-----BEGIN CERT")?..]))
        .map(|block| Certificate::from_pem(block.as_bytes()))
        .collect()
}
