"""JSONPath templates with the results that kubectl's documentation and its own tests give."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etcdpod.errors import UsageError
from etcdpod.kubectl.formats.custom_columns import parse_columns, parse_columns_file
from etcdpod.kubectl.formats.jsonpath import JSONPath, go_text
from etcdpod.kubectl.formats.jsonpath_syntax import relaxed
from etcdpod.kubectl.formats.table import table

TYPES = {
    "bools": [True, False, True, False],
    "integers": [1, 2, 3, 4],
    "floats": [1.0, 2.2, 3.3, 4.0],
    "strings": ["one", "two", "three", "four"],
    "mixed": [True, "one", 1, 1.1],
    "maps": [{"name": "one", "value": 1}, {"name": "two", "value": 2.02}, {"name": "three"}],
}
NODES = {
    "kind": "List",
    "items": [
        {
            "kind": "None",
            "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "127.0.0.1"}},
            "status": {
                "capacity": {"cpu": "4"},
                "ready": True,
                "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.1"}],
            },
        },
        {
            "kind": "None",
            "metadata": {"name": "127.0.0.2", "labels": {"kubernetes.io/hostname": "127.0.0.2"}},
            "status": {
                "capacity": {"cpu": "8"},
                "ready": False,
                "addresses": [
                    {"type": "LegacyHostIP", "address": "127.0.0.2"},
                    {"type": "another", "address": "127.0.0.3"},
                ],
            },
        },
    ],
    "users": [
        {"name": "myself", "user": {}},
        {"name": "e2e", "user": {"username": "admin", "password": "secret"}},
    ],
}
STORE = {
    "Name": "jsonpath",
    "Book": [
        {"Category": "reference", "Author": "Nigel Rees", "Price": 8.95},
        {"Category": "fiction", "Author": "Evelyn Waugh", "Price": 12.99},
        {"Category": "fiction", "Author": "Herman Melville", "Price": 8.99},
    ],
    "Bicycle": [
        {"Color": "red", "Price": 19.95, "IsNew": True},
        {"Color": "green", "Price": 20.01, "IsNew": False},
    ],
    "Labels": {"engineer": 10, "web/html": 15, "k8s-app": 20},
}
CONTAINERS = {"spec": {"containers": [{"name": f"fake{n}"} for n in range(6)]}}


@pytest.mark.parametrize(
    ("template", "data", "text"),
    [
        ("hello jsonpath", None, "hello jsonpath"),
        ("kind is {.kind}", NODES, "kind is List"),
        ("{.kind}, {['kind']}", NODES, "List, List"),
        ("{.items[*].metadata.name}", NODES, "127.0.0.1 127.0.0.2"),
        ("{.users[0].name}", NODES, "myself"),
        ("{.items[*]['metadata.name', 'status.capacity']}", NODES,
         '127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}'),
        ('{.users[?(@.name=="e2e")].user.password}', NODES, "secret"),
        ("{range .items[*]}[{.metadata.name}, {.status.capacity}] {end}", NODES,
         '[127.0.0.1, {"cpu":"4"}] [127.0.0.2, {"cpu":"8"}] '),
        ("{range .items[*]}{.metadata.name}{'\\t'}{end}", NODES, "127.0.0.1\t127.0.0.2\t"),
        ('{range .items[*]}{.metadata.name}{"\\t"}{end}', NODES, "127.0.0.1\t127.0.0.2\t"),
        ("{range .items[*]}{.metadata.name}, {end}{.kind}", NODES, "127.0.0.1, 127.0.0.2, List"),
        ("{.items[*].status.addresses[*].address}", NODES, "127.0.0.1 127.0.0.2 127.0.0.3"),
        ("{range .items[*]}{range .status.addresses[*]}{.address}, {end}{end}", NODES,
         "127.0.0.1, 127.0.0.2, 127.0.0.3, "),
        (r"{.items[0].metadata.labels.kubernetes\.io/hostname}", NODES, "127.0.0.1"),
        (r"{.items[0].metadata.labels['kubernetes\.io/hostname']}", NODES, "127.0.0.1"),
        (r'{.items[?(@.metadata.labels.kubernetes\.io/hostname=="127.0.0.1")].kind}', NODES,
         "None"),
        ("{.items[?(@..ready==true)].metadata.name}", NODES, "127.0.0.1"),
        ("{..name}", NODES, "127.0.0.1 127.0.0.2 myself e2e"),
        ("{@.kind}{$.kind}", NODES, "ListList"),
        ("{.}", {"a": 1}, '{"a":1}'),
        ("{@}", {"b": "<", "a": None}, '{"a":null,"b":"\\u003c"}'),
        # slices
        ("{ .bools }", TYPES, "[true,false,true,false]"),
        ("{ .bools[0] }", TYPES, "true"),
        ("{ .bools[-1] }", TYPES, "false"),
        ("{ .bools[0:2] }", TYPES, "true false"),
        ("{ .bools[:4:2] }", TYPES, "true true"),
        ("{ .integers[-2] }", TYPES, "3"),
        ("{ .integers[*] }", TYPES, "1 2 3 4"),
        ("{ .floats }", TYPES, "[1,2.2,3.3,4]"),
        ("{ .floats[:4:2] }", TYPES, "1 3.3"),
        ("{ .strings }", TYPES, '["one","two","three","four"]'),
        ("{ .mixed[0:2] } { .mixed[2:] }", TYPES, "true one 1 1.1"),
        ("{ .maps[1::2] }", TYPES, '{"name":"two","value":2.02}'),
        ("{[1,3,4]}", [0, 1, 2, 3, 4], "1 3 4"),
        ("{[0:2]}", ["Monday", "Tuesday"], "Monday Tuesday"),
        ("{.spec.containers[0:0].name}", CONTAINERS, ""),
        ("{.spec.containers[9:9].name}", CONTAINERS, ""),
        ("{.spec.containers[0:-1].name}", CONTAINERS, "fake0 fake1 fake2 fake3 fake4"),
        ("{.spec.containers[-2:].name}", CONTAINERS, "fake4 fake5"),
        ("{.spec.containers[-6].name}", CONTAINERS, "fake0"),
        ("{.spec.containers[0:6:5].name}", CONTAINERS, "fake0 fake5"),
        ("{.spec.containers[1:4:4].name}", CONTAINERS, "fake1"),
        # filters
        ("{[?(@<5)]}", [2, 6, 3, 7], "2 3"),
        ("{[?(@>=6)]}", [2, 6, 3, 7], "6 7"),
        ("{.Book[?(@.Price<9.0)].Author}", STORE, "Nigel Rees Herman Melville"),
        ("{.Bicycle[?(@.IsNew==true)].Color}", STORE, "red"),
        ("{.Bicycle[?(@.IsNew!=true)].Color}", STORE, "green"),
        ("{.Bicycle[?(@.Color=~'^g.*n$')].Price}", STORE, "20.01"),
        ("{.maps[?(@.value)].name}", TYPES, "one two"),
        ("{.maps[?(@.value==1)].name}", {"maps": [{"name": "a", "value": 1}, {}]}, "a"),
        ('{.Book[?(@.Author=="a)b")]}', STORE, ""),
        ('{range .Book[?(.Category=="fiction")]}{.Author};{end}', STORE,
         "Evelyn Waugh;Herman Melville;"),
        # wildcards and recursion
        ("{.Labels.*}", STORE, "10 20 15"),
        ("{..Price}", STORE, "19.95 20.01 8.95 12.99 8.99"),
        ("{...Price}", STORE, "19.95 20.01 8.95 12.99 8.99"),
        ("{..Book[2].Author}", STORE, "Herman Melville"),
        ("{..}", [1, 2, 3], "[1,2,3]"),
        ("{.Labels.web/html} {.Labels.k8s-app}", STORE, "15 20"),
        # text
        ('{"{"}{"}"}', None, "{}"),
        ('{range .Bicycle[*]}{ "{" }{ @.Color }{ "} " }{end}', STORE, "{red} {green} "),
        (r"{'it\'s'}", None, "it's"),
        (r'{"\x41\u00e9\101"}', None, "AéA"),
        # what is missing is nothing; null is not missing
        ("before-{.hello}after", STORE, "before-after"),
        ("{.a.b.c}{.a[0]}", {"a": None}, ""),
        ("{.a}", {"a": None}, "<nil>"),
        ("{range .items[*]}{.metadata.name}{end}", {"items": []}, ""),
        ('{range .items[*]}{.a}{":"}{range @.b[*]}{.c}{","}{end}{"+"}{end}done', {"items": []},
         "done"),
        ("{range .a[*]}{@}", {"a": [1, 2]}, "12"),
        ("{.big}", {"big": 2**63}, "9.223372036854776e+18"),
        ("{.f} {.g}", {"f": 1234567.5, "g": 0.00001}, "1.2345675e+06 1e-05"),
    ],
)  # fmt: skip
def test_templates(template, data, text):
    assert JSONPath(template).render(data) == text


NESTED = {
    "items": [
        {
            "name": "pod1",
            "containers": [
                {"name": "foo", "another": [{"name": "v1"}, {"name": "v2"}]},
                {"name": "bar", "another": [{"name": "v1"}, {"name": "v2"}]},
            ],
        },
        {"name": "pod2", "containers": [{"name": "baz", "another": [{"name": "v1"}]}]},
    ]
}


def test_ranges_inside_ranges():
    template = (
        '{range .items[*]}{.name}{"~"}{range @.containers[*]}{.name}{":"}'
        '{range @.another[*]}{.name}{","}{end}{"+"}{end}{"#"}{end}'
    )

    assert JSONPath(template).render(NESTED) == "pod1~foo:v1,v2,+bar:v1,v2,+#pod2~baz:v1,+#"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{", "unclosed action"),
        ("{.a", "unclosed action"),
        ("{.a[}", "unterminated array"),
        ("{.a[0}", "unterminated array"),
        ("{.a[?(@.b]}", "unterminated filter"),
        ("{.a[?(@.b)}", "unclosed array expect ]"),
        ("{'abc}", "unterminated quoted string"),
        (r"{'\q'}", "unquote string"),
        ("{....Price}", "invalid multiple recursive descent"),
        ("{.a[b]}", "invalid array index b"),
        ("{.a[-]}", "is not a number"),
        ('{.a["b"]}', "invalid array index"),
        ("{+}", "cannot parse number"),
        ("{1.2.3}", "cannot parse number"),
        ("{#}", "unrecognized character in action"),
        ("{.a\n}", "unclosed action"),
        ("x" * 20_001, "longer than"),
        ("{[?(" * 40, "un"),
    ],
)
def test_templates_that_are_not_well_formed(template, message):
    with pytest.raises(UsageError, match=message):
        JSONPath(template)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{hello}", "unrecognized identifier hello"),
        ("{.Labels[0]}", "is not array or slice"),
        ("{.Name[0]}", "string is not array or slice"),
        ("{.Labels[?(@.a)]}", "cannot be filtered"),
        ("{.Book[?(@.Price<>10)]}", "unrecognized filter operator <>"),
        ("{.Book[?(@.Price==10)]}", "incompatible types"),
        ("{.Book[?(@.Author<1)]}", "incompatible types"),
        ("{.Bicycle[?(@.IsNew<true)]}", "invalid type"),
        ("{.Bicycle[?(@.Price=~'1')]}", "incompatible types|only strings"),
        ("{.Bicycle[?(@.Color=~'(')]}", "bad regular expression"),
        ("{.Book[?(@.*==1)]}", "can only compare one element"),
        ("{range .Labels.*}{@}{end}{end}", "not in range, nothing to end"),
        ("{end}", "not in range, nothing to end"),
        ("{.Book[3]}", "array index out of bounds: index 3, length 3"),
        ("{.Book[-5]}", "array index out of bounds"),
        ("{.Book[-1:0]}", "starting index 2 is greater than ending index 0"),
        ("{.Book[0:3:0]}", "step must be > 0"),
        ("{.Book[0:3:-1]}", "step must be > 0"),
        ("{.Book[2:0:-1]}", "starting index 2 is greater than ending index 0"),
        ("{range $}" * 20, "ranges nested deeper"),
    ],
)
def test_templates_that_do_not_fit_the_object(template, message):
    with pytest.raises(UsageError, match=message):
        JSONPath(template).render(STORE)


def test_results_are_bounded():
    wide = {"a": [list(range(1000))] * 1000}
    deep = {}
    for _ in range(100):
        deep = {"a": deep}

    assert len(JSONPath("{.a[*][*]}").find(wide)[0]) == 1_000_000
    with pytest.raises(UsageError, match="more than 1000000"):
        JSONPath("{.a[*,*][*]}").find(wide)
    with pytest.raises(UsageError, match="more than 1000000"):
        JSONPath("{range ..}" * 10).find(deep)


@given(
    st.text(alphabet="{}[].*@$?()'\"=<>!~,: -+019abrangeendtru\\\n", max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from("abrange"), inner, max_size=4)
        ),
        max_leaves=12,
    ),
)
@settings(max_examples=400, deadline=None)
def test_any_template_gives_text_or_wrong_use(template, data):
    try:
        text = JSONPath(template).render(data)
    except UsageError:
        return
    assert isinstance(text, str)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("a.b", "{.a.b}"),
        (".a.b", "{.a.b}"),
        ("{a.b}", "{.a.b}"),
        ("{.a.b}", "{.a.b}"),
        (".a[0]['b']", "{.a[0]['b']}"),
    ],
)
def test_single_paths_may_leave_braces_out(path, template):
    assert relaxed(path) == template


@pytest.mark.parametrize("path", ["", "{.a", "a}{b", "{.a}{.b}", "{}"])
def test_what_is_no_single_path(path):
    with pytest.raises(UsageError, match="unexpected path string"):
        relaxed(path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (True, "true"),
        (None, "<nil>"),
        (3, "3"),
        (1.5, "1.5"),
        (1e6, "1e+06"),
        ({"b": 1, "a": ["x", None]}, "map[a:[x <nil>] b:1]"),
        ([], "[]"),
        ({}, "map[]"),
    ],
)
def test_values_as_go_prints_them(value, text):
    assert go_text(value) == text


POD = json.loads(
    '{"metadata":{"name":"p","labels":{"a":"1","b":"2"}},'
    '"spec":{"containers":[{"name":"x"},{"name":"y"}],"n":null}}'
)


def test_custom_columns_join_what_they_find():
    columns = parse_columns(
        "N:.metadata.name,L:metadata.labels,C:{.spec.containers[*].name},M:.missing,Z:.spec.n"
    )

    assert columns.header == ("N", "L", "C", "M", "Z")
    assert columns.row(POD) == ["p", "map[a:1 b:2]", "x,y", "<none>", "<nil>"]


def test_custom_columns_never_act_on_a_terminal():
    assert parse_columns("N:.a").row({"a": "\x1b[2J\u202e"}) == ["^[[2J\\u202e"]


def test_custom_columns_from_a_file():
    columns = parse_columns_file("NAME   LABEL\n.metadata.name  .metadata.labels.a\n")

    assert "".join(table(columns.header, [columns.row(POD)])) == "NAME   LABEL\np      1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no custom columns given"),
        ("NAME", "unexpected custom-columns spec: NAME"),
        ("NAME:.a,B", "unexpected custom-columns spec: B"),
        ("NAME:", "unexpected path string"),
        ("NAME:{.a}{.b}", "unexpected path string"),
    ],
)
def test_custom_columns_that_are_none(text, message):
    with pytest.raises(UsageError, match=message):
        parse_columns(text)


@pytest.mark.parametrize("text", ["", "A B", "\n.a", "A B\n.a"])
def test_files_of_custom_columns_that_are_none(text):
    with pytest.raises(UsageError):
        parse_columns_file(text)
