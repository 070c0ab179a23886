using System.Globalization;
using McpDevBench.Audit;

namespace McpDevBench.Cli;

/// <summary>The options of <c>audit query</c> and <c>audit verify</c> besides settings.</summary>
internal static class AuditCommandLine
{
    public const string Name = "audit";

    private static readonly Dictionary<string, string> _queryOptions = new()
    {
        ["--event-type"] = "such as container.spawn",
        ["--container-id"] = "of one workspace: its id, or an alias that it has or had",
        ["--exec-id"] = "of one command",
        ["--correlation-id"] = "of one request: the id that an error names",
        ["--principal"] = "of one principal; system for the server itself",
        ["--result"] = string.Join(", ", AuditResults.All),
        ["--since"] = "a time such as 2026-01-31T10:00:00Z",
        ["--until"] = "a time, itself not included",
        ["--limit"] = "only the newest so many",
    };

    /// <summary>Of <c>audit query</c>. Each is in the help.</summary>
    public static IReadOnlyCollection<string> QueryOptions => _queryOptions.Keys;

    private static readonly Dictionary<string, string> _verifyOptions = new() { ["--file"] = "a file of lines instead of the database" };

    /// <param name="args">The arguments after <c>audit</c>.</param>
    public static Command Parse(ReadOnlySpan<string> args) => args switch
    {
        ["query", .. var query] => Parse(query, _queryOptions, Query),
        ["verify", .. var verify] => Parse(
            verify, _verifyOptions, (given, settings) => new AuditVerifyCommand(settings, given.GetValueOrDefault("--file"))),
        _ => CommandLine.Wrong($"audit needs a subcommand: query or verify; see {CommandLine.HelpHint}."),
    };

    private static Command Parse(
        ReadOnlySpan<string> args, Dictionary<string, string> options,
        Func<Dictionary<string, string>, Dictionary<string, string>, Command> create)
    {
        var given = new Dictionary<string, string>();
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var error = CommandLine.ReadOptions(args, settings, options, given);
        return error is null ? create(given, settings) : CommandLine.Wrong(error);
    }

    private static Command Query(Dictionary<string, string> given, Dictionary<string, string> settings)
    {
        int? limit = null;
        if (given.GetValueOrDefault("--limit") is { } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
                return CommandLine.Wrong($"--limit {text} is not allowed: use a whole number from 1.");
            limit = number;
        }
        try
        {
            var filter = new AuditFilter
            {
                EventType = given.GetValueOrDefault("--event-type"),
                ContainerId = given.GetValueOrDefault("--container-id"),
                ExecId = given.GetValueOrDefault("--exec-id"),
                CorrelationId = given.GetValueOrDefault("--correlation-id"),
                Principal = given.GetValueOrDefault("--principal"),
                Result = given.GetValueOrDefault("--result"),
                Since = AuditFilter.Time("--since", given.GetValueOrDefault("--since")),
                Until = AuditFilter.Time("--until", given.GetValueOrDefault("--until")),
            };
            return new AuditQueryCommand(settings, filter.Checked(), limit);
        }
        catch (RequestException error)
        {
            return CommandLine.Wrong($"{error.Message} {error.Hint}");
        }
    }
}
