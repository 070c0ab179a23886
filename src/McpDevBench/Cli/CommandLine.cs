namespace McpDevBench.Cli;

/// <summary>Parses the arguments: a command, and settings that override the environment.</summary>
internal static class CommandLine
{
    public const int Misuse = 2;
    public const string HelpHint = "mcp-devbench --help";

    private static readonly string[] _commands = ["serve", "stdio", "health", AuditCommandLine.Name, "version", "help"];

    public static Command Parse(string[] args)
    {
        var name = "serve";
        var start = 0;
        if (args.Length > 0 && !args[0].StartsWith('-'))
            (name, start) = (args[0], 1);
        if (args.Contains("--help") || args.Contains("-h") || name == "help")
            return new PrintCommand(Help.Text());
        if (args.Contains("--version") || name == "version")
            return new PrintCommand(Help.Version());
        if (name == AuditCommandLine.Name)
            return AuditCommandLine.Parse(args.AsSpan(start));
        if (!_commands.Contains(name))
            return Wrong($"unknown command '{name}'{DidYouMean(name, _commands)}; see {HelpHint}.");
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (ReadOptions(args.AsSpan(start), settings, [], []) is { } mistake)
            return Wrong(mistake);
        if (name == "stdio")
            settings["MCP_TRANSPORT_MODE"] = "stdio";
        return name == "health" ? new HealthCommand(settings) : new ServeCommand(settings);
    }

    /// <param name="own">The options of the command itself, with their meaning.</param>
    /// <param name="given">Gets the values of those.</param>
    /// <returns>An error, or null.</returns>
    public static string? ReadOptions(
        ReadOnlySpan<string> args, Dictionary<string, string> settings, Dictionary<string, string> own, Dictionary<string, string> given)
    {
        var known = Help.Settings().ToDictionary(setting => setting.Name);
        for (var index = 0; index < args.Length; index++)
        {
            var (option, value) = args[index].Split('=', 2) is [var before, var after] ? (before, after) : (args[index], null);
            if (!option.StartsWith("--", StringComparison.Ordinal))
                return $"unexpected argument '{option}'; options begin with --, see {HelpHint}.";
            var setting = known.GetValueOrDefault(Settings.NameOf(option));
            if (setting is null && !own.ContainsKey(option))
                return $"unknown option {option}{DidYouMean(option, own.Keys.Concat(known.Keys.Select(Help.OptionOf)))}; see {HelpHint}.";
            var next = index + 1 < args.Length && !args[index + 1].StartsWith("--", StringComparison.Ordinal) ? args[index + 1] : null;
            if (value is null && next is not null)
                (value, index) = (next, index + 1);
            // A flag needs no value: naming it turns it on.
            value ??= setting?.Default is "true" or "false" ? "true" : null;
            if (value is null)
                return $"the option {option} needs a value: {setting?.Meaning ?? own[option]}";
            if (setting is null)
                given[option] = value;
            else
                settings[setting.Name] = value;
        }
        return null;
    }

    public static PrintCommand Wrong(string sentence) => new($"mcp-devbench: {sentence}", Misuse);

    private static string DidYouMean(string given, IEnumerable<string> known) =>
        Nearest.To(given, known) is { } nearest ? $"; did you mean {nearest}" : "";
}
