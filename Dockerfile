# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/nof1-tui
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY migrations migrations
COPY nof1tui nof1tui
RUN /opt/nof1-tui/bin/pip install .

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 nof1
COPY --from=build /opt/nof1-tui /opt/nof1-tui
ENV PATH=/opt/nof1-tui/bin:$PATH PYTHONUNBUFFERED=1 LANG=C.UTF-8
USER nof1
WORKDIR /home/nof1
VOLUME /home/nof1
STOPSIGNAL SIGTERM
ENTRYPOINT ["nof1-tui"]
CMD ["collect"]
