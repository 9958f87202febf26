"""Grading: read a submission, run its functions in a process of their own, judge here, report."""
