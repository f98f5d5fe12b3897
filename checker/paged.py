"""A report as a page: with its devices drawn, and what was not asked."""

from __future__ import annotations

from checker.drawing import drawings
from checker.language.load import Loaded
from checker.mutation.result import Mutation
from checker.properties.property import properties
from checker.report.page import Page
from checker.report.report import Report
from checker.report.run import Run


def page_of(run: Run, report: Report, loaded: Loaded, mutation: Mutation | None = None) -> Page:
    """The page of a run of one design."""
    drawn = () if loaded.design is None or report.is_wrong else drawings(loaded.design)
    texts = {s.path: s.text for s in loaded.sources}
    others = tuple((n, p.asks) for n, p in properties().items() if n not in report.selected)
    return Page(run, report, drawn, texts, others, mutation)
