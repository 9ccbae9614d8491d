from __future__ import annotations

from evalkit.frames import figure_frame


def test_a_column_of_numbers_is_one_where_all_are_missing():
    frame = figure_frame([{"name": "a", "f1": None, "items": None}], figures=("f1", "absent"), whole=("items",))
    assert [str(kind) for kind in frame.dtypes] == [
        str(figure_frame([{"name": "a"}]).dtypes.iloc[0]),
        "float64",
        "Int64",
    ]
    assert frame.round(3).isna().sum().tolist() == [0, 1, 1]
