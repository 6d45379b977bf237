uvicorn mcp_echo_streamablehttp_server_stateless:app --host 0.0.0.0 --port 3000 --workers 4
