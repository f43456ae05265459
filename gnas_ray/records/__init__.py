"""What a search found, for people, notebooks and other programs.

Question: what did we find? Once trials are in the ledger, what does one read about them? The experiment's
folder and its files, the leaderboard, Parquet tables, the Pareto front, the report.

May import: experiment, ledger, surrogates, space and core below it. No ray, no torch; what was
retrained and tested arrives as `FinalRow`s, because training is this room's neighbour.

To add: a table or a section of the report is one module that turns `TrialRecord`s into frozen rows, then one
line in `records/report/page.py` for a section.
"""

from gnas_ray.records.folder import ExperimentFolder, new_folder, open_folder

__all__ = ["ExperimentFolder", "new_folder", "open_folder"]
