# The log service's image. `npm run image` assembles the same one without Docker; a test holds the two together.
# Build: docker build -t ghcr.io/neurallog/log-service .

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps/log-service/package.json apps/log-service/
COPY apps/client/package.json apps/client/
COPY apps/formats/package.json apps/formats/
# Nothing of these packages is compiled, so no install script has to run.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --workspace=apps/log-service --no-audit --no-fund

# Distroless: Node, glibc and certificates; no shell, no package manager. Its tag follows Node 24's patches.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="NeuralLog log service" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY apps/client/package.json apps/client/package.json
COPY apps/client/src apps/client/src
COPY apps/formats/package.json apps/formats/package.json
COPY apps/formats/src apps/formats/src
COPY apps/log-service/package.json apps/log-service/package.json
COPY apps/log-service/src apps/log-service/src
USER 65532:65532
EXPOSE 8080 9464
ENTRYPOINT ["/nodejs/bin/node", "apps/log-service/src/main.ts"]
CMD ["serve"]
