"""The benchmark measures what it says: right answers only, one function in each file of a batch.  No time is tested."""

import json

from checks.__main__ import main
from checks.benchmark import BATCH, Measured, everything, of_kinds, one_each


def graded(words, capsys) -> list[dict]:
    assert main(["grade", *words, "--examples", "2", "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)["submissions"]


def test_one_file_answers_every_function_and_formula(tmp_path, capsys):
    (submission,) = graded(everything(tmp_path), capsys)
    assert submission["complete"] and len(submission["exercises"]) == len(of_kinds("function", "formula"))


def test_each_file_of_the_batch_answers_one_function(tmp_path, capsys):
    words = one_each(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == BATCH and len({f.read_text() for f in files}) > BATCH // 2
    for file in files[3:]:
        file.unlink()
    for submission in graded(words, capsys):
        assert [e["kind"] for e in submission["exercises"] if e["outcome"] == "right"] == ["function"]


def test_a_busy_machine_is_told_from_a_slow_grader():
    assert Measured("", 1.0, clock=0.5, processor=0.5).verdict == "met"
    assert Measured("", 1.0, clock=2.0, processor=0.5).verdict == "met by processor time"
    assert Measured("", 1.0, clock=2.0, processor=1.5).verdict == "missed"
