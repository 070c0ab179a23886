using McpDevBench.Benchmarks;
using McpDevBench.Benchmarks.Results;

const string Usage = """
    Usage:
      [--job full|short|dry] [--runtime jit|aot] [BenchmarkDotNet's own, such as --filter '*Metric*' or --list flat]
                          Measures and prints.
      record [the same]   Measures on both runtimes and writes the tables of docs/performance.md.
      compare [the same]  Measures and fails if something allocates more, or costs more of what it is measured against, than docs/performance.md says.
    """;

try
{
    return args switch
    {
        ["record", .. var rest] => Record(Plan.Parse(rest)),
        ["compare", .. var rest] => Compare(Plan.Parse(rest)),
        _ => Measuring.Run(Plan.Parse(args)) is not null || args.Contains("--list") ? 0 : 1,
    };
}
catch (ArgumentException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n{Usage}");
    return 2;
}

static int Record(Plan plan)
{
    var page = ResultPage.Open();
    if (Measuring.Run(plan) is not { } tables)
        return 1;
    if (tables.FirstOrDefault(table => table.Rows.Any(row => row is not { Jit.Ratio: not null, Aot.Ratio: not null })) is { } part)
        throw new ArgumentException($"{part.Name} was measured in part only: a table is recorded whole, on both runtimes.");
    foreach (var table in tables)
        page = page.With(table);
    page.Save();
    return 0;
}

static int Compare(Plan plan)
{
    var page = ResultPage.Open();
    if (Measuring.Run(plan) is not { } tables)
        return 1;
    var worse = tables.SelectMany(table => Comparison.Worse(page.Table(table.Name), table)).ToArray();
    foreach (var sentence in worse)
        Console.Error.WriteLine($"✗ {sentence}");
    return worse.Length == 0 ? 0 : 1;
}
