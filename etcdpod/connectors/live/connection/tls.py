"""TLS files and certificates: checked before connecting, described when one is rejected."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etcdpod.errors import SourceError

if TYPE_CHECKING:
    from etcdpod.connectors.live.connection.options import LiveOptions

MAX_PEM_SIZE = 4 << 20
"""Size limit in bytes of a certificate bundle."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of a TLS connection, and their contents."""

    cacert_path: str | None = None
    cert_path: str | None = None
    key_path: str | None = None
    cacert: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = None


def load_tls_files(options: LiveOptions) -> TlsFiles:
    """Reads the named files and checks that they can be used together.

    Raises:
        SourceError: a file is missing, unreadable or not PEM, or the key does not match.
    """
    files = TlsFiles(
        options.cacert,
        options.cert,
        options.key,
        *(_read_pem(path) for path in (options.cacert, options.cert, options.key)),
    )
    client_context(files, verify=True)
    return files


def client_context(files: TlsFiles, *, verify: bool) -> ssl.SSLContext:
    """A standard-library context with these files; offers HTTP/2.

    Raises:
        SourceError: a file does not contain what its flag requires.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        if files.cacert_path is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=files.cacert_path)
    except (ssl.SSLError, OSError) as error:
        raise _unusable(files.cacert_path, "no CA certificate in PEM", error) from None
    if files.cert_path is not None:
        if files.key is not None and b"ENCRYPTED" in files.key:
            raise SourceError(
                "this key is protected by a passphrase",
                path=files.key_path,
                next_step="take the passphrase off with openssl pkey",
            )
        try:
            context.load_cert_chain(files.cert_path, files.key_path)
        except (ssl.SSLError, OSError, ValueError) as error:
            raise _chain_error(files, error) from None
    return context


def system_roots() -> bytes | None:
    """The system's CA bundle, for servers whose CA is not given; None if there is none."""
    cafile = ssl.get_default_verify_paths().cafile
    return None if cafile is None else _read_pem(cafile)


def describe_certificate(data: bytes) -> str:
    """Subject and issuer of a certificate (PEM or DER); empty if it cannot be parsed."""
    certificate = _load(data)
    if certificate is None:
        return ""
    subject = _name(certificate.subject)
    issuer = _name(certificate.issuer)
    by = "itself" if certificate.subject == certificate.issuer else f"'{issuer}'"
    return f"'{subject}', issued by {by}"


def certificate_names(data: bytes) -> tuple[str, ...]:
    """The DNS names and IP addresses for which a certificate (PEM or DER) is valid."""
    from cryptography import x509

    certificate = _load(data)
    if certificate is None:
        return ()
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    names = extension.value
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def expiry_problem(data: bytes, now: datetime | None = None) -> str:
    """Why a certificate (PEM or DER) is not valid now, as a clause; empty if it is."""
    certificate = _load(data)
    if certificate is None:
        return ""
    now = datetime.now(UTC) if now is None else now
    if now > certificate.not_valid_after_utc:
        days = (now - certificate.not_valid_after_utc).days
        return f"expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, {days} days ago"
    if now < certificate.not_valid_before_utc:
        return f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    return ""


def _load(data: bytes) -> Any:
    from cryptography import x509

    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        return None


def _name(name: Any) -> str:
    from cryptography.x509.oid import NameOID

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string() or "no name"


def _read_pem(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_PEM_SIZE)
    except PermissionError:
        raise SourceError(
            "this file may not be read by you", path=path, next_step="run this with sudo"
        ) from None
    except OSError as error:
        raise SourceError(
            f"cannot be read ({error.strerror})", path=path, next_step="check the TLS flags"
        ) from None
    if b"-----BEGIN" not in data:
        raise SourceError("not a PEM file", path=path, next_step="convert it with openssl")
    return data


def _chain_error(files: TlsFiles, error: Exception) -> SourceError:
    reason = getattr(error, "reason", None) or str(error)
    if "KEY_VALUES_MISMATCH" in reason:
        return SourceError(
            f"this key does not belong to the certificate {files.cert_path}",
            path=files.key_path,
            next_step="name the pair that was made together",
        )
    return _unusable(f"{files.cert_path} or {files.key_path}", "no certificate and key", error)


def _unusable(path: str | None, what: str, error: Exception) -> SourceError:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return SourceError(
        f"{what} here ({reason})", path=path or "system CAs", next_step="check the TLS flags"
    )
