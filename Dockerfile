# The one image: tradefleet, tradefleet-operator and kubectl-tradefleet on a Python base.
#
# Three stages:
#   environment  the dependencies that requirements.lock names, in a virtual environment
#   application  tradefleet's own wheel, installed on its own to be laid over that environment
#   the image    the base plus both, as two layers: a code change replaces the last, small one
#
# Nothing is fetched during the build: dist/ holds every wheel, and pip's, for the Python of BASE.
# `make image` fills dist/ and builds; after that `docker build .` gives the same image.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS environment
# No pip in the environment: it runs from its wheel, and nothing in the image can install anything.
RUN python3 -m venv --without-pip /opt/tradefleet
COPY requirements.lock dist/pip/ /install/
COPY dist/wheels/ /install/wheels/
RUN PYTHONPATH="$(echo /install/pip-*.whl)" /opt/tradefleet/bin/python3 -m pip install --quiet \
        --no-cache-dir --no-compile --no-index --find-links /install/wheels --no-deps \
        --require-hashes --requirement /install/requirements.lock \
    # The root file system is read-only at run time, so bytecode is made here, once, and trusted.
    && /opt/tradefleet/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        /opt/tradefleet/lib

FROM environment AS application
COPY dist/tradefleet-*.whl /install/
RUN PYTHONPATH="$(echo /install/pip-*.whl)" /opt/tradefleet/bin/python3 -m pip install --quiet \
        --no-cache-dir --no-compile --no-index --no-deps --prefix /install/application \
        /install/tradefleet-*.whl \
    && /opt/tradefleet/bin/python3 -m compileall -q --invalidation-mode unchecked-hash \
        -s /install/application -p /opt/tradefleet /install/application/lib

FROM ${BASE}
ENV PATH=/opt/tradefleet/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
LABEL org.opencontainers.image.title="tradefleet" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["tradefleet"]
# A number alone satisfies Kubernetes' runAsNonRoot; the name is for libraries that ask for one.
# The usual Python image comes without its standard library's bytecode: each start would make it.
RUN echo 'tradefleet:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd \
    && python3 -m compileall -q -j 0 -x '/(lib2to3|site-packages|test|tests)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
USER 10001:10001
COPY --from=environment /opt/tradefleet /opt/tradefleet
# Last, because it changes most: all above stays as it is, here and on the nodes.
COPY --from=application /install/application /opt/tradefleet
