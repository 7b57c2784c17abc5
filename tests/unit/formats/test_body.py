"""Bodies: forms, JSON and XML become plain arguments, and whatever is wrong with one is told with its place."""

import io
import json
import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.catalog.values import Written
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.formats.body import VALUES_MAX, read_body

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)


def body(raw, **headers):
    """What a body of these bytes says."""
    return read_body(Request(verb="POST", path=b"/", body=raw, headers={name.encode(): text.encode() for name, text in headers.items()}))


def refused(raw, **headers):
    """Why a body is refused."""
    with pytest.raises(Refusal) as caught:
        body(raw, **headers)
    (fault,) = caught.value.faults
    assert fault.code is Code.BODY_MALFORMED
    assert fault.hint
    return fault


# ------------------------------------------------------------------------------------ forms


def test_a_form_gives_written_texts_and_lists_of_those_that_are_repeated():
    given_body = body(b"a=1&b=x+y&a=2&c=\r\n")
    assert given_body == {"a": ["1", "2"], "b": "x y", "c": ""}
    assert all(isinstance(text, Written) for text in (given_body["b"], *given_body["a"]))


@given(st.dictionaries(NAMES, TEXT.map(str.strip), max_size=5))
def test_any_form_comes_back_as_it_was_sent(pairs):
    assert body(urlencode(pairs).encode()) == pairs


@pytest.mark.parametrize("raw", [b"a=%", b"a=%zz", b"a=%ff", b"a=\xff", b"a=%00", b"&a=%c3"])
def test_a_broken_form_names_the_parameter(raw):
    fault = refused(raw)
    assert fault.field == "a"
    assert fault.message.startswith("malformed body: ")


def test_a_form_of_too_many_pairs_is_refused():
    assert "too many" in refused(b"a=1&" * 2_000).message


def test_parts_that_are_cut_off_are_refused_with_what_to_send():
    fault = refused(b"--x\r\n", **{"content-type": "multipart/form-data; boundary=x"})
    assert "multipart/form-data" in fault.hint


@pytest.mark.parametrize("raw", [b"", b"  \r\n", b"\xef\xbb\xbf"])
def test_an_empty_body_has_no_arguments(raw):
    assert body(raw) == {}


def test_a_spooled_body_is_read_like_bytes():
    assert body(io.BytesIO(b'{"a":1}')) == {"a": 1}


# ------------------------------------------------------------------------------------ JSON

JSON = st.recursive(st.none() | st.booleans() | st.integers(-10**30, 10**30) | st.floats(allow_nan=False, allow_infinity=False)
                    | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8)


@given(st.dictionaries(TEXT, JSON, max_size=4), st.booleans())
def test_any_json_object_comes_back_as_it_was_sent(value, escaped):
    assert body(json.dumps(value, ensure_ascii=escaped).encode()) == value


def test_json_is_read_whatever_it_is_called_and_with_a_byte_order_mark():
    assert body(b'\xef\xbb\xbf \n{"a": "1"}', **{"content-type": "application/x-www-form-urlencoded"}) == {"a": "1"}


def test_a_text_in_json_is_no_written_text():
    assert not isinstance(body(b'{"a":"1"}')["a"], Written)


@pytest.mark.parametrize(("raw", "told"), [
    (b'{"a":1,"a":2}', "'a' stands twice"), (b'{"x":{"b":1,"c":2,"b":3}}', "'b' stands twice"),
    (b'{"a":NaN}', "NaN is no number"), (b'{"a":-Infinity}', "-Infinity is no number"), (b'{"a":1e999}', "'1e999' is too large"),
    (b'{"a":' + b"9" * 5_000 + b"}", "too long"), (b'{"a":"\xff"}', "not UTF-8 at byte 7"),
    (b'{"a":"\\ud800"}', "lone surrogate"), (b'{"\\uDC00":1}', "lone surrogate"),
    (b'{"a":1', "line 1, column 7"), (b'{"a":1}{"b":2}', "line 1, column 8"), (b'{\n"a":}', "line 2, column 5"),
    (b"{'a':1}", "column 2"), (b'{"a":01}', "not JSON"), (b'{"a":"\n"}', "not JSON"), (b"[1]", "no object"),
    (b'{"a":' + b"[" * 100_000, "nested more than"), (b'{"a":' * 100_000, "nested more than"), (b"[" * 500_000, "nested more than"),
    (b'{"a":[' + b"1," * VALUES_MAX + b"1,1]}", "more than"),
], ids=lambda value: str(value)[:30])
def test_json_that_cannot_be_read_is_refused_with_its_place(raw, told):
    assert told in refused(raw).message


def test_commas_in_texts_are_no_values():
    assert body(json.dumps({"a": "," * (VALUES_MAX + 1)}).encode())["a"] == "," * (VALUES_MAX + 1)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 100_000, b"<a>" * 100_000, b"a=1&" * 25_000])
def test_a_hostile_body_costs_less_than_five_milliseconds(raw):
    def cost_s():
        begun = time.process_time()
        refused(raw)
        return time.process_time() - begun
    assert min(cost_s() for _ in range(5)) < 0.005


# ------------------------------------------------------------------------------------ XML


def test_xml_gives_written_texts_mappings_and_lists_of_items():
    raw = b"""<?xml version="1.0" encoding="UTF-8"?>
    <setRequestData xmlns="http://example.org/x">
      <lang>en</lang><!-- a comment --><empty/>
      <span><from>1</from><to>2</to></span>
      <ids><item>1</item><item>2</item></ids>
      <text>1 &lt; 2 &amp; <![CDATA[<b>]]></text>
      <none xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>
    </setRequestData>"""
    value = body(raw)
    assert value == {"lang": "en", "empty": "", "span": {"from": "1", "to": "2"}, "ids": ["1", "2"], "text": "1 < 2 & <b>",
                     "none": None}
    assert isinstance(value["span"]["from"], Written)


def test_a_comment_or_instruction_inside_a_text_cuts_nothing_off():
    assert body(b"<a><b>1<!-- x -->2<?y z?>3</b></a>") == {"b": "123"}


def test_xml_that_says_it_is_in_another_encoding_is_read_as_utf8():
    assert body('<?xml version="1.0" encoding="windows-1251"?><a><b>я</b></a>'.encode()) == {"b": "я"}


@pytest.mark.parametrize("raw", [b"<a/>", b"<a></a>", b"<a>  </a>"])
def test_an_empty_root_has_no_arguments(raw):
    assert body(raw) in ({}, {"a": ""})


@pytest.mark.parametrize(("raw", "told"), [
    (b"<a><b>1</b><b>2</b></a>", "<b> stands twice (line 1)"), (b"<a>\n<b><c/><c/></b></a>", "<c> stands twice (line 2)"),
    (b"<a>text</a>", "text without an element"), (b"<a>x<b/>y</a>", "text between elements"), (b"<a><b/>tail</a>", "text between"),
    (b'<a b="1"/>', "attribute 'b'"), (b"<a><b></a>", "not well-formed"), (b"<a/><b/>", "not well-formed"), (b"<", "not well-formed"),
    (b"<a>\xff</a>", "not UTF-8 at byte 4"), ("<a/>".encode("utf-16-le"), "not well-formed"), (b"<a><b>\0</b></a>", "not well-formed"),
    (b"<!DOCTYPE a><a/>", "DOCTYPE"), (b"<?xml version='1.0'?><!-- c -->\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
    (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>', "DOCTYPE"),
    (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>', "DOCTYPE"), (b"<a>&x;</a>", "not well-formed"),
    (b"<a>" * 40 + b"</a>" * 40, "nested more than"), (b"<a>" + b"<b/>" * 30_000 + b"</a>", "more than"),
], ids=lambda value: str(value)[:40])
def test_xml_that_cannot_be_read_is_refused_with_its_place(raw, told):
    assert told in refused(raw).message


def test_a_doctype_inside_a_text_is_only_text():
    assert body(b"<a><b><![CDATA[<!DOCTYPE x>]]></b></a>") == {"b": "<!DOCTYPE x>"}


def test_many_comments_before_the_root_take_no_time():
    begun = time.process_time()
    assert body(b"<!-- x -->" * 9_000 + b"<a><b>1</b></a>") == {"b": "1"}
    assert time.process_time() - begun < 0.5


@given(st.binary(max_size=80), st.sampled_from([b"", b"{", b"<", b"<a>", b'{"a":']))
def test_arbitrary_bytes_are_read_or_refused_and_nothing_else(raw, begin):
    try:
        told = body(begin + raw)
    except Refusal as refusal:
        told = {fault.code: fault for fault in refusal.faults} or None     # a refusal always tells why
    assert isinstance(told, dict)


def test_files_of_a_form_of_parts_keep_their_bytes():
    raw = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n\xff\r\n\x00\r\n--x--\r\n'
    assert body(raw, **{"content-type": "multipart/form-data; boundary=x"}) == {
        "a": {"name": "b", "media_type": "application/octet-stream", "content": b"\xff\r\n\x00"}}
