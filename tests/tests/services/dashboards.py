import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def differences(given, kept, at=""):
    """What is lost or another; the models may add what is the default."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if key in kept:
                yield from differences(value, kept[key], f"{at}.{key}")
            elif value is not None:
                yield f"{at}.{key} is lost"
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (value, other) in enumerate(zip(given, kept)):
            yield from differences(value, other, f"{at}[{number}]")
    elif given != kept:
        yield f"{at} was {given!r}, is {kept!r}"


register_default_plugins()  # panels' options and what Prometheus is asked have models, too
for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as text:
        given = json.load(text)
    kept = json.loads(JSONEncoder().encode(Dashboard.from_json(given)))
    for difference in differences(given, kept):
        print(f"{file}: {difference}")
