using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>Warns of what makes the engine unfit or unsafe for workspaces: at start, and whenever it is connected to anew.</summary>
internal sealed partial class EngineChecks(
    EngineOptions options, WorkspaceOptions containers, DockerEngine engine, ILogger<EngineChecks> logger)
{
    /// <summary>The last versions of runc with known ways out of a container were before it.</summary>
    private static readonly Version SafeRunc = new(1, 2, 8);

    private const string Runc = "runc";

    /// <summary>What the settings alone show.</summary>
    public void CheckSettings()
    {
        if (options is { Host.Scheme: "tcp" or "http", CertificatePath: null })
            LogPlain(options.Host);
    }

    /// <summary>What the engine reports of itself.</summary>
    public async Task<bool> CheckEngineAsync(CancellationToken cancellationToken)
    {
        var identity = await engine.IdentifyAsync(cancellationToken);
        if (containers.Runtime is { } runtime && !identity.Runtimes.Contains(runtime))
            LogUnknownRuntime(runtime, string.Join(", ", identity.Runtimes.Order(StringComparer.Ordinal)));
        if (containers.Runtime is null or Runc && IsOld(identity.RuncVersion))
            LogOldRunc(identity.RuncVersion!, SafeRunc.ToString());
        return true;
    }

    /// <param name="version">As an engine reports it, such as 1.1.5+ds1 or 1.4.0-rc.1; null where it does not.</param>
    internal static bool IsOld(string? version)
    {
        var number = version?.TrimStart('v').Split('+', '-', '~')[0];
        return Version.TryParse(number, out var parsed) && parsed < SafeRunc;
    }

    [LoggerMessage(LogLevel.Warning, "Docker API without TLS: anyone who can reach it is root on the Docker host")]
    private partial void LogPlain([Untrusted] Uri dockerHost);

    [LoggerMessage(LogLevel.Warning, "MCP_CONTAINER_RUNTIME is not a runtime of the Docker Engine: no workspace can be created")]
    private partial void LogUnknownRuntime(string runtime, string runtimes);

    [LoggerMessage(LogLevel.Warning, "runc is old: unless your distribution has patched it, a workspace can break out of its container")]
    private partial void LogOldRunc(string runcVersion, string safeVersion);
}
