import json
from pathlib import Path

from things import Thing

wanted = json.loads((Path(__file__).parent / "wanted.json").read_text())
earlier = None
for number in range(wanted["things"]):
    made = Thing(f"t{number:02}", wanted["size"], up=earlier.arn if earlier is not None else None)
    earlier = made if number % 4 == 0 else earlier
