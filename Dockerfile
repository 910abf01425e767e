# A static binary and nothing else: no shell, no package manager, not root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /ecsbot ./cmd/ecsbot
# The ledger's folder, owned by the user that the bot runs as; mount a volume over it.
RUN mkdir -p /empty/data /empty/tmp

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build --chown=65532:65532 /empty/ /
COPY --from=build /ecsbot /ecsbot
# A log on its way into a file lies there. Under a read-only root ECS mounts a volume over it, which
# belongs to this user because it is named here.
VOLUME ["/tmp"]
USER 65532:65532
EXPOSE 9090
ENTRYPOINT ["/ecsbot"]
CMD ["run", "--config", "/etc/ecsbot/ecsbot.yaml"]
