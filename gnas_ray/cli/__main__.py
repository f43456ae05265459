"""``python -m gnas_ray.cli``."""

from gnas_ray.cli import main

main()
