using System.Text;
using McpDevBench.Observability;
using McpDevBench.Storage;

namespace McpDevBench.Cli;

/// <summary>The texts of <c>--help</c> and <c>--version</c>. The settings are collected from the classes that read them.</summary>
internal static class Help
{
    public static string Version() => $"{BuildInfo.Name} {BuildInfo.Version} ({BuildInfo.Commit})\nSQLite {SqliteEngine.Version}";

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
                         Print the audit log as JSON lines, the oldest first. Filters: --event-type, --container-id, --exec-id,
                         --correlation-id (from an error), --principal, --result, --since, --until; --limit prints the newest.
                         A server may be running.
              audit verify
                         Check that the audit log is as the server wrote it: nothing altered, removed, inserted or reordered
                         (exit code 1 otherwise). --file checks a file of JSON lines instead of the database.
              version    Print the version, and that of the SQLite in it.
              help       Print this text.

            Settings come from the command line (--log-level DEBUG), else from the environment (MCP_LOG_LEVEL=DEBUG), else from
            appsettings.json in the working directory or beside the program ({ "MCP_LOG_LEVEL": "DEBUG" }).


            """);
        foreach (var setting in Settings())
        {
            var byDefault = setting.Default.Length == 0 ? "" : $" Default: {setting.Default}.";
            text.Append($"  {setting.Name,-26} {setting.Meaning}{byDefault}\n");
        }
        return text.ToString().TrimEnd();
    }
}
