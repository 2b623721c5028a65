# CPU image of the dashboard: installs as root, runs as an ordinary user, answers a health check.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
# Forwarded headers are judged by the gate alone, see trusted_proxies.
ENV FORWARDED_ALLOW_IPS=""
WORKDIR /srv/deeptepp

# Draws figures as SVG, PDF and PNG; all else works without it. Fonts: Latin and Chinese.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium fonts-liberation fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt ./
# Pass the index of the CPU builds of torch here to leave several GB of CUDA out of the image.
ARG PIP_EXTRA_INDEX_URL=""
RUN pip install -r requirements.txt

COPY pyproject.toml README.md app.py ./
COPY deeptepp deeptepp
COPY pages pages
COPY artifacts artifacts
COPY .streamlit .streamlit
RUN pip install --no-deps --editable . \
    && useradd --create-home --uid 10001 deeptepp \
    && install --directory --owner deeptepp --group deeptepp --mode 0700 /srv/deeptepp/data
USER deeptepp
# Cases, board, images and their key; without a volume they go with the container.
VOLUME /srv/deeptepp/data

# Listens on all addresses of the container and answers other machines once deeptepp.toml names a provider to sign
# in with, or DEEPTEPP_OPEN=1 says that everybody may come in.
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
