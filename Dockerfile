# Two stages: the compiler and its dependencies stay behind. The image holds Node, the compiled service, and its production
# dependencies; nothing in it needs a shell at run time, root, or a writable root file system.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && chmod +x dist/main.js && find src -name '*.json' -exec sh -c 'cp "$1" "dist/${1#src/}"' _ {} \;
RUN rm -rf node_modules \
 && npm install --no-save --no-audit --no-fund --omit=dev --omit=optional --ignore-scripts --loglevel=error \
 && find node_modules \( -name '*.map' -o -name '*.md' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) \
      ! -iname '*licen[cs]e*' ! -iname '*copying*' ! -iname '*notice*' -type f -delete

FROM node:24-slim
ARG VERSION=0.1.0
# The commit: docker build --build-arg REVISION="$(git rev-parse HEAD)" .
ARG REVISION=unknown
LABEL org.opencontainers.image.title="AutoHeal" \
      org.opencontainers.image.description="Receives Alertmanager webhooks, heals the Kubernetes workload that is really ill, and proves the recovery." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
ENV NODE_ENV=production
COPY LICENSE ./
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY rules rules
# The store: a volume in its place keeps the journal over restarts. And the command by its name, for kubectl exec.
RUN mkdir -p /var/lib/autoheal && chown 1000:1000 /var/lib/autoheal && ln -s /app/dist/main.js /usr/local/bin/autoheal
USER 1000:1000
WORKDIR /var/lib/autoheal
EXPOSE 9095
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "/app/dist/main.js", "health"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve"]
