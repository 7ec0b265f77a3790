"""What ``verify`` can and cannot ask of running members."""

from __future__ import annotations

import signal

from etcdpod.forensics.verify import CHECKS, VerifiedSource, verify
from etcdpod.history.lives import Registry
from etcdpod.kube.codec import Decoder


def subject_of(connector) -> VerifiedSource:
    return VerifiedSource(Registry(connector, Decoder()))


def test_members_that_agree_and_one_that_does_not(etcds, connect):
    members = etcds.cluster(3)
    for number in range(8):
        members[0].ctl("put", f"/registry/things/{number % 3}", "an-original-value")
    members[0].ctl("del", "/registry/things/0")
    members[0].ctl("compact", "4")
    connector = connect(",".join(member.address for member in members))
    subject = subject_of(connector)
    assert [one for one in verify(subject) if one.check != "undecodable"] == []
    obstacles = {check.name: check.obstacle(subject) for check in CHECKS}
    possible = {name for name, why in obstacles.items() if not why}
    assert possible == {"revisions", "values", "members"}

    members[2].signal(signal.SIGTERM)
    members[2].process.wait()
    database = members[2].data_dir / "member" / "snap" / "db"
    data = database.read_bytes()
    database.write_bytes(data.replace(b"an-original-value", b"an-other-one-here"))
    members[2].start()
    found = [one for one in verify(subject_of(connector)) if one.check == "members"]
    assert len(found) == 1
    assert "m2" in found[0].what
    assert found[0].is_damage
