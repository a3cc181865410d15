"""The platform's small certificate authority: its own certificate, and one for the broker and the console.

Keys are P-256. The authority's key signs nothing but servers of this installation and can stay off the network.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from campus.errors import SettingsError

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # what browsers take at most
EARLIER = timedelta(hours=1)  # clocks of devices are not all right


class Files(msgspec.Struct, frozen=True):
    """Where certificates and keys lie; keys can be read by their owner alone."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate: what devices are given."""
        return self.folder / "authority.crt"

    @property
    def authority_key(self) -> Path:
        """The authority's key: the secret of the installation."""
        return self.folder / "authority.key"

    @property
    def server(self) -> Path:
        """The certificate of broker and console."""
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        """Its key."""
        return self.folder / "server.key"


def make_authority(files: Files, name: str, now: datetime) -> None:
    """Make the authority; one that exists is kept, for devices trust it."""
    if files.authority.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Campus authority of {name}"[:64])])
    made = (
        _certificate(who, who, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(files.authority_key, key)
    files.authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def certify_server(files: Files, hosts: Sequence[str], now: datetime) -> None:
    """A new certificate and key for the servers that answer to ``hosts`` (names and addresses).

    Raises `SettingsError` when there is no authority or no host.
    """
    if not hosts:
        raise SettingsError("certificate", "it names no host", "Name those that devices and browsers use")
    issuer, issuer_key = _authority(files)
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    made = (
        _certificate(who, issuer.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write_key(files.server_key, key)
    files.server.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def fingerprint(pem: bytes) -> str:
    """SHA-256 of a certificate in hexadecimal digits: what an enrolment code says of the authority."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


def ends_at(path: Path) -> datetime:
    """When a certificate ends; raises `SettingsError` when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise SettingsError(str(path), f"is no certificate that can be read: {error}", "Make or name another") from None


def _authority(files: Files) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        key = serialization.load_pem_private_key(files.authority_key.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(files.authority.read_bytes())
    except OSError as error:
        raise SettingsError(str(files.folder), f"holds no authority: {error.strerror}", "Run `campus init`") from None
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return certificate, key


def _certificate(
    who: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
