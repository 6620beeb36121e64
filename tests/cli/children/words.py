"""Says what it was called with, and what W... is in its environment."""
import os
import sys

environment = {name: value for name, value in os.environb.items()
               if name.startswith(b"W")}
print(repr((os.fsencode(" ".join(map(repr, sys.argv[1:]))),
            sorted(environment.items()))), flush=True)
