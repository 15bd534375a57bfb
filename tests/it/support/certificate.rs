//! Certificates of this run: an authority, a server's certificate it vouches for, and another authority.

use std::path::PathBuf;
use std::sync::OnceLock;

use crmctl::local::ServerCertificate;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::cluster::Which;

/// Everything about trust in these tests.
pub(crate) struct Certificates {
    root: String,
    stranger: String,
    server: ServerCertificate,
}

impl Certificates {
    /// Made once per process.
    pub(crate) fn get() -> &'static Self {
        static MADE: OnceLock<Certificates> = OnceLock::new();
        MADE.get_or_init(Self::make)
    }

    /// The file of the authority that vouches for the server.
    pub(crate) fn root(&self) -> PathBuf {
        written("root.crt", &self.root)
    }

    /// The file of an authority that does not.
    pub(crate) fn stranger(&self) -> PathBuf {
        written("stranger.crt", &self.stranger)
    }

    /// What the server is given: valid for `localhost`, and not for `127.0.0.1`.
    pub(super) fn server(&self) -> ServerCertificate {
        self.server.clone()
    }

    fn make() -> Self {
        let (root, stranger) = (authority("a root"), authority("a stranger"));
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &root).unwrap();
        let server = ServerCertificate { certificate: certificate.pem(), key: key.serialize_pem() };
        Self { root: root.pem(), stranger: stranger.pem(), server }
    }
}

/// Writes a file into the server's folder, which is gone with the server.
fn written(name: &str, text: &str) -> PathBuf {
    let path = Which::Network.cluster().address().socket_folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
