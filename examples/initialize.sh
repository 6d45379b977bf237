# What does a server say of itself, and which session does a client get?
curl -si http://localhost:3000/mcp \
  -H 'Content-Type: application/json' \
  -d '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25",
       "capabilities": {}, "clientInfo": {"name": "curl", "version": "1"}}}'
