# Maximum verbosity
export MCP_ECHO_DEBUG=true
export LOG_LEVEL=DEBUG
export PYTHONDEBUG=1

python -m mcp_echo_streamablehttp_server_stateless
