using System.Globalization;

namespace McpDevBench.Vocabulary;

/// <summary>One setting that the server knows, as <c>--help</c> lists it.</summary>
/// <param name="Name">The environment variable; the command line has it as <c>--name-in-lower-case</c> without MCP_.</param>
/// <param name="Default">The value in force when it is not set, as text.</param>
/// <param name="Meaning">One line: what it does, its unit, its allowed values.</param>
internal sealed record Setting(string Name, string Default, string Meaning);

/// <summary>
/// Reads settings from the command line, the environment and <c>appsettings.json</c>, in this order of precedence. Every options class
/// declares its settings here as it reads them, so the list that <c>--help</c> prints cannot differ from what is understood.
/// </summary>
internal sealed class Settings(IConfiguration source)
{
    private readonly List<Setting> _declared = [];
    private readonly List<string> _errors = [];

    public IReadOnlyList<Setting> Declared => _declared;

    /// <summary>One sentence for each wrong value: the variable, the value, what is allowed.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public string Text(string name, string defaultValue, string meaning) => Raw(name, defaultValue, meaning) ?? defaultValue;

    public string? OptionalText(string name, string meaning) => Raw(name, "", meaning);

    public int Number(string name, int defaultValue, int minimum, int maximum, string meaning)
    {
        var raw = Raw(name, defaultValue.ToString(CultureInfo.InvariantCulture), meaning);
        if (raw is null)
            return defaultValue;
        if (int.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum
            && value <= maximum)
            return value;
        _errors.Add($"{name}={Quote(raw)} is not allowed: use a whole number from {minimum} to {maximum}.");
        return defaultValue;
    }

    public long Bytes(string name, long defaultValue, long minimum, long maximum, string meaning)
    {
        var raw = Raw(name, defaultValue.ToString(CultureInfo.InvariantCulture), meaning);
        if (raw is null)
            return defaultValue;
        if (long.TryParse(raw, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum)
            return value;
        _errors.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name}={Quote(raw)} is not allowed: use a whole number of bytes from {minimum} to {maximum}."));
        return defaultValue;
    }

    public double Fraction(string name, double defaultValue, double minimum, double maximum, string meaning)
    {
        var raw = Raw(name, defaultValue.ToString(CultureInfo.InvariantCulture), meaning);
        if (raw is null)
            return defaultValue;
        if (double.TryParse(raw, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= minimum
            && value <= maximum)
            return value;
        _errors.Add(string.Create(
            CultureInfo.InvariantCulture, $"{name}={Quote(raw)} is not allowed: use a number from {minimum} to {maximum}."));
        return defaultValue;
    }

    public bool Flag(string name, bool defaultValue, string meaning) =>
        Raw(name, defaultValue ? "true" : "false", meaning)?.ToUpperInvariant() switch
    {
        null => defaultValue,
        "TRUE" or "1" or "YES" or "ON" => true,
        "FALSE" or "0" or "NO" or "OFF" => false,
        var other => Wrong(name, other, "true or false", defaultValue),
    };

    /// <summary>One of a few words, compared without regard to case.</summary>
    public T Choice<T>(string name, T defaultValue, IReadOnlyDictionary<string, T> choices, string meaning)
        where T : notnull
    {
        var raw = Raw(
            name, choices.First(choice => choice.Value.Equals(defaultValue)).Key, $"{meaning} One of: {string.Join(", ", choices.Keys)}.");
        if (raw is null)
            return defaultValue;
        foreach (var (word, value) in choices)
        {
            if (word.Equals(raw, StringComparison.OrdinalIgnoreCase))
                return value;
        }
        return Wrong(name, raw, string.Join(", ", choices.Keys), defaultValue);
    }

    /// <summary>A comma-separated list; blanks around the items are dropped, empty items too.</summary>
    public IReadOnlyList<string> List(string name, string defaultValue, string meaning) =>
        (Raw(name, defaultValue, meaning) ?? defaultValue).Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether a value was given, even if it equals the default.</summary>
    public bool IsGiven(string name) => !string.IsNullOrWhiteSpace(source[name]);

    /// <summary>For what a single value cannot show: two settings that contradict each other, a file that is not there.</summary>
    public void Refuse(string sentence) => _errors.Add(sentence);

    /// <summary>The key in a configuration for a command-line word: <c>--log-level</c> is <c>MCP_LOG_LEVEL</c>.</summary>
    public static string NameOf(string option) => "MCP_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private string? Raw(string name, string defaultText, string meaning)
    {
        _declared.Add(new Setting(name, defaultText, meaning));
        var raw = source[name]?.Trim();
        return string.IsNullOrEmpty(raw) ? null : raw;
    }

    private T Wrong<T>(string name, string raw, string allowed, T defaultValue)
    {
        _errors.Add($"{name}={Quote(raw)} is not allowed: use {allowed}.");
        return defaultValue;
    }

    private static string Quote(string raw) => $"'{Truncation.ToLength(raw)}'";
}
