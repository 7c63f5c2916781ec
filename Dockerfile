# One image for every process of the platform; docker-compose.yml says which of them a container runs.
FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/app/.venv/bin:$PATH XOVIS_DATA_DIR=/data
RUN useradd --create-home --uid 10001 xovis && mkdir /data && chown xovis /data
WORKDIR /app
COPY pyproject.toml requirements.lock ./
# All of the lock, by its hashes; then what development needs goes again, for only a lock's own hashes are looked at. The
# embedded PostgreSQL stays for its tools: back-ups are written by its pg_dump.
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir "uv>=0.13,<0.14" \
    && .venv/bin/uv pip sync --no-cache --require-hashes --python .venv/bin/python requirements.lock \
    && .venv/bin/uv pip compile -q --no-cache --python .venv/bin/python pyproject.toml --extra embedded \
        --constraints requirements.lock -o /tmp/runs.txt \
    && .venv/bin/uv pip sync --no-cache --python .venv/bin/python /tmp/runs.txt && rm /tmp/runs.txt
COPY --from=front-end /app/node_modules node_modules
COPY . .
RUN python -m xovis_platform.messages
USER xovis
EXPOSE 8000
CMD ["granian", "--interface", "asgi", "--workers", "2", "--host", "0.0.0.0", "--port", "8000", "--backpressure", "6000", "--http1-buffer-size", "65536", "--http1-header-read-timeout", "10000", "xovis_platform.asgi:application"]
