using System.Globalization;

namespace McpDevBench.Benchmarks.Results;

/// <summary>A table as Markdown. Times are for a reader; ratios and bytes are also read back.</summary>
internal static class ResultText
{
    private const string Head = """
        | | JIT | ratio | bytes | AOT | ratio | bytes |
        |---|--:|--:|--:|--:|--:|--:|
        """;

    public static string Write(ResultTable table) => $"{Head}\n{string.Join('\n', table.Rows.Select(Line))}\n\n<sub>{table.Origin}</sub>";

    public static ResultTable Read(string name, string markdown) =>
        new(name, [.. markdown.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(Row)], "");

    private static string Line(ResultRow row) =>
        $"| {(row.IsBaseline ? $"**{row.Method}**" : row.Method)} | {Cells(row.Jit)} | {Cells(row.Aot)} |";

    private static string Cells(Result? result) =>
        result is null
            ? " | | "
            : $"{Time(result.Nanoseconds)} | {Ratio(result.Ratio)} | {result.Bytes.ToString(CultureInfo.InvariantCulture)}";

    private static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0.0} ns"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0.0} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.0} ms"),
    };

    private static string Ratio(double? ratio) =>
        ratio?.ToString(ratio < 10 ? "0.00" : "0", CultureInfo.InvariantCulture) ?? "";

    private static ResultRow Row(string line)
    {
        var cells = line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries);
        return new(
            cells[0].Trim('*'), cells[0].StartsWith("**", StringComparison.Ordinal), Parse(cells[2], cells[3]), Parse(cells[5], cells[6]));
    }

    private static Result? Parse(string ratio, string bytes)
    {
        if (bytes.Length == 0)
            return null;
        double? known = ratio.Length == 0 ? null : double.Parse(ratio, CultureInfo.InvariantCulture);
        return new(double.NaN, known, long.Parse(bytes, CultureInfo.InvariantCulture));
    }
}
