# Fermata as a container. No syntax line and no mounts, so that the classic builder and BuildKit build it alike.
#   docker build -t fermata .
#   docker build -t fermata --build-arg EXTRAS="slack kubernetes" .
# docs/operations.md says how to run it.

# Any image with Python 3.11 or newer, its venv module and a shell. Pin it by digest where you rebuild from a registry.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
# What installs and builds, in an environment of its own that stays behind. Every file is checked against its hash.
COPY requirements/uv.txt requirements/uv.txt
RUN python3 -m venv /tools \
 && /tools/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements/uv.txt
COPY pyproject.toml requirements/dev.txt ./
RUN /tools/bin/uv pip install --no-cache --python /tools/bin/python --require-hashes --constraints dev.txt \
      --group build
# The lock of everything decides the versions and hashes of whatever is chosen here.
ARG EXTRAS=""
RUN set -- && for extra in ${EXTRAS}; do set -- "$@" --extra "$extra"; done \
 && python3 -m venv --without-pip /opt/fermata \
 && /tools/bin/uv pip install --no-cache --python /opt/fermata/bin/python --compile-bytecode --require-hashes \
      --constraints dev.txt --requirements pyproject.toml "$@"
COPY README.md LICENSE ./
COPY src src
RUN /tools/bin/hatchling build --target wheel --directory dist \
 && /tools/bin/uv pip install --no-cache --python /opt/fermata/bin/python --compile-bytecode --no-deps --no-index \
      dist/fermata_ops-*.whl

FROM ${BASE}
ARG VERSION="unknown"
ARG REVISION="unknown"
LABEL org.opencontainers.image.title="Fermata" \
      org.opencontainers.image.description="Self-hosted incident operations that investigate, propose, and hold" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Programs beside Python that a system needs, such as PACKAGES="git openssh-client" for `systems.git`.
ARG PACKAGES=""
RUN if [ -n "${PACKAGES}" ]; then \
      apt-get update && apt-get install --yes --no-install-recommends ${PACKAGES} && rm -rf /var/lib/apt/lists/*; \
    fi
# Written by hand, since not every base has useradd. Mode 0700: who can write to the state can approve.
RUN echo "fermata:x:10001:10001:Fermata:/var/lib/fermata:/bin/sh" >> /etc/passwd \
 && echo "fermata:x:10001:" >> /etc/group \
 && mkdir -p /etc/fermata /var/lib/fermata && chmod 0700 /var/lib/fermata && chown 10001:10001 /var/lib/fermata
COPY --from=build /opt/fermata /opt/fermata
# The environment beats the file, so that the volume, the published port and the health check agree with it.
ENV PATH="/opt/fermata/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    FERMATA_CONFIG=/etc/fermata/fermata.yaml \
    FERMATA_STATE_DIR=/var/lib/fermata \
    FERMATA_SERVER__HOST=0.0.0.0 \
    FERMATA_SERVER__PORT=8714
# By number: Kubernetes' runAsNonRoot cannot read a name.
USER 10001:10001
WORKDIR /var/lib/fermata
VOLUME /var/lib/fermata
EXPOSE 8714
# What is under way goes on after its last completed step when it starts again.
STOPSIGNAL SIGTERM
# Not by urllib: a proxy of the environment is for what is outside.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import http.client, os, sys; \
server = http.client.HTTPConnection('127.0.0.1', int(os.environ['FERMATA_SERVER__PORT']), timeout=4); \
server.request('GET', '/healthz'); \
sys.exit(server.getresponse().status != 200)"]
ENTRYPOINT ["fermata"]
CMD ["up"]
