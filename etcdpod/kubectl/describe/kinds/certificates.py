"""CertificateSigningRequests: the requesting user and the requested names."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.age import human_duration
from etcdpod.kubectl.describe.describer import Describer, heading, moment
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.tables.printer import format_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.x509 import CertificateSigningRequest, Name, ObjectIdentifier

    from etcdpod.kubectl.describe.describer import Around

SUBJECT: Final = (
    ("Organization", "ORGANIZATION_NAME"),
    ("Organizational Unit", "ORGANIZATIONAL_UNIT_NAME"),
    ("Country", "COUNTRY_NAME"),
    ("Locality", "LOCALITY_NAME"),
    ("Province", "STATE_OR_PROVINCE_NAME"),
    ("StreetAddress", "STREET_ADDRESS"),
    ("PostalCode", "POSTAL_CODE"),
)


def _request(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing, namespace=False)
    yield f"Labels:\t{format_labels(dig(thing, 'metadata', 'labels'))}"
    yield f"Annotations:\t{format_labels(dig(thing, 'metadata', 'annotations'))}"
    yield f"CreationTimestamp:\t{moment(dig(thing, 'metadata', 'creationTimestamp'))}"
    yield f"Requesting User:\t{text_at(spec, 'username')}"
    if spec.get("signerName"):
        yield f"Signer:\t{spec['signerName']}"
    if spec.get("expirationSeconds") is not None:
        yield f"Requested Duration:\t{human_duration(spec['expirationSeconds'])}"
    yield f"Status:\t{_status(thing)}"
    request = _parsed(text_at(spec, "request"))
    yield "Subject:"
    if request is None:
        yield "  <the request is no certificate request in PEM>"
    else:
        yield from _subject(request.subject)
        yield from _alternative_names(request)


def _status(thing: dict[str, Any]) -> str:
    conditions = dig(thing, "status", "conditions") or ()
    types = {text_at(condition, "type") for condition in conditions}
    decision = "Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"
    issued = ",Issued" if dig(thing, "status", "certificate") else ""
    return decision + (",Failed" if "Failed" in types else "") + issued


def _parsed(request: str) -> CertificateSigningRequest | None:
    from cryptography import x509

    try:
        return x509.load_pem_x509_csr(base64.b64decode(request, validate=True))
    except (binascii.Error, ValueError):
        return None


def _values(subject: Name, kind: ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in subject.get_attributes_for_oid(kind)]


def _subject(subject: Name) -> Iterator[str]:
    from cryptography.x509.oid import NameOID

    # Of several common names, Go keeps the last.
    for title, kind in (
        ("Common Name", NameOID.COMMON_NAME),
        ("Serial Number", NameOID.SERIAL_NUMBER),
    ):
        yield f"\t{title}:\t{(_values(subject, kind) or [''])[-1]}"
    for title, name in SUBJECT:
        yield from _listed(title, _values(subject, getattr(NameOID, name)))


def _alternative_names(request: CertificateSigningRequest) -> Iterator[str]:
    from cryptography import x509

    try:
        extension = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return
    names = extension.value
    yield "Subject Alternative Names:"
    yield from _listed("DNS Names", names.get_values_for_type(x509.DNSName))
    yield from _listed("Email Addresses", names.get_values_for_type(x509.RFC822Name))
    yield from _listed("URIs", names.get_values_for_type(x509.UniformResourceIdentifier))
    addresses = names.get_values_for_type(x509.IPAddress)
    yield from _listed("IP Addresses", [str(address) for address in addresses])


def _listed(title: str, values: list[str]) -> Iterator[str]:
    if values:
        yield f"\t{title}:\t{values[0]}"
        yield from (f"\t\t{value}" for value in values[1:])


CERTIFICATE_SIGNING_REQUEST = Describer(
    "CertificateSigningRequest", _request, ("certificates.k8s.io",)
)
