"""Designs as tests of pytest: which are collected, what passes, and what a failure says."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

# A run of pytest within a test forgets what it imported; what is there before stays.
import checker.engines.runs
import checker.verify  # noqa: F401
from tests.report.runs import CLEANED_UP, RAISES_UNTIL_SEEN, TEXT

pytestmark = pytest.mark.children

pytest_plugins = "pytester"
QUICK = ("-p", "no:hypothesispytest")
"""Hypothesis imports much of itself at the end of each run."""
VIOLATED = TEXT.replace("q.index % lines", "q.index") + "check coverage\n"


def _design(pytester: pytest.Pytester, name: str, text: str) -> Path:
    path = pytester.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_it_is_installed_with_the_package() -> None:
    (found,) = entry_points(group="pytest11", name="vqcheck")
    assert found.value == "checker.pytest_plugin"


def test_nothing_is_collected_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    _design(pytester, "designs/good.vq", TEXT + "check coverage, layering\n")
    _design(pytester, "broken.vq", "device")
    assert pytester.runpytest(*QUICK).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    pytester.runpytest(*QUICK, "designs/good.vq").assert_outcomes(passed=2)
    pytester.runpytest(*QUICK, "designs/good.vq::layering").assert_outcomes(passed=1)
    pytester.runpytest(*QUICK, "--vq").assert_outcomes(passed=2, failed=1)
    pytester.makeini("[pytest]\nvq_files = designs/*.vq\n")
    pytester.runpytest(*QUICK).assert_outcomes(passed=2)


def test_a_counterexample_is_the_failure(pytester: pytest.Pytester) -> None:
    _design(pytester, "bad.vq", VIOLATED)
    done = pytester.runpytest(*QUICK, "bad.vq")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*coverage violated*",
            "  false: eth0.*not granted*",
            "  reproduce: checker verify bad.vq*",
        ]
    )
    assert "Traceback" not in done.stdout.str()
    assert "pytest_plugin.py" not in done.stdout.str()


def test_a_run_is_shown_step_by_step(pytester: pytest.Pytester) -> None:
    text = CLEANED_UP.read_text().replace("expect no_lost_notifications violated", "")
    _design(pytester, "run.vq", text)
    done = pytester.runpytest(*QUICK, "run.vq::no_lost_notifications")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*13  handler line 1*clear status*"])


def test_expect_is_honoured(pytester: pytest.Pytester) -> None:
    _design(pytester, "expected.vq", VIOLATED + "expect coverage violated\n")
    pytester.runpytest(*QUICK, "expected.vq").assert_outcomes(passed=1)
    _design(pytester, "expected.vq", TEXT + "check coverage\nexpect coverage violated\n")
    done = pytester.runpytest(*QUICK, "expected.vq")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["coverage holds, but the design expects violated"])


def test_no_verdict_is_no_success(pytester: pytest.Pytester) -> None:
    _design(pytester, "hard.vq", TEXT + "check coverage\n")
    done = pytester.runpytest(*QUICK, "hard.vq", "--vq-rlimit", "1")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["coverage unknown: no verdict"])
    done = pytester.runpytest(*QUICK, "hard.vq", "--vq-timeout", "0.000001")
    done.stdout.fnmatch_lines(["*timed out*"])
    assert (
        pytester.runpytest(*QUICK, "hard.vq", "--vq-timeout", "0").ret
        == pytest.ExitCode.USAGE_ERROR
    )


def test_a_proof_may_be_required(pytester: pytest.Pytester) -> None:
    _design(pytester, "searched.vq", RAISES_UNTIL_SEEN)
    pytester.runpytest(*QUICK, "searched.vq").assert_outcomes(passed=2)
    done = pytester.runpytest(*QUICK, "searched.vq", "--vq-require-proof")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["  a proof is required, and there is none: it counts as a failure"])
    assert "but the design expects" not in done.stdout.str()


def test_what_checks_nothing_fails_and_a_module_is_no_test(pytester: pytest.Pytester) -> None:
    _design(pytester, "empty.vq", TEXT)
    _design(pytester, "vacuous.vq", TEXT + "check pair_affinity\n")
    module, _ = TEXT.split("device eth0")
    _design(pytester, "module.vq", module)
    done = pytester.runpytest(*QUICK, "--vq")
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(["empty.vq has no `check`: nothing was checked"])


def test_what_there_is_nothing_for_is_skipped(pytester: pytest.Pytester) -> None:
    _design(pytester, "all.vq", TEXT + "check all\n")
    done = pytester.runpytest(*QUICK, "all.vq::pair_affinity", "-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["*no device has a `pair`*"])


def test_a_text_with_errors_is_one_failure(pytester: pytest.Pytester) -> None:
    _design(pytester, "wrong.vq", VIOLATED.replace("nic(4)", "nik(4)"))
    _design(pytester, "senseless.vq", TEXT.replace("2*i + 1", "4*i") + "check coverage\n")
    done = pytester.runpytest(*QUICK, "--vq")
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines_random(["error*VQ0205*", "error*VQ0502*"])


def test_an_internal_error_has_no_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("checker.verify.verify", broken)
    _design(pytester, "good.vq", TEXT + "check coverage\n")
    done = pytester.runpytest(*QUICK, "good.vq")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["internal error: ZeroDivisionError: a bug; this is a bug in vqcheck"]
    )
    assert "Traceback" not in done.stdout.str()


def test_outcomes_are_in_the_report_of_pytest(pytester: pytest.Pytester) -> None:
    _design(pytester, "good.vq", TEXT + "check coverage\n")
    pytester.runpytest(*QUICK, "good.vq", "--junitxml=out.xml")
    assert '<property name="outcome" value="holds"' in (pytester.path / "out.xml").read_text()


def test_it_works_side_by_side(pytester: pytest.Pytester) -> None:
    _design(pytester, "one.vq", TEXT + "check coverage, layering\n")
    _design(pytester, "two.vq", VIOLATED)
    done = pytester.runpytest_subprocess(*QUICK, "--vq", "-n", "2", "-W", "error")
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["  false: eth0.*not granted*"])


def test_a_warning_about_the_text_is_one_of_pytest(pytester: pytest.Pytester) -> None:
    _design(pytester, "good.vq", TEXT + "param unread in 1..2\ncheck coverage, layering\n")
    done = pytester.runpytest(*QUICK, "good.vq", "-W", "default")
    done.assert_outcomes(passed=2, warnings=2)
    done.stdout.fnmatch_lines(["*warning?VQ0412?*"])
    assert done.stdout.str().count("warning[VQ0412]") == 1
    line = TEXT.count("\n") + 1
    done.stdout.fnmatch_lines([f"*good.vq:{line}: DesignWarning: *"])
    category = "checker.pytest_plugin.DesignWarning"
    done = pytester.runpytest(*QUICK, "good.vq", "-W", f"ignore::{category}")
    done.assert_outcomes(passed=2)
    done = pytester.runpytest(*QUICK, "good.vq::layering", "-W", f"error::{category}")
    done.assert_outcomes(failed=1)
    assert "internal error" not in done.stdout.str()


def test_a_bundle_in_a_folder_is_left_out(pytester: pytest.Pytester) -> None:
    text = TEXT + "check coverage\n"
    for name in ("designs/good.vq", "designs/evidence/inputs/copy.vq"):
        _design(pytester, name, text)
    for name in ("bundle.json", "SHA256SUMS"):
        (pytester.path / "designs/evidence" / name).touch()
    pytester.runpytest(*QUICK, "--vq").assert_outcomes(passed=1)
    pytester.runpytest(*QUICK, "--vq", "designs/evidence").assert_outcomes(passed=1)
    both = ("designs/good.vq", "designs/evidence/inputs")
    pytester.runpytest(*QUICK, "--vq", *both).assert_outcomes(passed=2)
    pytester.runpytest(*QUICK, "designs/evidence/inputs/copy.vq").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nvq_files = designs/*.vq\n")
    pytester.runpytest(*QUICK).assert_outcomes(passed=1)


def test_to_ask_for_certificates_is_to_ask_for_designs(pytester: pytest.Pytester) -> None:
    # It collected nothing, and said nothing of `--vq`.
    _design(pytester, "designs/good.vq", TEXT + "check coverage, layering\n")
    _design(pytester, "other.vq", TEXT + "check coverage\n")
    pytester.runpytest(*QUICK, "--vq-certify").assert_outcomes(passed=3)
    pytester.makeini("[pytest]\nvq_files = designs/*.vq\n")
    pytester.runpytest(*QUICK, "--vq-certify").assert_outcomes(passed=2)
