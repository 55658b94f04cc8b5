# One image for web, worker and preparation: which of them is the command.
#
#   python manage.py serve      the site on port 8000, plain HTTP: a proxy in front ends TLS
#   python manage.py work       a worker
#   python manage.py prepare    the tables of this version, before the two above
#
# It brings no database and no settings: see docs/operations.md.

# --- The packages, with their hashes; pip, uv and the downloads stay behind ------------------
FROM python:3.11-slim AS build
# For those whose packages come from a mirror; neither is kept.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY requirements-uv.txt requirements.txt ./
RUN python -m venv /opt/installer \
    && /opt/installer/bin/python -m pip install --quiet --only-binary :all: --require-hashes \
        -r requirements-uv.txt
RUN python -m venv --without-pip /opt/venv \
    && /opt/installer/bin/uv pip install --quiet --python /opt/venv/bin/python --compile-bytecode \
        --only-binary :all: --require-hashes -r requirements.txt

# --- The site -----------------------------------------------------------------------------------
FROM python:3.11-slim
LABEL org.opencontainers.image.title="Patriot" \
      org.opencontainers.image.description="A news desk whose every sentence stands on a verified quotation." \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATRIOT_ENV=production \
    PATRIOT_DOTENV=/dev/null \
    PATRIOT_DATA=/tmp/patriot \
    HOME=/tmp \
    BIND=0.0.0.0 \
    PORT=8000
RUN groupadd --gid 10001 patriot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin patriot
WORKDIR /srv/patriot
COPY --from=build /opt/venv /opt/venv
COPY manage.py LICENSE ./
COPY patriot ./patriot
COPY reports ./reports
COPY sources ./sources
COPY templates ./templates
# The settings insist on secrets; these are of this step only and open nothing.
RUN export SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
        ALLOWED_HOSTS=build.invalid \
        DATABASE_URL=postgresql://build.invalid/none \
    && python manage.py collectstatic --no-input --verbosity 0 \
    # What the image is made of, for whoever must know (CycloneDX).
    && python manage.py sbom sbom.cdx.json \
    && python -m compileall -q manage.py patriot reports sources
# Everything above belongs to root: what runs cannot change it.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# For the web; the worker's is `python manage.py check_worker`, as compose.yaml has it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["python", "manage.py", "serve"]
