using System.Net;

namespace McpDevBench.Access;

/// <summary>The address to listen on, and which hosts and origins may call.</summary>
internal sealed record AccessOptions
{
    public string Host { get; init; } = "127.0.0.1";
    public int Port { get; init; } = 8000;
    public bool AllowInsecure { get; init; }

    /// <summary>Origins that a browser's page may have, besides those of the server itself on the loopback interface.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// The URL at which clients reach the server, without a slash at the end. Null: the Host header has it.
    /// </summary>
    public string? PublicUrl { get; init; }

    /// <summary>Names in the Host header, besides loopback names and the address that is listened on.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The address to listen on; null for localhost by name or an address that cannot be read.</summary>
    public IPAddress? Address => ListenAddress.Parse(Host);

    public bool IsLoopback => ListenAddress.IsLoopback(Host);

    public static AccessOptions Read(Settings settings)
    {
        var defaults = new AccessOptions();
        var options = new AccessOptions
        {
            Host = settings.Text("MCP_HOST", defaults.Host, "The address to listen on: an IP address, localhost, or 0.0.0.0 for all."),
            Port = settings.Number("MCP_PORT", defaults.Port, 0, 65535, "The port to listen on; 0 takes a free one and logs it."),
            AllowInsecure = settings.Flag(
                "MCP_ALLOW_INSECURE", defaults.AllowInsecure, "true: listen on an address that others reach, without authentication."),
            AllowedOrigins = settings.List(
                "MCP_ALLOWED_ORIGINS", "",
                "More web origins whose pages may call, such as https://bench.example, also from another site (CORS); "
                    + "the server's own loopback origins always may."),
            AllowedHosts = settings.List(
                "MCP_ALLOWED_HOSTS", "",
                "More names in the Host header, such as bench.example or bench.example:8443, for MCP_PORT and MCP_METRICS_PORT; "
                    + "loopback names and the address listened on always may."),
            PublicUrl = ReadPublicUrl(settings),
        };
        CheckMode(settings, settings.Text("MCP_AUTH_MODE", "none", "How callers prove who they are: only none in this version."));
        options.Check(settings);
        return options;
    }

    private static string? ReadPublicUrl(Settings settings)
    {
        var given = settings.OptionalText(
            "MCP_PUBLIC_URL",
            "The URL at which clients reach the server, such as https://bench.example/dev; by default what the Host header says.");
        if (given is null)
            return null;
        if (Uri.TryCreate(given, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https" && url.Query.Length + url.Fragment.Length + url.UserInfo.Length == 0)
            return given.TrimEnd('/');
        settings.Refuse(
            $"MCP_PUBLIC_URL='{given}' is not allowed: use http:// or https://, a name, and a path if there is one, without a query.");
        return null;
    }

    private static void CheckMode(Settings settings, string mode)
    {
        if (mode.ToUpperInvariant() is "BEARER" or "OAUTH" or "OIDC")
            settings.Refuse(
                $"MCP_AUTH_MODE={mode} is not available in this version: "
                    + "use none, and let only loopback or a proxy that authenticates reach the server.");
        else if (!mode.Equals("none", StringComparison.OrdinalIgnoreCase))
            settings.Refuse($"MCP_AUTH_MODE='{mode}' is not allowed: use none.");
    }

    private void Check(Settings settings)
    {
        if (Address is null && !IsLoopback)
            settings.Refuse($"MCP_HOST={Host} is not allowed: use an IP address, localhost, or 0.0.0.0 for all.");
        foreach (var origin in AllowedOrigins)
        {
            if (!HostRules.TryReadOrigin(origin, out _))
                settings.Refuse(
                    $"MCP_ALLOWED_ORIGINS has '{origin}', which is not an origin: "
                        + "use scheme://name or scheme://name:port, without a path.");
        }
        foreach (var host in AllowedHosts)
        {
            if (!HostRules.TryReadHost(host, out _, out _))
                settings.Refuse($"MCP_ALLOWED_HOSTS has '{host}', which is not a host: use name or name:port, without a scheme.");
        }
    }

    /// <summary>Only for the transport that listens: standard input has one caller.</summary>
    public void CheckListening(Settings settings)
    {
        if (!IsLoopback && !AllowInsecure && Address is not null)
            settings.Refuse(
                $"MCP_HOST={Host} lets others reach the server, and there is no authentication: "
                    + "use 127.0.0.1, or set MCP_ALLOW_INSECURE=true if the network is to be trusted.");
    }
}
