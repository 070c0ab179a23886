using System.Reflection;

namespace McpDevBench.Observability;

/// <summary>The build: for <c>version</c>, the handshake, metrics and the status.</summary>
internal static class BuildInfo
{
    public const string Name = "mcp-devbench";

    /// <summary>The version without the commit.</summary>
    public static string Version { get; } = Informational.Split('+')[0];

    /// <summary>The commit it was built from, or <c>unknown</c>.</summary>
    public static string Commit { get; } = Informational.Split('+') is [_, var commit] ? commit : "unknown";

    private static string Informational =>
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
