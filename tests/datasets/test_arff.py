import gzip
import os
import time

import numpy as np
import pytest
import scipy.sparse

from zoo.datasets.arff import read_arff
from zoo.errors import InputError

HEADER = """% A table of two features and two labels.
@relation 'a table: -C 2'

@attribute length numeric
@ATTRIBUTE 'long name, it\\'s' REAL
@attribute sun {0,1}
@attribute "rain" { '0', '1' }

@data
"""
XML = """<?xml version="1.0" encoding="utf-8"?>
<labels xmlns="http://mulan.sourceforge.net/labels">
<label name="rain"><label name="sun"/></label>
</labels>
"""


@pytest.fixture
def read(tmp_path):
    def read(rows, header=HEADER, labels=XML, missing=None):
        (tmp_path / "t.arff").write_text(header + rows)
        (tmp_path / "t.xml").write_text(labels)
        return read_arff(tmp_path / "t.arff", tmp_path / "t.xml", missing)

    return read


def dense(features):
    return features.toarray() if scipy.sparse.issparse(features) else features


SPARSE = "{0 1.5,2 1}\n{}\n\n% comment\n{ 3 1 , 1 -2e-1 }\r\n{1 .5,0 0,2 '1',3 1}"
DENSE = "1.5,0,1,0\n0,0,0,0\n\n% comment\n0 , -2e-1, 0,'1'\r\n0,.5,1,1"


@pytest.mark.parametrize("rows", [SPARSE, DENSE])
def test_sparse_and_dense_rows_by_hand(read, rows):
    table = read(rows)
    assert scipy.sparse.issparse(table.features) == (rows is SPARSE)
    assert table.features.dtype == np.float32 and table.labels.dtype == np.uint8
    expected = np.array([[1.5, 0], [0, 0], [0, -0.2], [0, 0.5]], "float32")
    np.testing.assert_array_equal(dense(table.features), expected)
    np.testing.assert_array_equal(table.labels, [[1, 0], [0, 0], [0, 1], [1, 1]])
    assert table.feature_names == ["length", "long name, it's"]
    # In the order of the columns, whatever the order of the XML.
    assert table.label_names == ["sun", "rain"]


def test_rows_that_leave_out_all_are_rows(read):
    assert read("{}\n{ }\n").features.shape == (2, 2)


def test_random_tables_come_back_whole(read):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(50, 5)).astype("float32") * (generator.random((50, 5)) < 0.4)
    y = generator.integers(0, 2, (50, 3))
    names = ["a", "b", "c", "d", "e", "l0", "l1", "l2"]
    header = "".join(f"@attribute {name} numeric\n" for name in names) + "@DATA\n"
    labels = "<labels>" + "".join(f'<label name="l{n}"/>' for n in range(3)) + "</labels>"
    whole = np.concatenate([x, y], axis=1)
    sparse_text = "\n".join(
        "{" + ",".join(f"{i} {v!r}" for i, v in enumerate(row.tolist()) if v) + "}" for row in whole
    )
    dense_text = "\n".join(",".join(map(repr, row.tolist())) for row in whole)
    for rows in (sparse_text, dense_text):
        table = read(rows, header, labels)
        np.testing.assert_array_equal(dense(table.features), x)
        np.testing.assert_array_equal(table.labels, y)


def test_gzipped_and_latin_1(tmp_path):
    header = HEADER.replace("length", "größe")
    (tmp_path / "t.arff.gz").write_bytes(gzip.compress((header + SPARSE).encode("latin-1")))
    (tmp_path / "t.xml").write_text(XML)
    table = read_arff(tmp_path / "t.arff.gz", tmp_path / "t.xml")
    assert table.feature_names[0] == "größe" and table.labels.shape == (4, 2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        # The first row is in line 10.
        ("{0 1}\n{4 1}", r"t\.arff, line 11: attribute numbers must lie in 0\.\.3.*Received: 4"),
        ("{0 1}\n\n{0 1,2", r"t\.arff, line 12: a sparse row must be .*whole.*'2'"),
        ("{0 1}\n0 1}", r"line 11: .*its first is sparse"),
        ("{0 1}{1 1}", r"line 10: a sparse row must be .*whole"),
        ("{0 1}\n{0 1 2}", r"line 11: a sparse row must be .*'0 1 2'"),
        ("{0 1}\n{0 1,}", r"line 11: a sparse row must be .*''"),
        ("{0 1}\n{0}", r"line 11: a sparse row must be .*'0'"),
        ("{-1 1}", r"line 10: a sparse row must be .*'-1 1'"),
        ("{0 x}", r"line 10: attribute .* must be a finite number.*'x'"),
        ("{0 nan}", r"line 10: attribute .* must be a finite number.*'nan'"),
        ("{0 ?}", r"line 10: a value is missing"),
        ("{}\n{0 1e39}", r"line 11: a value must be finite in float32.*1e\+39"),
        ("{0 1,0 2}", r"line 10: an attribute has two values.*0 twice"),
        ("{}\n{}\n{2 2}", r"line 12: attribute 'sun' must be 0 or 1.*2"),
        ("1,2,1,1\n1,2,1", r"line 11: a dense row must have 4 values.*3 values"),
        ("1,2,1,1,0", r"line 10: a dense row must have 4 values.*5 values"),
        ("1,2,1,1\n{0 1}", r"line 11: .*its first is dense"),
        ("1,,1,1", r"line 10: attribute .* must be a finite number.*''"),
        ("1,?,1,1", r"line 10: a value is missing"),
        ("1,2,1,1\n1,2,0.5,1", r"line 11: attribute 'sun' must be 0 or 1.*0\.5"),
        ("1,2,1,1\n1,-1e39,0,1", r"line 11: a value must be finite in float32"),
        (
            "1,1700000001,1,1\n1,1700000000,0,1",
            r"Column .long name, it's. goes .* subtract its least",
        ),
        ("{9223372036854775808 1}", r"line 10: attribute numbers must lie.*9223372036854775808"),
        ("{99999999999999999999999 ?}", r"line 10: attribute numbers must lie"),
        ("{0 1} numeric", r"line 10: a sparse row must be .*whole.*numeric"),
        ("{0 'a}", r"line 10: a sparse row must be"),
        ("'1,2,1,1", r"line 10: a quoted value must be closed"),
        ("1,2,1,?", r"line 10: label 'rain' must be 0 or 1.*Received: \?"),
        ("% nothing", r"t\.arff must hold rows after @data"),
    ],
)
def test_bad_rows_are_named_by_line(read, rows, message):
    with pytest.raises(InputError, match=message):
        read(rows)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{0,1}", "{rainy,dry}", r"t\.arff, line 6: label 'sun' must be of numbers.*rainy,dry"),
        ("{0,1}", "{0,1", r"line 6: attribute 'sun' must be numeric.*closed by a brace"),
        ("{0,1}", "{0,0}", r"line 6: attribute 'sun' must be .*each once.*0,0"),
        ("{0,1}", "{}", r"line 6: attribute 'sun' must be "),
        ("{0,1}", "{0,1} numeric", r"line 6: attribute 'sun' must be "),
        ("{0,1}", "date 'yyyy-MM-dd'", r"line 6: attribute 'sun' must be .*dates"),
        (
            "{0,1}",
            "string",
            r"line 6: attribute 'sun' must be .*text and dates are not read",
        ),
        ("sun {0,1}", "length {0,1}", r"line 6: attribute 'length' is there already, in line 4"),
        ("@attribute sun {0,1}", "@attribute sun", r"line 6: .*@attribute NAME TYPE"),
        ("@attribute sun {0,1}", "sun", r"line 6: .*@attribute NAME TYPE"),
        ("@data", "", r"t\.arff, line 10: the header must hold|must hold a line @data"),
    ],
)
def test_bad_headers(read, old, new, message):
    with pytest.raises(InputError, match=message):
        read("{0 1}", HEADER.replace(old, new))


def test_a_label_of_another_type_must_still_be_0_or_1(read):
    header = HEADER.replace("sun {0,1}", "sun integer")
    assert read("{2 1}", header).labels.tolist() == [[1, 0]]
    with pytest.raises(InputError, match="line 11: label 'sun' must be 0 or 1.*Received: 3"):
        read("{2 1}\n{2 3}", header)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ('<labels>\n<label name="fog"/></labels>', r"t\.xml, line 2: .*attribute of .*'fog'"),
        ('<labels>\n<label name="sun"/>\n<label name="sun"/></labels>', r"line 3: .*once.*'sun'"),
        ('<labels>\n<label nome="sun"/></labels>', r"t\.xml, line 2: .*must have a name.*nome"),
        ('<labels>\n<label name="sun"></labels>', r"t\.xml, line 2: the XML is damaged.*mismatch"),
        ("<labels/>", r"t\.xml must name at least one of the 4 attributes.*0 labels"),
    ],
)
def test_bad_label_files(read, labels, message):
    with pytest.raises(InputError, match=message):
        read("{0 1}", labels=labels)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "t.xml").write_text(XML)
    (tmp_path / "t.arff").write_text(HEADER + SPARSE)
    (tmp_path / "cut.arff.gz").write_bytes(gzip.compress((HEADER + SPARSE).encode())[:-20])
    (tmp_path / "not.arff.gz").write_text(HEADER + SPARSE)
    for name in ("cut.arff.gz", "not.arff.gz", "none.arff"):
        with pytest.raises(InputError, match=f"{name} cannot be read"):
            read_arff(tmp_path / name, tmp_path / "t.xml")
    with pytest.raises(InputError, match="none.xml cannot be read"):
        read_arff(tmp_path / "t.arff", tmp_path / "none.xml")


@pytest.mark.parametrize(
    "values", ["{1,0}", "{TRUE,FALSE}", "{No, Yes}", "{'off','on'}", "{1.0,0.0}", "{y,n}", "{T,F}"]
)
def test_labels_and_features_in_words(read, values):
    false, true = values.translate(str.maketrans("", "", "{}'")).replace(" ", "").split(",")
    if values in ("{1,0}", "{TRUE,FALSE}", "{1.0,0.0}", "{y,n}", "{T,F}"):
        false, true = true, false
    header = "@relation r\n" + "".join(f"@attribute {name} {values}\n" for name in "abc")
    header += "@attribute d numeric\n@data\n"
    xml = '<labels><label name="b"/><label name="c"/></labels>'
    table = read(f"{true},{true},{false},7\n{false},'{false}',{true},8\n", header, xml)
    assert table.labels.tolist() == [[1, 0], [0, 1]]
    assert table.features.tolist() == [[1, 7], [0, 8]] and table.feature_names == ["a", "d"]
    # What a sparse row leaves out is the first value of a column, as ARFF has it.
    first = 1 if values.startswith(f"{{{true}") else 0
    table = read(f"{{3 9}}\n{{0 {true}, 1 {false}, 2 {true}}}\n{{}}", header, xml)
    assert dense(table.features).tolist() == [[first, 9], [1, 0], [first, 0]]
    assert table.labels.tolist() == [[first, first], [0, 1], [first, first]]
    with pytest.raises(InputError, match="attribute 'a' must be .* or "):
        read("maybe,0,0,1\n", header, xml)


NAMED = """@relation r
@attribute size { small, 'very large', "it's", 3 } % how large
@attribute length numeric
@attribute sun {0,1}
@data
"""
SUN = '<labels><label name="sun"/></labels>'


def test_named_values_get_a_column_each(read):
    table = read("small,1,0\n'very large',2,1 % large\n'it\\'s' , 3 , 1\n3,4,0", NAMED, SUN)
    assert table.feature_names == ["size=small", "size=very large", "size=it's", "size=3", "length"]
    np.testing.assert_array_equal(table.features, np.c_[np.eye(4), [1, 2, 3, 4]])
    assert table.features.dtype == np.float32
    assert table.labels.tolist() == [[0], [1], [1], [0]]
    table = read('{1 5}\n{0 "it\'s", 2 1}', NAMED, SUN)
    assert table.features.tolist() == [[1, 0, 0, 0, 5], [0, 0, 1, 0, 0]]
    with pytest.raises(InputError, match="line 6: attribute 'size' must be small or .*'large'"):
        read("large,1,0\n", NAMED, SUN)


def test_missing_values_are_refused_or_stand_as_told(read):
    for rows in ("small,?,0\n?,2,1\n", "{1 ?}\n{0 ?,1 2,2 1}\n"):
        with pytest.raises(InputError, match="line 6: a value is missing"):
            read(rows, NAMED, SUN)
        table = read(rows, NAMED, SUN, missing=0)
        assert table.features.tolist() == [[1, 0, 0, 0, 0], [0, 0, 0, 0, 2]]
        assert np.isnan(read(rows, NAMED, SUN, missing=np.nan).features).sum() == 5
    assert dense(read("{0 ?,1 2}", missing=7).features).tolist() == [[7, 2]]


@pytest.mark.parametrize(
    ("count", "labels", "features"),
    [("2", ["a", "b"], ["c", "d"]), ("-1", ["d"], ["a", "b", "c"]), ("4", 4, 0), ("-9", 9, 0)],
)
def test_without_an_xml_meka_counts_the_labels(count, labels, features, tmp_path):
    file = tmp_path / "t.arff"
    attributes = "".join(f"@attribute {name} {{0,1}}\n" for name in "abcd")
    file.write_text(f"@RELATION 'music: -C {count} -split 4'\n{attributes}@data\n1,0,0,1\n")
    if isinstance(labels, int):
        with pytest.raises(InputError, match=f"leave at least one .*{labels} labels"):
            read_arff(file)
        return
    table = read_arff(file)
    assert table.label_names == labels and table.feature_names == features
    file.write_text(f"@relation 'Hepatitis-C 1: -C {count}'\n{attributes}@data\n1,0,0,1\n")
    assert read_arff(file).label_names == labels
    for relation in ("r", "'Hepatitis-C 1'", "'r: -C 2.5'"):
        file.write_text(f"@relation {relation}\n{attributes}@data\n1,0,0,1\n")
        with pytest.raises(InputError, match="no XML file and no -C"):
            read_arff(file)


@pytest.mark.parametrize("encoding", ["big5", "utf-16", "shift_jis", "cp1251", "utf-8-sig"])
def test_any_encoding_that_python_knows(encoding, tmp_path):
    name = {"cp1251": "\u0434\u043e\u0436\u0434\u044c"}.get(encoding, "\u5929\u6c23")
    xml = f'<?xml version="1.0" encoding="{encoding}"?>\n<labels><label name="{name}"/></labels>'
    (tmp_path / "t.xml").write_bytes(xml.encode(encoding))
    header = f"@relation r\n@attribute {name} {{0,1}}\n@attribute f real\n@data\n1,2\n"
    (tmp_path / "t.arff").write_bytes(header.encode(encoding))
    assert read_arff(tmp_path / "t.arff", tmp_path / "t.xml").label_names == [name]


def test_a_name_is_the_same_however_its_accents_are_encoded(read):
    header = HEADER.replace("rain", "\u00e9ph\u00e9m\u00e8re")
    labels = XML.replace("rain", "e\u0301phe\u0301me\u0300re")
    assert "\u00e9ph\u00e9m\u00e8re" in read("{0 1}", header, labels).label_names


@pytest.mark.parametrize("encoding", ["no-such", "punycode", "base64", "ascii"])
def test_encodings_that_are_none_or_not_the_file_s(encoding, read):
    with pytest.raises(InputError, match=r"t\.xml, line 1: the XML must be in the encoding"):
        read("{0 1}", labels=f'<?xml version="1.0" encoding="{encoding}"?><labels name="\u00e9"/>')


def test_separators_and_ends_of_lines_as_they_are_found(read):
    wanted = read(DENSE)
    for rows in (
        "1.5 0\t1 0\n0 0 0 0\n0 -2e-1 0 1\n0 .5 1 1",
        "1.5,0,1,0\r0,0,0,0\r\r\n0,-.2,0,1 % comment\r0,0.5,1,1\r",
    ):
        table = read(rows)
        np.testing.assert_array_equal(table.features, wanted.features)
        np.testing.assert_array_equal(table.labels, wanted.labels)


@pytest.mark.parametrize(
    "row", ["1" * 10**6, "1" * 10**6 + "x", "{" + "1" * 10**6 + " 1}", "{0 " + "1" * 10**6 + "x}"]
)
def test_a_line_of_a_million_digits_is_refused_at_once(row, read):
    start = time.process_time()
    with pytest.raises(InputError, match="line 10: .{,200}$"):
        read(row)
    # A reader that goes through it again for each digit takes hours.
    assert time.process_time() - start < 2


def test_what_is_no_regular_file_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.arff")
    (tmp_path / "t.xml").write_text(XML)
    with pytest.raises(InputError, match="no regular file"):
        read_arff(tmp_path / "t.arff", tmp_path / "t.xml")
