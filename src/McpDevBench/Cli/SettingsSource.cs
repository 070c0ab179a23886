using System.Collections;
using System.Text.Json;

namespace McpDevBench.Cli;

/// <summary>The values of settings, by precedence: command line, environment, appsettings.json.</summary>
internal sealed class SettingsSource
{
    private const string Prefix = "MCP_";
    private const string DockersOwn = "DOCKER_HOST";
    private const string FileName = "appsettings.json";

    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);

    public static SettingsSource Read(
        IReadOnlyDictionary<string, string> commandLine, IDictionary environment, params IEnumerable<string> folders)
    {
        var source = new SettingsSource();
        foreach (var file in folders.Select(folder => Path.GetFullPath(Path.Combine(folder, FileName))).Distinct().Where(File.Exists))
            source.ReadFile(file);
        foreach (DictionaryEntry variable in environment)
        {
            if (variable.Key is string name && (name == DockersOwn || name.StartsWith(Prefix, StringComparison.Ordinal)))
                source._values[name] = (string?)variable.Value;
        }
        foreach (var (name, value) in commandLine)
            source._values[name] = value;
        return source;
    }

    /// <summary>A sentence for each file or member that cannot be read.</summary>
    public List<string> Errors { get; } = [];

    public IConfiguration Configuration => new ConfigurationBuilder().AddInMemoryCollection(_values).Build();

    /// <summary>Names with the prefix of settings that no setting has, each with the nearest that there is.</summary>
    public IEnumerable<(string Name, string? Nearest)> Unknown(IReadOnlyList<Setting> known)
    {
        var names = known.Select(setting => setting.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return _values.Keys.Where(name => !names.Contains(name)).Order(StringComparer.Ordinal)
            .Select(name => (name, Vocabulary.Nearest.To(name, names)));
    }

    private void ReadFile(string file)
    {
        try
        {
            var lenient = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
            using var document = JsonDocument.Parse(File.ReadAllBytes(file), lenient);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                Errors.Add($"{file} must be a JSON object of settings.");
            else
                ReadMembers(file, document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            Errors.Add($"{file} cannot be read: {exception.Message}");
        }
    }

    private void ReadMembers(string file, JsonElement root)
    {
        foreach (var member in root.EnumerateObject().Where(member => member.Name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)))
        {
            if (Text(member.Value) is { } text)
                _values[member.Name] = text;
            else
                Errors.Add($"{file}: {member.Name} must be a text, a number, true, false or a list of texts.");
        }
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            string.Join(',', value.EnumerateArray().Select(item => item.GetString())),
        _ => null,
    };
}
