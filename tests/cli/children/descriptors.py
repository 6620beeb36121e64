"""Says which descriptors it was given."""
import os

found = []
for descriptor in range(4096):
    try:
        os.fstat(descriptor)
    except OSError:
        continue
    found.append(descriptor)
print("descriptors", found, "input", os.readlink("/proc/self/fd/0"),
      flush=True)
