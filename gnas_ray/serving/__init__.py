"""Recommendations from a bundle.

Question: what does this user get? A bundle is loaded once, in milliseconds, and answers one user at a time: one it
knows from training, or one who came later, by the items they touched.

May import: training's bundle format and the rooms below; Ray, for a deployment. `Bundle` itself needs neither Ray nor
torch.

To add a way to serve (a batch job, a deployment): a module that loads a `Bundle` and gives it wishes (`answers`), as
`server` does.
"""

from gnas_ray.serving.bundle import Bundle, Reason, Recommendation
from gnas_ray.serving.files import BundleError

__all__ = ["Bundle", "BundleError", "Reason", "Recommendation"]
