//! OpenSSL, with a context of our own rather than that of `native-tls`, for two reasons that are each felt at every
//! connection: there the key shares cannot be chosen, and the system's certificates are read even where nobody asks
//! them (35 ms of CPU with OpenSSL 3.0).

use std::net::IpAddr;
use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::ssl::{Ssl, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode, SslVersion};
use openssl::x509::verify::X509CheckFlags;
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use tokio::io::BufReader;
use tokio_openssl::SslStream;
use tokio_postgres::tls::ChannelBinding;

use super::{Check, Expected, TlsError};
use crate::pg::stream::Shared;

/// The first of these is what a key is offered of, and a server that takes no key of it asks for another: a round trip.
/// PostgreSQL up to 17 takes P-256 only, unless `ssl_ecdh_curve` says otherwise, and PostgreSQL 18 takes it as well.
const GROUPS: &str = "P-256:X25519:P-384:P-521";

/// For TLS 1.2: what `native-tls` and Python ask for.
const CIPHERS: &str = "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK";

/// More than a record of TLS, so that one call reads it whole.
const READ: usize = 32 * 1024;

/// What OpenSSL says beyond a certificate that it refuses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Setup(#[from] ErrorStack),
    #[error(transparent)]
    Handshake(#[from] openssl::ssl::Error),
}

impl From<ErrorStack> for TlsError {
    fn from(error: ErrorStack) -> Self {
        Self::Library(Error::Setup(error))
    }
}

/// What a handshake begins with.
pub(super) struct Prepared(Ssl);

/// How many certificates these are.
pub(super) fn count(pem: &[u8]) -> Result<usize, ErrorStack> {
    X509::stack_from_pem(pem).map(|certificates| certificates.len())
}

pub(super) fn prepare(expected: &Expected) -> Result<Prepared, TlsError> {
    let mut context = context()?;
    if expected.check != Check::Nothing {
        context.set_verify(SslVerifyMode::PEER);
        match &expected.roots {
            Some(pem) => trust(&mut context, pem)?,
            None => trust_as_the_system_does(&mut context)?,
        }
    }
    let mut ssl = Ssl::new(&context.build())?;
    let address = expected.host.parse::<IpAddr>().ok();
    if address.is_none() {
        ssl.set_hostname(&expected.host)?;
    }
    if expected.check == Check::Host {
        let asked = ssl.param_mut();
        asked.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
        match address {
            Some(address) => asked.set_ip(address)?,
            None => asked.set_host(&expected.host)?,
        }
    }
    Ok(Prepared(ssl))
}

/// As `SslConnector` of the `openssl` crate has it, but for the groups, and for the certificates that it reads.
fn context() -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::tls_client())?;
    let mut options = SslOptions::ALL | SslOptions::NO_COMPRESSION;
    options &= !SslOptions::DONT_INSERT_EMPTY_FRAGMENTS;
    context.set_options(options);
    context.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::RELEASE_BUFFERS,
    );
    context.set_verify(SslVerifyMode::NONE);
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cipher_list(CIPHERS)?;
    // A library that lacks one of these, as one for FIPS may, goes by its own list: it costs a round trip, no safety.
    context.set_groups_list(GROUPS).ok();
    Ok(context)
}

/// What is named counts, and nothing else.
fn trust(context: &mut SslContextBuilder, pem: &[u8]) -> Result<(), ErrorStack> {
    for certificate in X509::stack_from_pem(pem)? {
        context.cert_store_mut().add_cert(certificate)?;
    }
    Ok(())
}

/// An OpenSSL that was linked in does not know where this system keeps its certificates.
fn trust_as_the_system_does(context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    let found = openssl_probe::probe();
    let mut is_known = false;
    if let Some(file) = &found.cert_file {
        is_known |= context.load_verify_locations(Some(file), None).is_ok();
    }
    for folder in &found.cert_dir {
        is_known |= context.load_verify_locations(None, Some(folder)).is_ok();
    }
    if is_known { Ok(()) } else { context.set_default_verify_paths() }
}

pub(super) async fn handshake(
    prepared: Prepared,
    _host: &str,
    stream: Shared,
) -> Result<(Shared, ChannelBinding), TlsError> {
    let mut stream = SslStream::new(prepared.0, BufReader::with_capacity(READ, stream))?;
    if let Err(error) = Pin::new(&mut stream).connect().await {
        let verdict = stream.ssl().verify_result();
        let is_checked = stream.ssl().verify_mode() != SslVerifyMode::NONE;
        return Err(if is_checked && verdict != X509VerifyResult::OK {
            TlsError::Refused(verdict.error_string().to_owned())
        } else {
            TlsError::Library(error.into())
        });
    }
    let end_point = stream.ssl().peer_certificate().and_then(|certificate| end_point(&certificate));
    let binding = end_point.map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point);
    Ok((Shared::new(stream), binding))
}

/// `tls-server-end-point` of RFC 5929: the server's certificate, hashed as it was hashed to be signed, or with SHA-256
/// where that was MD5 or SHA-1. None where the signature knows no hash, as that of Ed25519.
fn end_point(certificate: &X509Ref) -> Option<Vec<u8>> {
    let signature = certificate.signature_algorithm().object().nid().signature_algorithms()?;
    let digest = match signature.digest {
        Nid::MD5 | Nid::SHA1 => MessageDigest::sha256(),
        digest => MessageDigest::from_nid(digest)?,
    };
    certificate.digest(digest).ok().map(|bytes| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};
    use sha2::{Digest, Sha256, Sha384};

    use super::*;

    fn signed(how: &'static SignatureAlgorithm) -> X509 {
        let key = KeyPair::generate_for(how).unwrap();
        let params = CertificateParams::new(Vec::<String>::new()).unwrap();
        X509::from_der(params.self_signed(&key).unwrap().der()).unwrap()
    }

    #[test]
    fn a_login_is_bound_to_the_certificate_hashed_as_it_was_signed() {
        let (short, long) = (signed(&rcgen::PKCS_ECDSA_P256_SHA256), signed(&rcgen::PKCS_ECDSA_P384_SHA384));

        assert_eq!(end_point(&short), Some(Sha256::digest(short.to_der().unwrap()).to_vec()));
        assert_eq!(end_point(&long), Some(Sha384::digest(long.to_der().unwrap()).to_vec()));
        assert_eq!(end_point(&signed(&rcgen::PKCS_ED25519)), None);
    }

    #[test]
    fn this_library_knows_the_groups_that_are_asked_for() {
        let mut context = SslContextBuilder::new(SslMethod::tls_client()).unwrap();

        context.set_groups_list(GROUPS).unwrap();
    }
}
