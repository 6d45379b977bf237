# Both servers in one image: the command says which, environment variables say how (docs/configuration.md).
#
#     docker build --tag mcp-echo .
#     docker run --read-only --tmpfs /tmp --env-file deploy/loopback.env --publish 127.0.0.1:3000:3000 mcp-echo
#     docker run --read-only --tmpfs /tmp --env-file deploy/loopback.env --publish 127.0.0.1:3000:3000 mcp-echo \
#       mcp-echo serve --variant stateless

FROM python:3.12-slim AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/mcp-echo \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /build
# What the lock names first: it changes less often than the source.
COPY scripts/uv scripts/uv
COPY pyproject.toml uv.lock ./
RUN scripts/uv sync --locked --no-default-groups --extra redis --extra otel --no-install-project
COPY README.md LICENSE ./
COPY src src
RUN scripts/uv sync --locked --no-default-groups --extra redis --extra otel --no-editable

FROM python:3.12-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mcp-echo" \
      org.opencontainers.image.description="Diagnostic MCP servers over Streamable HTTP, stateful and stateless" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# /data is for a volume with the file of an SQLite store; nothing else is written outside /tmp.
RUN useradd --uid 1000 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin mcp-echo \
    && install --directory --owner 1000 --group 1000 /data
COPY --from=build /opt/mcp-echo /opt/mcp-echo
# The stateless server would bind to loopback, which nobody reaches in a container.
ENV PATH=/opt/mcp-echo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MCP_ECHO_HOST=0.0.0.0
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["mcp-echo", "healthcheck"]
CMD ["mcp-echo", "serve", "--variant", "stateful"]
