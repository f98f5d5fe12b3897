"""The examples for CI services: well-formed by the service's schema, and their commands run."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema.validators import validator_for

from tests.markdown import ROOT, blocks
from tests.report.runs import TEXT
from tests.report.test_schemas import stored

GUIDE = ROOT / "docs" / "guide" / "ci.md"
GITHUB, GITLAB = (yaml.safe_load(b.body) for b in blocks(GUIDE) if b.language == "yaml")
# What a job of GitLab may have, as far as the example goes (docs.gitlab.com/ci/yaml).
_JOB = {"image", "variables", "cache", "before_script", "script", "artifacts"}


def _commands() -> list[str]:
    (job,) = GITHUB["jobs"].values()
    found = [line for s in job["steps"] for line in s.get("run", "").splitlines()]
    return [c for c in [*found, *GITLAB["designs"]["script"]] if not c.startswith("pip ")]


def test_github_accepts_the_workflow() -> None:
    schema = stored("/github-workflow.json")
    # YAML 1.1 reads the key `on` as true; GitHub does not.
    workflow = {("on" if k is True else k): v for k, v in GITHUB.items()}
    validator_for(schema)(schema).validate(workflow)


def test_gitlab_accepts_the_job() -> None:
    (job,) = GITLAB.values()
    assert set(job) <= _JOB
    assert set(job["artifacts"]) <= {"when", "paths", "reports"}
    assert job["artifacts"]["when"] in ("always", "on_success", "on_failure")
    assert all(isinstance(c, str) for c in [*job["before_script"], *job["script"]])


@pytest.mark.parametrize(("bad", "code"), [(False, 0), (True, 1)])
def test_the_commands_do_what_the_jobs_rely_on(bad: bool, code: int, tmp_path: Path) -> None:
    (tmp_path / "designs").mkdir()
    text = TEXT.replace("q.index % lines", "q.index") if bad else TEXT
    (tmp_path / "designs" / "nic.vq").write_text(text + "check coverage\n")
    assert len(_commands()) == 2
    for command in _commands():
        name, *words = shlex.split(command)
        assert name == "checker"
        run = [sys.executable, "-m", "checker.commands.main", *words]
        assert (
            subprocess.run(run, check=False, cwd=tmp_path, capture_output=True).returncode == code
        )
    made = _read(tmp_path)
    assert made["vqcheck.json"]["exit_code"] == code
    # What the jobs pick up is there, also where the command fails.
    (job,) = GITHUB["jobs"].values()
    wanted = {v for s in job["steps"] for k, v in s.get("with", {}).items() if k == "sarif_file"}
    wanted |= {GITLAB["designs"]["artifacts"]["reports"]["junit"]}
    assert all((tmp_path / w).is_file() for w in wanted)
    assert made["vqcheck.sarif"]["version"] == "2.1.0"


def _read(folder: Path) -> dict[str, Any]:
    return {n: json.loads((folder / n).read_text()) for n in ("vqcheck.json", "vqcheck.sarif")}


def test_the_configuration_of_pytest_is_known(pytestconfig: pytest.Config) -> None:
    (toml,) = [tomllib.loads(b.body) for b in blocks(GUIDE) if b.language == "toml"]
    for name, value in toml["tool"]["pytest"]["ini_options"].items():
        assert pytestconfig.getini(name) == []
        assert isinstance(value, list)
