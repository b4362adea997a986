"""Makes certificates with dates of one's choice, past ones too, with the openssl program.

openssl lets a certificate begin and end in the past only when it works as an
authority, with a configuration and a record of its own; both are thrown away.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bed import system
from bed.plan import Certificate, Node

_PKI = Path("etc/kubernetes/pki")
_CONFIGURATION = """
[req]
distinguished_name = subject
[subject]
[ca]
default_ca = signer
[signer]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = {usage}
"""


def _date(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def make(node: Node, certificate: Certificate) -> None:
    """Makes a key and its certificate."""
    whole = node.root / certificate.path
    key, target = whole.with_suffix(".key"), whole.with_suffix(".crt")
    key.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        configuration, request = Path(folder, "configuration"), Path(folder, "request")
        names = f"subjectAltName = DNS:{node.name}\n" if certificate.usage == "serverAuth" else ""
        configuration.write_text(_CONFIGURATION.format(folder=folder, usage=certificate.usage) + names)
        Path(folder, "index").touch()
        key.touch(0o600)
        system.call(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key)])
        asking = ["openssl", "req", "-new", "-config", str(configuration), "-subj", certificate.subject]
        system.call([*asking, "-key", str(key), "-out", str(request)])
        signer = node.root / _PKI / certificate.authority
        own = ["-selfsign", "-keyfile", str(key)]
        others = ["-cert", f"{signer}.crt", "-keyfile", f"{signer}.key"]
        signing = ["openssl", "ca", "-batch", "-notext", "-config", str(configuration), "-extensions", "leaf"]
        dates = ["-startdate", _date(certificate.begins), "-enddate", _date(certificate.ends)]
        signing += [*dates, *(others if certificate.authority else own)]
        system.call([*signing, "-in", str(request), "-out", str(target)])
    target.chmod(0o644)
