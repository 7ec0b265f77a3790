"""The schemas load lazily, in a pool of their own, and say what the tables say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from etcdpod.etcd import schema as etcd_schema
from etcdpod.kube import schema
from etcdpod.kube.schema.loader import DATA

POD = "k8s.io.api.core.v1.Pod"


def test_a_pod_loads_the_packages_that_it_imports_and_no_other() -> None:
    code = (
        f"from etcdpod.kube.schema import loader; loader.message_class('{POD}');"
        "print(loader._DESCRIPTORS._load.cache_info().currsize)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert int(out.stdout) == 5
    assert len(list(DATA.glob("*.binpb"))) > 85


def test_kinds_need_neither_descriptors_nor_the_protobuf_library() -> None:
    code = (
        "import sys; from etcdpod.kube import schema; assert len(schema.load_kinds()) > 400;"
        "assert 'google.protobuf' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_kind_has_a_message_and_facts_for_it() -> None:
    for row in schema.load_kinds():
        facts = schema.message_facts(row.message)
        assert facts.type_meta, row
        assert schema.message_class(row.message).DESCRIPTOR.full_name == row.message


def test_a_row_says_where_and_how_a_kind_is_stored() -> None:
    kinds = schema.kinds_by_name()
    service = kinds["v1", "Service"]
    assert (service.resource, service.key_prefix) == ("services", "services/specs")
    assert service.namespaced
    assert service.stored
    definition = kinds["apiextensions.k8s.io/v1", "CustomResourceDefinition"]
    assert definition.key_prefix == "apiextensions.k8s.io/customresourcedefinitions"
    assert definition.storage_version == "apiextensions.k8s.io/v1beta1"
    assert (definition.group, definition.version) == ("apiextensions.k8s.io", "v1")
    assert not kinds["v1", "PodList"].stored
    assert kinds["policy/v1beta1", "PodSecurityPolicy"].last == "1.28"
    assert kinds["route.openshift.io/v1", "Route"].resource == "routes"


def test_messages_nest_without_end_only_where_readers_count_the_levels() -> None:
    """Levels are counted where a message holds its own kind, and at JSON schemas' alternatives."""
    messages = {}
    for path in DATA.glob("*.json"):
        package = path.name.removesuffix(".json")
        if package.startswith(("k8s.io.", "github.com.")):
            for row in schema.loader._messages(package).values():
                messages[row.full_name] = row
    assert len(messages) > 1800
    counted = {
        name: row._replace(fields=tuple(f for f in row.fields if not _is_counted(row, f, messages)))
        for name, row in messages.items()
    }
    assert [name for name in messages if _reaches(counted, name, name)] == []
    assert {name.rpartition(".")[2] for name in messages if _reaches(messages, name, name)} == {
        "CompositePodGroupTemplate",
        "JSONSchemaProps",
        "JSONSchemaPropsOrArray",
        "JSONSchemaPropsOrBool",
        "JSONSchemaPropsOrStringArray",
    }


def _is_counted(
    row: schema.Message, field: schema.Field, messages: dict[str, schema.Message]
) -> bool:
    if not field.is_message:
        return False
    return field.type == row.full_name or messages[field.type].json_form.startswith("schemaor")


def _reaches(messages: dict[str, schema.Message], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for field in messages[waiting.pop()].fields:
            if field.is_message and field.type not in seen:
                if field.type == goal:
                    return True
                seen.add(field.type)
                waiting.append(field.type)
    return False


def test_etcd_messages_keep_presence() -> None:
    entry = etcd_schema.message_class("raftpb.Entry")
    assert not entry().HasField("Type")
    assert entry.FromString(bytes.fromhex("080010021805")).HasField("Type")
    request = etcd_schema.message_class("etcdserverpb.InternalRaftRequest")()
    request.txn.compare.add(target=2, mod_revision=0)
    parsed = type(request).FromString(request.SerializeToString())
    assert parsed.txn.compare[0].WhichOneof("target_union") == "mod_revision"
    state = etcd_schema.message_class("raftpb.ConfState")
    assert list(state.FromString(b"\x08\x01\x08\x02").voters) == [1, 2]
    assert list(state.FromString(b"\x0a\x02\x01\x02").voters) == [1, 2]


def test_messages_do_not_meet_those_of_other_libraries() -> None:
    from google.protobuf import descriptor_pool

    etcd_schema.message_class("mvccpb.KeyValue")
    schema.message_class(POD)
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName(POD)


@pytest.mark.parametrize("name", ["k8s.io.api.core.v1.Nothing", "no.such.package.Pod", "Pod"])
def test_a_name_that_does_not_exist_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        schema.message_class(name)
    with pytest.raises(KeyError):
        schema.message_facts(name)
