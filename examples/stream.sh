# Does what the server sends by itself arrive? Each echo puts a message into the session's outbox; GET delivers it.
server=http://localhost:3000/mcp
session=$(curl -si $server -H 'Content-Type: application/json' \
  -d '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}' |
  sed -n 's/^mcp-session-id: //p' | tr -d '\r')
curl -s -o /dev/null $server -H 'Content-Type: application/json' -H "Mcp-Session-Id: $session" \
  -d '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "echo", "arguments": {"message": "hello"}}}'
curl -sN --max-time 1 $server -H 'Accept: text/event-stream' -H "Mcp-Session-Id: $session" || true
