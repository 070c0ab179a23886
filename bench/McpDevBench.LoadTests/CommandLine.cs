using System.Globalization;

namespace McpDevBench.LoadTests;

/// <summary>Words and <c>--name value</c> pairs.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _options = [];
    private readonly List<string> _words = [];

    /// <exception cref="UsageException">An option is unknown, or has no value.</exception>
    public CommandLine(IReadOnlyList<string> arguments, params IReadOnlyList<string> options)
    {
        for (var index = 0; index < arguments.Count; index++)
        {
            var name = arguments[index];
            if (!name.StartsWith("--", StringComparison.Ordinal))
                _words.Add(name);
            else if (!options.Contains(name[2..]) || index + 1 == arguments.Count)
                throw new UsageException(options.Contains(name[2..]) ? $"{name} needs a value." : $"There is no option {name} here.");
            else
                _options[name[2..]] = arguments[++index];
        }
    }

    public IReadOnlyList<string> Words => _words;

    public string? Text(string name) => _options.GetValueOrDefault(name);

    public Uri? Address(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address)
            ? address
            : throw new UsageException($"--{name} {text}: not an address.");
    }

    public double? Number(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new UsageException($"--{name} {text}: not a positive number.");
    }

    /// <summary>Such as <c>90s</c>, <c>2m</c> or <c>1h</c>.</summary>
    public TimeSpan? Duration(string name)
    {
        if (Text(name) is not { } text)
            return null;
        TimeSpan? unit = text.LastOrDefault() switch { 's' => TimeSpan.FromSeconds(1), 'm' => TimeSpan.FromMinutes(1), 'h' => TimeSpan.FromHours(1), _ => null };
        return unit is { } one && double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number > 0
            ? number * one
            : throw new UsageException($"--{name} {text}: not a duration such as 30s, 2m or 1h.");
    }
}

/// <summary>The command line is wrong, and this says how.</summary>
internal sealed class UsageException(string message) : Exception(message);
