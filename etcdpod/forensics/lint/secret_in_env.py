"""Secrets in the environment, worst of all in clear text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import field, members, text
from etcdpod.kube.model.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Container, Workload

SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|"
    r"CREDENTIALS?|[A-Z]*PASSWORD)(?:$|_(?!FILE|PATH|URL|NAME))",
    re.IGNORECASE,
)
"""Names of variables whose value is a secret more often than not."""

CLEAR: Final = "the value stands in clear text in etcd, and whoever may read the pod may read it"
VISIBLE: Final = (
    "child processes, crash reports and debug pages get it too, and a change needs a restart"
)


def _check(workload: Workload) -> Iterator[Breach]:
    for container in workload.containers:
        yield from _variables(container)
        for number, source in enumerate(members(container.spec, "envFrom")):
            name = text(source, "secretRef", "name")
            if name:
                path = f"{container.path}.envFrom[{number}].secretRef"
                yield Breach(path, f"Secret {name}", VISIBLE)


def _variables(container: Container) -> Iterator[Breach]:
    for variable in members(container.spec, "env"):
        name, value = text(variable, "name"), text(variable, "value")
        path = f"{container.path}.env[{name}]"
        if field(variable, "valueFrom", "secretKeyRef") is not None:
            reference = field(variable, "valueFrom", "secretKeyRef")
            shown = f"key {text(reference, 'key')} of Secret {text(reference, 'name')}"
            yield Breach(f"{path}.valueFrom.secretKeyRef", shown, VISIBLE)
        elif value and "$(" not in value and SECRET_NAME.search(name):
            yield Breach(f"{path}.value", MASK, CLEAR, "error")


PRACTICE = Practice("secret-in-env", "info", "mount the Secret as a file", _check)
