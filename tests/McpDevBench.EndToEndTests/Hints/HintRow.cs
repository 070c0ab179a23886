using System.Text.Json.Nodes;

namespace McpDevBench.EndToEndTests.Hints;

/// <summary>A call of a tool, or an HTTP request.</summary>
internal sealed record HintStep(string Name, string Arguments)
{
    public bool IsHttp => Name is "GET" or "PUT" or "POST";

    public JsonObject Filled(IReadOnlyDictionary<string, string> values)
    {
        // The longest names first: $exec_id is not $exec and _id.
        var text = values.OrderByDescending(value => value.Key.Length).Aggregate(Arguments, (text, value) =>
            text.Replace($"${value.Key}", JsonValue.Create(value.Value).ToJsonString()[1..^1], StringComparison.Ordinal));
        return JsonNode.Parse(text)!.AsObject();
    }
}

/// <summary>One error: what has to be before, the call that it comes from, and the calls that its hint leads to.</summary>
internal sealed record HintRow(IReadOnlyList<HintStep> Before, HintStep Provoking, IReadOnlyList<HintStep> Following)
{
    /// <summary>Rows are separated by an empty line; a line begins with what it is: <c>.</c> before,
    /// <c>!</c> the error, <c>></c> what the hint says.</summary>
    public static IReadOnlyList<HintRow> ReadAll(string text)
    {
        var rows = new List<HintRow>();
        foreach (var block in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.Split('\n').Where(line => line.Length > 0 && line[0] != '#')
                .ToLookup(line => line[0], line => Step(line[1..].Trim()));
            if (lines.Count > 0)
                rows.Add(new HintRow([.. lines['.']], lines['!'].Single(), [.. lines['>']]));
        }
        return rows;
    }

    private static HintStep Step(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? new HintStep(line, "{}") : new HintStep(line[..space], line[space..]);
    }
}
