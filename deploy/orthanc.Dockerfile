# Orthanc with DICOMweb from Debian, the same that `make up` runs; as an ordinary user, without an open port of DICOM.
FROM debian:12.11-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends orthanc orthanc-dicomweb \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --parents /var/lib/orthanc/db \
    && chown --recursive orthanc:orthanc /var/lib/orthanc
COPY deploy/orthanc.json /srv/orthanc/orthanc.json
USER orthanc
VOLUME /var/lib/orthanc/db
EXPOSE 8042
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8042"]
# A folder: the settings above, and who may come in from a secret that is mounted beside them.
CMD ["Orthanc", "/srv/orthanc"]
