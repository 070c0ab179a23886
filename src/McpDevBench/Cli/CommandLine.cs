namespace McpDevBench.Cli;

/// <summary>What was typed: a command, and settings that win over the environment's.</summary>
internal static class CommandLine
{
    public const int Misuse = 2;

    private static readonly string[] _commands = ["serve", "stdio", "version", "help"];

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
        if (!_commands.Contains(name))
            return Wrong($"there is no command '{name}'{DidYouMean(name, _commands)}; see mcp-devbench --help.");
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        return ReadOptions(args.AsSpan(start), settings) is { } mistake ? Wrong(mistake) : new ServeCommand(settings, isStdio: name == "stdio");
    }

    /// <returns>What is wrong, or null.</returns>
    private static string? ReadOptions(ReadOnlySpan<string> args, Dictionary<string, string> settings)
    {
        var known = Help.Settings().ToDictionary(setting => setting.Name);
        for (var index = 0; index < args.Length; index++)
        {
            var (option, value) = args[index].Split('=', 2) is [var before, var after] ? (before, after) : (args[index], null);
            if (!option.StartsWith("--", StringComparison.Ordinal))
                return $"'{option}' is one word too many; options begin with --, see mcp-devbench --help.";
            if (!known.TryGetValue(Settings.NameOf(option), out var setting))
                return $"there is no option {option}{DidYouMean(option, known.Keys.Select(Help.OptionOf))}; see mcp-devbench --help.";
            var next = index + 1 < args.Length && !args[index + 1].StartsWith("--", StringComparison.Ordinal) ? args[index + 1] : null;
            if (value is null && next is not null)
                (value, index) = (next, index + 1);
            // A flag needs no value: naming it turns it on.
            value ??= setting.Default is "true" or "false" ? "true" : null;
            if (value is null)
                return $"the option {option} needs a value: {setting.Meaning}";
            settings[setting.Name] = value;
        }
        return null;
    }

    private static PrintCommand Wrong(string sentence) => new($"mcp-devbench: {sentence}", Misuse);

    private static string DidYouMean(string given, IEnumerable<string> known) => Nearest.To(given, known) is { } nearest ? $"; did you mean {nearest}" : "";
}
