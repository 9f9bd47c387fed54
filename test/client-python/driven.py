"""A program with a logger: does what it reads, a line of JSON each, and answers with a line of JSON."""

import json
import sys

import neurallog

log = neurallog.Logger(**json.loads(sys.argv[1]))

for line in sys.stdin:
    command = json.loads(line)
    answer = None
    if command["do"] == "log":
        for number in range(command["from"], command["from"] + command["count"]):
            log.log(command["level"], command["message"], number=number, token="never sent")
    elif command["do"] == "flush":
        answer = log.flush(command["seconds"])
    elif command["do"] == "stats":
        answer = log.stats()
    print(json.dumps(answer), flush=True)
