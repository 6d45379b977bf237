# Does every tool answer? Each is called once, with an argument where it needs one.
for tool in echo printHeader bearerDecode authContext requestTiming corsAnalysis environmentDump healthProbe whoIStheGOAT; do
  case $tool in
    echo) arguments='{"message": "hello"}' ;;
    bearerDecode) arguments='{"token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0."}' ;;
    *) arguments='{}' ;;
  esac
  curl -s http://localhost:3000/mcp -H 'Content-Type: application/json' \
    -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "'$tool'", "arguments": '"$arguments"'}}' |
    grep -q '"isError":false' && echo "$tool ok" || echo "$tool FAILED"
done
