"""The bundle for Gradescope, unpacked and run as Gradescope does, away from this project."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from checks.__main__ import main

ANSWERS = 'gaussian_process_variance_one = "1 - exp(-(x-x1)^2)"\nrnn_adjoint_step = "dL"\n'


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """/autograder as it is before a submission is graded."""
    root = tmp_path_factory.mktemp("autograder")
    path = root / "bundle.zip"
    assert main(["bundle", "gradescope", str(path)]) == 0
    with zipfile.ZipFile(path) as archive:
        archive.extractall(root / "source")
        for info in archive.infolist():
            os.chmod(root / "source" / info.filename, info.external_attr >> 16 & 0o777)
    return root


def run(root, folder, name, content):
    submission = root / "submission"
    submission.mkdir(exist_ok=True)
    for old in submission.iterdir():
        old.unlink()
    (submission / name).write_text(content)
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER": str(root), "PYTHON": sys.executable}
    subprocess.run([root / "source" / "run_autograder"], env=environment, cwd=folder, check=False, timeout=120)
    return json.loads((root / "results" / "results.json").read_text())


def test_a_submission_is_graded_by_the_bundle_alone(unpacked, tmp_path):
    results = run(unpacked, tmp_path, "answers.toml", ANSWERS)
    scores = {t["number"]: (t["score"], t["max_score"]) for t in results["tests"]}
    assert scores["gaussian_process.variance_one"] == (1, 1) and scores["rnn.adjoint_step"] == (0, 1)
    assert results["score"] == 1


def test_what_cannot_be_graded_is_told_too(unpacked, tmp_path):
    results = run(unpacked, tmp_path, "essay.txt", "…")
    assert results["score"] == 0 and "has no .py" in results["output"]


def test_the_scripts_are_sound_and_nothing_gives_an_answer_away(unpacked):
    source = unpacked / "source"
    for script in ("setup.sh", "run_autograder"):
        assert os.access(source / script, os.X_OK)
        subprocess.run(["bash", "-n", source / script], check=True)
    names = {p.relative_to(source).as_posix() for p in source.rglob("*")}
    assert not [n for n in names if "answers" in n or "test_" in n or "oracles" in n]
    needed = (source / "requirements.txt").read_text()
    assert "sympy" in needed and "sympy==" in (source / "constraints.txt").read_text()


def test_the_same_sources_give_the_same_bytes(unpacked, tmp_path):
    again = tmp_path / "again.zip"
    main(["bundle", "gradescope", str(again)])
    assert again.read_bytes() == (unpacked / "bundle.zip").read_bytes()
