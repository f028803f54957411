"""Secure connections: the certificate is judged by the host's name, although the connection goes to an address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chat_app.tools import network as network_module
from chat_app.tools.network import Network
from chat_app.tools.network_errors import NotReachable
from chat_app.tools.policy import NetworkPolicy
from tests.tools.web_server import web_server


def certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = certificate(tmp_path, "api.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    network_module._tls.cache_clear()
    yield file
    network_module._tls.cache_clear()


async def resolver(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_the_certificate_is_judged_by_the_hosts_name(trusted: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(trusted)
    network = Network(NetworkPolicy(allowed=frozenset({"api.test", "other.test"})), resolver)
    async with web_server(tls=tls) as web:
        web.says("/", "secure")
        assert (await network.request("GET", f"https://api.test:{web.port}/")).text == "secure"
        with pytest.raises(NotReachable, match=r"CERTIFICATE_VERIFY_FAILED|certificate"):
            await network.request("GET", f"https://other.test:{web.port}/")
        assert len(web.asked) == 1


async def test_a_certificate_nobody_vouches_for_is_refused(trusted: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate(stranger, "api.test"))
    network = Network(NetworkPolicy(allowed=frozenset({"api.test"})), resolver)
    async with web_server(tls=tls) as web:
        with pytest.raises(NotReachable):
            await network.request("GET", f"https://api.test:{web.port}/")
        assert web.asked == []
