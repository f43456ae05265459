"""Recommendations from a bundle.

Question: what does this user get? A bundle is loaded once, in milliseconds, and answers one user at a time: one it
knows from training, or one who came later, by the items they touched.

May import: training's bundle format and the rooms below; Ray, for a deployment. `Bundle` itself needs neither Ray nor
torch.

To add a way to serve (a web service, a batch job): a module that loads a `Bundle` and calls `recommend`.
"""

from gnas_ray.serving.bundle import Bundle, Recommendation
from gnas_ray.serving.files import BundleError

__all__ = ["Bundle", "BundleError", "Recommendation"]
