# One image for every program of the platform; docker-compose.yml says which one a container runs.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md ./
# The lock's versions as constraints: the image gets the extras it needs, at exactly the tested versions.
RUN sed -E '/^ +(--hash|#)/d; s/ *\\$//' requirements.lock > constraints.txt
COPY campus campus
COPY devices devices
COPY attendance attendance
COPY alerts alerts
COPY ingest ingest
COPY dashboards dashboards
COPY docs/guides dashboards/guides
COPY edge_agent edge_agent
COPY simulator simulator
COPY cli cli
# The charts library; without network here the pages show tables.
COPY scripts/vendor scripts/vendor
RUN PYTHON=python scripts/vendor
RUN python -m venv /opt/campus \
    && /opt/campus/bin/pip install --no-cache-dir --constraint constraints.txt ".[server,postgres,edge]"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent campus \
    && mkdir -p /data /truth \
    && echo "# The school's own alarm rules, beside those of the platform: docs/reference/rules.md" > /data/rules.yaml \
    && chown -R campus:campus /data /truth
COPY --from=build /opt/campus /opt/campus
COPY deploy/answers.py deploy/simulated_school.py /app/deploy/
ENV PATH=/opt/campus/bin:$PATH PYTHONUNBUFFERED=1
USER campus
WORKDIR /data
EXPOSE 8080 9101 9102
ENTRYPOINT ["campus"]
CMD ["--help"]
