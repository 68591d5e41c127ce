"""Makes the Parquet files that the tests read, with pyarrow 26: python3 make-fixtures.py"""

import datetime as dt
import decimal
import pathlib
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
D = decimal.Decimal
UTC = dt.timezone.utc


def column(values, kind=None):
    """Two values and a null."""
    return pa.array([*values, None], kind)


types = pa.table(
    {
        "int8": column([1, -1], pa.int8()),
        "uint32": column([4294967295, 0], pa.uint32()),
        "uint64": column([18446744073709551615, 0], pa.uint64()),
        "int64": column([9223372036854775807, -9223372036854775808], pa.int64()),
        "float32": column([0.1, float("inf")], pa.float32()),
        "float64": column([0.1, -0.0], pa.float64()),
        "float16": column([1.5, -2.0], pa.float16()),
        "bool": column([True, False]),
        "string": column(["zé", ""]),
        "binary": column([b"\x00\xff", b""]),
        "decimal9": column([D("1.10"), D("-123456.78")], pa.decimal128(9, 2)),
        "decimal38": column(
            [D("12345678901234567890123456789012345.678"), D("-0.001")], pa.decimal128(38, 3)
        ),
        "decimal0": column([D("5"), D("-7")], pa.decimal128(20, 0)),
        "date": column([dt.date(1969, 12, 31), dt.date(9999, 12, 31)]),
        "millis": column(
            [dt.datetime(2020, 2, 29, 3, 4, 5, 678000), dt.datetime(1960, 1, 1, 0, 0, 0, 1000)],
            pa.timestamp("ms"),
        ),
        "micros": column(
            [dt.datetime(2020, 1, 2, 3, 4, 5, 678901), dt.datetime(1, 1, 1)], pa.timestamp("us")
        ),
        "nanos": column([1577934245678901234, -1], pa.timestamp("ns")),
        "utc": column(
            [
                dt.datetime(2020, 1, 2, 3, 4, 5, 678901, UTC),
                dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
            ],
            pa.timestamp("us", tz="UTC"),
        ),
        "time": column([dt.time(23, 59, 59, 999999), dt.time(0, 0)], pa.time64("us")),
        "list": column([[1, None, 3], []], pa.list_(pa.int64())),
        "lists": column([[["a"], [], None], []], pa.list_(pa.list_(pa.string()))),
        "struct": column(
            [{"a": 1, "b": {"c": "x"}}, {"a": None, "b": None}],
            pa.struct([("a", pa.int64()), ("b", pa.struct([("c", pa.string())]))]),
        ),
        "map": column([[("k", 1), ("__proto__", None)], []], pa.map_(pa.string(), pa.int64())),
        "dates": column(
            [[(dt.date(2020, 1, 1), D("1.5"))], []], pa.map_(pa.date32(), pa.decimal128(5, 1))
        ),
        "structs": column(
            [[{"x": D("1.5"), "y": [1, 2]}, None], []],
            pa.list_(pa.struct([("x", pa.decimal128(5, 1)), ("y", pa.list_(pa.int32()))])),
        ),
        "null": column([None, None], pa.null()),
        "json": column(['{"a":12345678901234567890}', "[1]"], pa.json_()),
        "uuid": column(
            [uuid.UUID(int=0x12345678123456781234567812345678).bytes, None], pa.uuid()
        ),
    }
)
pq.write_table(types, HERE / "types.parquet", store_schema=False, write_statistics=False)
pq.write_table(
    types,
    HERE / "types-v2.parquet",
    compression="zstd",
    use_dictionary=False,
    data_page_version="2.0",
    store_schema=False,
    write_statistics=False,
)
pq.write_table(
    types.select(["micros"]),
    HERE / "int96.parquet",
    use_deprecated_int96_timestamps=True,
    store_schema=False,
)

ROWS = 2_600
rows = pa.table(
    {
        "id": pa.array(range(ROWS), pa.int64()),
        "name": pa.array([f"x{i}" if i % 7 else None for i in range(ROWS)]),
        "list": pa.array(
            [list(range(i % 4)) if i % 5 else None for i in range(ROWS)], pa.list_(pa.int64())
        ),
    }
)
pq.write_table(
    rows,
    HERE / "groups.parquet",
    row_group_size=1_000,
    data_page_size=256,
    compression="gzip",
    store_schema=False,
    write_statistics=False,
)
pq.write_table(rows.slice(0, 0), HERE / "empty.parquet", store_schema=False)
# The same bytes, declared as text: what is no UTF-8 cannot be written otherwise.
broken = pa.table(
    {"id": [1, 2, 3], "text": pa.array([b"ok", b"\xff\xfe", b"{}"]).view(pa.string())}
)
pq.write_table(broken, HERE / "broken-text.parquet", store_schema=False, write_statistics=False)
