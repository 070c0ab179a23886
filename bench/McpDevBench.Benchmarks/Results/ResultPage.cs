namespace McpDevBench.Benchmarks.Results;

/// <summary>docs/performance.md: words of a person, and between two marks for each class the table that the last recording wrote.</summary>
internal sealed record ResultPage(string Text)
{
    private const string End = "<!-- end -->";

    private static readonly string _path = Path.Combine("docs", "performance.md");

    public static ResultPage Open() => new(File.ReadAllText(_path));

    public void Save() => File.WriteAllText(_path, Text);

    /// <summary>With this table instead of the one that is there.</summary>
    public ResultPage With(ResultTable table)
    {
        var (from, to) = Place(table.Name);
        return new($"{Text[..from]}\n{ResultText.Write(table)}\n{Text[to..]}");
    }

    public ResultTable Table(string name)
    {
        var (from, to) = Place(name);
        return ResultText.Read(name, Text[from..to]);
    }

    private static string Begin(string name) => $"<!-- {name}: written by scripts/bench.sh record -->";

    private (int From, int To) Place(string name)
    {
        var begin = Text.IndexOf(Begin(name), StringComparison.Ordinal);
        var from = begin + Begin(name).Length;
        var to = begin < 0 ? -1 : Text.IndexOf(End, from, StringComparison.Ordinal);
        return to >= 0
            ? (from, to)
            : throw new ArgumentException(
                $"{_path} has no place for {name}: give it a section with the lines '{Begin(name)}' and '{End}'.");
    }
}
