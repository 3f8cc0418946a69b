# SPDX-License-Identifier: ISC
"""A certificate authority for tests: a root, an intermediate, and leaves
right and wrong in every way a policy host or a mail host can be."""
import datetime
import ssl
from pathlib import Path
from typing import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Issuer:
    """A name and a key that sign certificates."""

    def __init__(self, name: str) -> None:
        self.name = _name(name)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey,
             names: Sequence[str] = (), is_ca: bool = False,
             begins: datetime.timedelta = -DAY,
             ends: datetime.timedelta = 30 * DAY) -> bytes:
        """A certificate, as PEM."""
        now = datetime.datetime.utcnow()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(self.name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins).not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(is_ca, None), True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(
                [x509.DNSName(name) for name in names]), False)
        if not is_ca:
            builder = builder.add_extension(x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH]), False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM)

    def certify(self, other: "Issuer") -> bytes:
        """Longer than any story that a test tells."""
        return self.sign(other.name, other.key.public_key(), is_ca=True,
                         ends=400 * DAY)


class Authority:
    """Its files: ca.pem (the root), and one .pem a leaf (chain and key)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.file = folder / "ca.pem"
        root = Issuer("Test Root")
        middle = Issuer("Test Intermediate")
        self._issuers = {"intermediate": middle,
                         "stranger": Issuer("Unknown Root")}
        self._chain = root.certify(middle)
        self._leaf = Issuer("leaf")
        self.file.write_bytes(root.certify(root))

    def issue(self, path: Path, *names: str, common_name: str = "",
              issuer: str = "intermediate", has_chain: bool = True,
              begins: datetime.timedelta = -DAY,
              ends: datetime.timedelta = 30 * DAY) -> Path:
        """Write leaf, chain and key to path. issuer: intermediate, stranger
        (an unknown root) or self; names are its DNS-IDs."""
        subject = _name(common_name or (names[0] if names else "nobody"))
        key = self._leaf.key
        if issuer == "self":
            self._leaf.name = subject
        signer = self._issuers.get(issuer, self._leaf)
        text = signer.sign(subject, key.public_key(), names,
                           begins=begins, ends=ends)
        if issuer == "intermediate" and has_chain:
            text += self._chain
        text += key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())
        path.write_bytes(text)
        return path

    def context(self, *names: str, **wrong: object) -> ssl.SSLContext:
        """A server's TLS context with such a leaf."""
        path = self.folder / f"leaf-{x509.random_serial_number():x}.pem"
        self.issue(path, *names, **wrong)  # type: ignore[arg-type]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context
