# Does a session last from one command to the next? The folder is only here to leave your own sessions alone.
export XDG_STATE_HOME=$(mktemp -d)
mcp-echo call http://localhost:3000/mcp echo message='remember me' 2>&1
mcp-echo call http://localhost:3000/mcp replayLastEcho 2>&1
mcp-echo session list
mcp-echo session forget http://localhost:3000/mcp
rm -r "$XDG_STATE_HOME"
