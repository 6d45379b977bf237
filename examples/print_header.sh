# What of a request arrives behind a gateway? These are the headers one might add.
curl -s http://localhost:3000/mcp \
  -H 'Content-Type: application/json' \
  -H 'Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl' \
  -H 'X-Forwarded-For: 203.0.113.7' -H 'X-Forwarded-Proto: https' -H 'X-Auth-Request-User: jane' \
  -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "printHeader"}}' |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["result"]["content"][0]["text"])'
