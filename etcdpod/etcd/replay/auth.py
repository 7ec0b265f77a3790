"""etcd's users, roles and permissions, as far as they decide whether a logged request took effect.

References:
    https://github.com/etcd-io/etcd/blob/main/server/auth/store.go
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/apply/apply_auth.go
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = "root"
READ, WRITE, READWRITE = 0, 1, 2
"""authpb.Permission types."""
FROM_KEY = b"\0"

Span = tuple[bytes, bytes | None]
"""Start and end of a key range; an end of None means unbounded."""


@dataclass(slots=True)
class AuthStore:
    """The contents of etcd's auth buckets, without passwords."""

    enabled: bool = False
    revision: int = 1
    """Incremented by every change; a request that carries an older revision is refused."""
    users: dict[str, set[str]] = field(default_factory=dict)
    """Roles of each user."""
    roles: dict[str, dict[Span, int]] = field(default_factory=dict)
    """Permission types by key range, for each role."""

    def permits(self, user: str, revision: int, key: bytes, end: bytes, wanted: int) -> bool:
        """Whether ``user``, authenticated at auth ``revision``, may read or write a key range."""
        if not self.enabled:
            return True
        roles = self.users.get(user)
        if revision == 0 or revision < self.revision or roles is None:
            return False
        return ROOT in roles or _covers(self._granted(roles, wanted), _span(key, end))

    def is_admin(self, user: str) -> bool:
        """Whether ``user`` may change users and roles."""
        return not self.enabled or ROOT in self.users.get(user, ())

    def _granted(self, roles: set[str], wanted: int) -> list[Span]:
        return [
            span
            for role in roles
            for span, granted in self.roles.get(role, {}).items()
            if granted in (wanted, READWRITE)
        ]

    def apply(self, name: str, request: Any) -> None:
        """Apply one admitted request; ``name`` is its InternalRaftRequest field."""
        change = _CHANGES.get(name)
        if change is not None and change(self, request):
            self.revision += 1


def _enable(store: AuthStore, _: Any) -> bool:
    store.enabled = store.enabled or ROOT in store.users.get(ROOT, ())
    return False


def _disable(store: AuthStore, _: Any) -> bool:
    changed, store.enabled = store.enabled, False
    return changed


def _user_add(store: AuthStore, request: Any) -> bool:
    if not request.name or request.name in store.users:
        return False
    store.users[request.name] = set()
    return True


def _user_delete(store: AuthStore, request: Any) -> bool:
    if store.enabled and request.name == ROOT:
        return False
    return store.users.pop(request.name, None) is not None


def _user_change_password(store: AuthStore, request: Any) -> bool:
    return request.name in store.users


def _user_grant_role(store: AuthStore, request: Any) -> bool:
    roles = store.users.get(request.user)
    exists = request.role == ROOT or request.role in store.roles
    if roles is None or not exists or request.role in roles:
        return False
    roles.add(request.role)
    return True


def _user_revoke_role(store: AuthStore, request: Any) -> bool:
    roles = store.users.get(request.name, set())
    is_last_resort = store.enabled and request.name == ROOT and request.role == ROOT
    if is_last_resort or request.role not in roles:
        return False
    roles.discard(request.role)
    return True


def _role_add(store: AuthStore, request: Any) -> bool:
    if not request.name or request.name in store.roles:
        return False
    store.roles[request.name] = {}
    return True


def _role_delete(store: AuthStore, request: Any) -> bool:
    if store.enabled and request.role == ROOT:
        return False
    if store.roles.pop(request.role, None) is None:
        return False
    for roles in store.users.values():
        roles.discard(request.role)
    return True


def _role_grant_permission(store: AuthStore, request: Any) -> bool:
    role = store.roles.get(request.name)
    if role is None or not request.HasField("perm"):
        return False
    role[_span(request.perm.key, request.perm.range_end)] = request.perm.permType
    return True


def _role_revoke_permission(store: AuthStore, request: Any) -> bool:
    role = store.roles.get(request.role, {})
    return role.pop(_span(request.key, request.range_end), None) is not None


_CHANGES: dict[str, Callable[[AuthStore, Any], bool]] = {
    "auth_enable": _enable,
    "auth_disable": _disable,
    "auth_user_add": _user_add,
    "auth_user_delete": _user_delete,
    "auth_user_change_password": _user_change_password,
    "auth_user_grant_role": _user_grant_role,
    "auth_user_revoke_role": _user_revoke_role,
    "auth_role_add": _role_add,
    "auth_role_delete": _role_delete,
    "auth_role_grant_permission": _role_grant_permission,
    "auth_role_revoke_permission": _role_revoke_permission,
}


def _span(key: bytes, end: bytes) -> Span:
    if not end:
        return key, key + b"\0"
    return key, None if end == FROM_KEY else end


def _covers(granted: list[Span], wanted: Span) -> bool:
    """Whether the union of ranges contains all of one range."""
    reached, end = wanted
    for begin, stop in sorted(granted, key=lambda span: span[0]):
        if begin > reached:
            return False
        if stop is None:
            return True
        reached = max(reached, stop)
        if end is not None and reached >= end:
            return True
    return False


class Permissions:
    """Whether logged requests were permitted, by the rules of etcd's apply loop.

    Args:
        store: the current users and roles.
        leases: the current keys of each lease.
    """

    def __init__(self, store: AuthStore, leases: Mapping[int, set[bytes]]) -> None:
        self._store = store
        self._leases = leases

    def put(self, request: Any, header: Any) -> bool:
        """Whether a PutRequest was permitted."""
        return (
            self._permits(header, request.key, b"", WRITE)
            and self.lease(request.lease, header)
            and (not request.prev_kv or self._permits(header, request.key, b"", READ))
        )

    def delete_range(self, request: Any, header: Any) -> bool:
        """Whether a DeleteRangeRequest was permitted."""
        span = request.key, request.range_end
        return self._permits(header, *span, WRITE) and (
            not request.prev_kv or self._permits(header, *span, READ)
        )

    def lease(self, lease: int, header: Any) -> bool:
        """Whoever changes a lease must have write permission for all keys attached to it."""
        if self._store.is_admin(header.username):
            return True
        keys = self._leases.get(lease, ())
        return all(self._permits(header, key, b"", WRITE) for key in keys)

    def txn(self, request: Any, header: Any) -> bool:
        """Both branches of a TxnRequest must be permitted, whichever is taken."""
        return all(
            self._permits(header, compare.key, compare.range_end, READ)
            for compare in request.compare
        ) and all(
            self._operation(operation, header) for operation in (*request.success, *request.failure)
        )

    def _operation(self, operation: Any, header: Any) -> bool:
        kind = operation.WhichOneof("request")
        if kind == "request_put":
            return self._permits(header, operation.request_put.key, b"", WRITE)
        if kind == "request_delete_range":
            return self.delete_range(operation.request_delete_range, header)
        if kind == "request_range":
            wanted = operation.request_range
            return self._permits(header, wanted.key, wanted.range_end, READ)
        return kind is None or self.txn(operation.request_txn, header)

    def _permits(self, header: Any, key: bytes, end: bytes, wanted: int) -> bool:
        return self._store.permits(header.username, header.auth_revision, key, end, wanted)
