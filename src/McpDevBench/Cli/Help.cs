using System.Text;
using McpDevBench.Observability;

namespace McpDevBench.Cli;

/// <summary>What <c>--help</c> and <c>--version</c> print. The settings are those that the options classes read, so none can be missing.</summary>
internal static class Help
{
    public static string Version() => $"{BuildInfo.Name} {BuildInfo.Version} ({BuildInfo.Commit})";

    /// <summary>All settings with their defaults, in the order in which they are read.</summary>
    public static IReadOnlyList<Setting> Settings()
    {
        var settings = new Settings(new ConfigurationBuilder().Build());
        DevBenchOptions.Read(settings);
        return settings.Declared;
    }

    /// <summary><c>MCP_LOG_LEVEL</c> is <c>--log-level</c>.</summary>
    public static string OptionOf(string setting) => "--" + setting["MCP_".Length..].Replace('_', '-').ToLowerInvariant();

    public static string Text()
    {
        var text = new StringBuilder("""
            MCP DevBench gives AI assistants Linux workspaces on your Docker host.

            Usage: mcp-devbench [command] [--setting value]...

            Commands:
              serve      Serve over streamable HTTP (the default).
              stdio      Serve one client over standard input and output.
              health     Ask the server at MCP_HOST and MCP_PORT whether it is ready: exit code 0 if it is, 1 if not.
              audit query
                         Print the audit record as JSON lines, the oldest first. --event-type, --container-id, --exec-id, --correlation-id (which an error names),
                         --principal, --result, --since, --until narrow it, --limit takes the newest. A server may be running.
              audit verify
                         Say whether the audit record is as the server wrote it, or where it was altered, removed, inserted or reordered (exit code 1).
                         --file looks at a file of JSON lines instead of the database.
              version    Print the version.
              help       Print this.

            Settings come from the command line (--log-level DEBUG), else the environment (MCP_LOG_LEVEL=DEBUG), else appsettings.json in the working directory
            or beside the program ({ "MCP_LOG_LEVEL": "DEBUG" }).


            """);
        foreach (var setting in Settings())
            text.Append("  ").Append(setting.Name.PadRight(26)).Append(' ').Append(setting.Meaning).Append(setting.Default.Length == 0 ? "" : $" Default: {setting.Default}.").Append('\n');
        return text.ToString().TrimEnd();
    }
}
