"""A client that is no program of ours: httpx over HTTP/2. GETs an address, POSTs octets to it, prints what came as JSON."""
import hashlib
import json
import sys

import httpx

OCTETS = bytes(range(256)) * 1000


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


with httpx.Client(http2=True, verify=False, timeout=30) as client:
    got = client.get(sys.argv[1])
    posted = client.post(sys.argv[1], content=OCTETS) if "--post" in sys.argv else None
print(json.dumps({
    "version": got.http_version,
    "status": got.status_code,
    "digest": digest(got.content),
    "sent": digest(OCTETS),
    "back": posted and digest(posted.content),
}))
