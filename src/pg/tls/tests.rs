//! A server of this process, and certificates of every kind.

use ::openssl::pkey::PKey;
use ::openssl::ssl::{
    ClientHelloResponse, NameType, Ssl, SslAcceptor, SslAcceptorBuilder, SslMethod, SslVersion,
};
use ::openssl::x509::X509;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_openssl::SslStream;

use super::*;
use crate::environment::UrlDefaults;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Valid for a name, an address and the hosts of a domain.
fn valid() -> CertificateParams {
    let names = ["db.example.com", "192.0.2.7", "*.pooler.example.com"];
    CertificateParams::new(names.map(str::to_owned)).unwrap()
}

/// Somebody who answers with a certificate, as PostgreSQL 15 does.
fn server(params: &CertificateParams, issuer: &Authority) -> SslAcceptorBuilder {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let mut server = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    server.set_certificate(&X509::from_der(certificate.der()).unwrap()).unwrap();
    server.set_private_key(&PKey::private_key_from_der(&key.serialize_der()).unwrap()).unwrap();
    server.set_groups_list("P-256").unwrap();
    server
}

/// The name that the server was asked for, and how often the client had to begin; or why there is no connection.
async fn meet(mut server: SslAcceptorBuilder, url: &str) -> Result<(Option<String>, usize), String> {
    let url = DatabaseUrl::parse(url, &UrlDefaults::default()).unwrap();
    let connector = Connector::new(&url).map_err(|error| error.to_string())?;
    let (begun, hellos) = std::sync::mpsc::channel();
    server.set_client_hello_callback(move |_, _| {
        begun.send(()).unwrap();
        Ok(ClientHelloResponse::SUCCESS)
    });
    let (near, far) = tokio::io::duplex(64 * 1024);
    let mut there = SslStream::new(Ssl::new(server.build().context()).unwrap(), far).unwrap();
    let captured = connector.captured();
    let (_, here) = tokio::join!(Pin::new(&mut there).accept(), connector.connect(Shared::new(near)));
    here.map_err(|error| error.to_string())?;

    let mut here = captured.take().expect("a handle is left behind");
    there.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    here.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    Ok((there.ssl().servername(NameType::HOST_NAME).map(str::to_owned), hellos.try_iter().count()))
}

/// The address of one of the server's names, with a file of certificates to trust.
fn asking(host: &str, mode: &str, roots: &std::path::Path) -> String {
    format!("postgresql://{host}/postgres?sslmode={mode}&sslrootcert={}", roots.display())
}

/// A file of certificates.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[tokio::test]
async fn begins_with_the_key_that_servers_take_and_so_only_once() {
    let root = authority("a root");
    let url = "postgresql://db.example.com/postgres?sslmode=require";
    let mut other = server(&valid(), &root);
    other.set_groups_list("P-384").unwrap();
    let mut newer = server(&valid(), &root);
    newer.set_groups_list("X25519:P-256").unwrap();

    assert_eq!(meet(server(&valid(), &root), url).await.unwrap().1, 1);
    assert_eq!(meet(newer, url).await.unwrap().1, 1);
    assert_eq!(meet(other, url).await.unwrap().1, 2, "who takes another key asks for it, and gets it");
}

#[tokio::test]
async fn names_the_host_it_wants_but_no_address() {
    let root = authority("a root");
    let name = async |host: &str| {
        let url = format!("postgresql://{host}/postgres?sslmode=require");
        meet(server(&valid(), &root), &url).await.unwrap().0
    };

    assert_eq!(name("db.example.com").await.as_deref(), Some("db.example.com"));
    assert_eq!(name("192.0.2.7").await, None);
    assert_eq!(name("[2001:db8::7]").await, None);
}

#[tokio::test]
async fn each_mode_looks_at_what_libpq_would_look_at() {
    let (root, stranger) = (authority("a root"), authority("a stranger"));
    let (known, unknown) = (file(&root.pem()), file(&stranger.pem()));
    let verdict = async |host: &str, mode: &str, roots: &tempfile::NamedTempFile| {
        meet(server(&valid(), &root), &asking(host, mode, roots.path())).await.err().unwrap_or_default()
    };

    for host in ["db.example.com", "192.0.2.7", "eu.pooler.example.com"] {
        assert_eq!(verdict(host, "verify-full", &known).await, "", "{host}");
    }
    for host in ["other.example.com", "a.b.pooler.example.com", "192.0.2.8", "pooler.example.com"] {
        let said = verdict(host, "verify-full", &known).await.to_lowercase();
        assert!(said.contains("certificate verify failed: ") && said.contains("mismatch"), "{host}: {said}");
        assert_eq!(verdict(host, "verify-ca", &known).await, "", "{host}");
    }
    for mode in ["verify-full", "verify-ca", "require"] {
        let said = verdict("db.example.com", mode, &unknown).await;
        assert!(said.contains("issuer certificate"), "{mode}: {said}");
    }
    assert_eq!(verdict("db.example.com", "prefer", &unknown).await, "");
}

#[tokio::test]
async fn the_system_does_not_know_a_private_authority() {
    let root = authority("a root");
    let url = |mode| format!("postgresql://db.example.com/postgres?sslmode={mode}");

    assert!(meet(server(&valid(), &root), &url("require")).await.is_ok());
    for mode in ["verify-ca", "verify-full"] {
        let said = meet(server(&valid(), &root), &url(mode)).await.unwrap_err();
        assert!(said.contains("certificate verify failed: "), "{said}");
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_called_so() {
    let root = authority("a root");
    let known = file(&root.pem());
    let mut old = valid();
    (old.not_before, old.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));

    let said =
        meet(server(&old, &root), &asking("db.example.com", "verify-ca", known.path())).await.unwrap_err();
    assert_eq!(said, "certificate verify failed: certificate has expired");
}

#[tokio::test]
async fn a_file_may_hold_several_certificates_and_each_counts() {
    let (first, second) = (authority("first"), authority("second"));
    let both = file(&format!("# our own\n{}\n# theirs\r\n{}", first.pem(), second.pem()));

    for issuer in [&first, &second] {
        let url = asking("db.example.com", "verify-full", both.path());
        meet(server(&valid(), issuer), &url).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_without_a_certificate_vouches_for_nobody_and_is_told() {
    let root = authority("a root");
    let verdict = async |text: &str| {
        let roots = file(text);
        meet(server(&valid(), &root), &asking("db.example.com", "verify-ca", roots.path())).await.unwrap_err()
    };

    assert!(verdict("").await.ends_with("holds no PEM certificate"));
    assert!(verdict("not a certificate").await.ends_with("holds no PEM certificate"));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(verdict(broken).await.contains("is no PEM certificate: "));
    let missing = meet(server(&valid(), &root), &asking("h", "verify-ca", "/nowhere/ca.crt".as_ref())).await;
    assert!(missing.unwrap_err().starts_with("cannot read the root certificate `/nowhere/ca.crt`: "));
}

#[tokio::test]
async fn does_not_speak_what_is_older_than_tls_1_2() {
    let root = authority("a root");
    let url = "postgresql://db.example.com/postgres?sslmode=require";
    let most = |version| {
        let mut server = server(&valid(), &root);
        server.clear_options(::openssl::ssl::SslOptions::NO_TLSV1_1);
        server.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        server.set_max_proto_version(Some(version)).unwrap();
        server
    };

    assert!(meet(most(SslVersion::TLS1_2), url).await.is_ok());
    assert!(meet(most(SslVersion::TLS1_1), url).await.is_err());
}
