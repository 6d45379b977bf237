# Why does a request fail? This one names a session that a restart has ended.
curl -s http://localhost:3000/mcp \
  -H 'Content-Type: application/json' \
  -H 'Mcp-Session-Id: 550e8400-e29b-41d4-a716-446655440000' \
  -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}' | python3 -m json.tool
