"""Where and when trials run: Ray Tune decides, warm Ray Train worker groups train, the session learns.

Question: where and when does it run?

May import: every room below, and Ray (`ray.tune`, `ray.train`, `ray.job_submission`). Nothing here knows how a
trial is trained or a proposal is made: a worker group runs whatever `Work` it is given, and the Tune adapter
only translates between Tune's calls and `SearchSession`.
To add: a new kind of work is a `Work` function in `work.py`; a new way to reach a cluster goes to `cluster.py`.
"""
