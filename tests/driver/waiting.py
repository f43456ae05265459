import time


def free_resources(ray):
    """What trials can be given now: CPUs, GPUs and memory."""
    return {kind: ray.available_resources().get(kind, 0.0) for kind in ("CPU", "GPU", "memory")}


def wait_until_free(ray, seconds=30):
    """`free_resources`, once everything is free or the seconds are over."""
    deadline = time.monotonic() + seconds
    everything = {kind: ray.cluster_resources()[kind] for kind in ("CPU", "GPU", "memory")}
    while free_resources(ray) != everything and time.monotonic() < deadline:
        time.sleep(0.2)
    return free_resources(ray)
