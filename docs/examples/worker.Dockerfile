# The image of a machine that works for a pool over many machines. In the root of the project, after the first command of the README's install has made the package:
#   docker build -f docs/examples/worker.Dockerfile -t registry.example.org/psipc-worker .
# .NET's SDK images are the official images with PowerShell.
FROM mcr.microsoft.com/dotnet/sdk:10.0
COPY out/PSIpc.*.nupkg /packages/
RUN pwsh -NoProfile -Command "Register-PSResourceRepository PSIpcBuild -Uri /packages -Trusted; Install-PSResource PSIpc -Repository PSIpcBuild -Prerelease -Scope AllUsers"
# The script connects and calls Start-ProcessPoolWorker; SIGTERM, which Docker and Kubernetes send, drains it.
USER app
STOPSIGNAL SIGTERM
ENTRYPOINT ["pwsh", "-NoProfile", "-File", "/etc/psipc/worker.ps1"]
