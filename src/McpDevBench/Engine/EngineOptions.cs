namespace McpDevBench.Engine;

/// <summary>Where the Docker Engine is and how long to wait for it.</summary>
internal sealed record EngineOptions
{
    private const string DefaultHost = "unix:///var/run/docker.sock";

    public Uri Host { get; private init; } = new(DefaultHost);

    /// <summary>A folder with ca.pem, cert.pem and key.pem; null without TLS.</summary>
    public string? CertificatePath { get; private init; }

    /// <summary>False: any server certificate will do.</summary>
    public bool VerifyTls { get; private init; } = true;

    /// <summary>For every call but pulling an image and streams.</summary>
    public TimeSpan CallTimeout { get; private init; } = TimeSpan.FromSeconds(30);

    public TimeSpan PullTimeout { get; private init; } = TimeSpan.FromMinutes(10);

    public static EngineOptions Read(Settings settings)
    {
        var hostOfDocker = settings.OptionalText("DOCKER_HOST", "Docker's own variable, used where MCP_DOCKER_HOST is not set.");
        var host = settings.Text(
            "MCP_DOCKER_HOST", hostOfDocker ?? DefaultHost,
            "The Docker Engine: unix:///path, tcp://host:port. Without TLS, tcp:// is warned of at start.");
        if (!Uri.TryCreate(host, UriKind.Absolute, out var uri) || uri.Scheme is not ("unix" or "tcp" or "http" or "https"))
        {
            settings.Refuse($"MCP_DOCKER_HOST='{host}' is not allowed: use unix:///path/to/docker.sock or tcp://host:port.");
            uri = new Uri(DefaultHost);
        }
        var certificates = settings.OptionalText("MCP_DOCKER_CERT_PATH", "A folder with ca.pem, cert.pem and key.pem for a tcp:// engine.");
        if (certificates is not null)
        {
            foreach (var file in new[] { "ca.pem", "cert.pem", "key.pem" })
            {
                if (!File.Exists(Path.Combine(certificates, file)))
                    settings.Refuse($"MCP_DOCKER_CERT_PATH='{certificates}' is not allowed: there is no {file} in it.");
            }
        }
        return new EngineOptions
        {
            Host = uri,
            CertificatePath = certificates,
            VerifyTls = settings.Flag("MCP_DOCKER_TLS_VERIFY", true, "Whether the engine's certificate must be signed by ca.pem."),
            CallTimeout = TimeSpan.FromSeconds(
                settings.Number("MCP_DOCKER_TIMEOUT_S", 30, 1, 600, "Seconds until a call to Docker is given up.")),
            PullTimeout = TimeSpan.FromSeconds(
                settings.Number("MCP_PULL_TIMEOUT_S", 600, 1, 86400, "Seconds until the pull of an image is given up.")),
        };
    }
}
