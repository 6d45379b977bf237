# What does a client see when its session is lost? Another one ends it here, as a restart of the server would.
export XDG_STATE_HOME=$(mktemp -d)
mcp-echo call http://localhost:3000/mcp echo message='remember me' --era legacy
session=$(mcp-echo session show http://localhost:3000/mcp --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["sessions"][0]["session"])')
curl -s -X DELETE http://localhost:3000/mcp -H "Mcp-Session-Id: $session"
mcp-echo call http://localhost:3000/mcp replayLastEcho 2>&1 || echo "exit code $?"
rm -r "$XDG_STATE_HOME"
