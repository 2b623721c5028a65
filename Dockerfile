# CPU image of the dashboard: installs as root, runs as an ordinary user, keeps what lasts in one volume.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
# Forwarded headers are judged by the gate alone, see trusted_proxies.
ENV FORWARDED_ALLOW_IPS=""
WORKDIR /srv/deeptepp

# Draws figures as SVG, PDF and PNG; all else works without it. Fonts: Latin and Chinese.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium fonts-liberation fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

# Every package by its hash. torch is the CPU build, so name the index that has it, or a mirror of your own.
ARG PIP_EXTRA_INDEX_URL=""
COPY requirements.txt requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock

COPY pyproject.toml README.md app.py ./
COPY deeptepp deeptepp
COPY pages pages
COPY artifacts artifacts
COPY .streamlit .streamlit
# Nothing is fetched here: what builds the package is among the packages above.
RUN pip install --no-deps --no-build-isolation --no-index --editable . \
    && useradd --uid 10001 --user-group --create-home deeptepp \
    && install --directory --owner deeptepp --group deeptepp --mode 0700 data
USER deeptepp
# Cases, board, images and their key; without a volume they go with the container.
VOLUME /srv/deeptepp/data

# Listens on all addresses of the container and answers other machines once deeptepp.toml names a provider to sign
# in with, or DEEPTEPP_OPEN=1 says that everybody may come in.
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/readyz', timeout=9)"]
CMD ["python", "-m", "uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8501", "--no-proxy-headers", \
     "--no-access-log", "--no-server-header", "--ws-max-size", "209715200", "--timeout-graceful-shutdown", "10"]
