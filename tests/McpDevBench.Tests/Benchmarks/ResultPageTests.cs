using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using McpDevBench.Benchmarks.Results;

namespace McpDevBench.Tests.Benchmarks;

public sealed partial class ResultPageTests
{
    private static readonly ResultTable _table = new("SomeBenchmarks",
    [
        new("the bare thing", IsBaseline: true, new Result(3.14159, 1, 0), new Result(2_000_000, 1, 24)),
        new("ours", IsBaseline: false, new Result(12_345, 12.345, 4096), new Result(999.94, 0.049, 0)),
    ], "A full run");

    private static ResultPage Page =>
        new("before\n<!-- SomeBenchmarks: written by scripts/bench.sh record -->\nold\n<!-- end -->\nafter\n");

    [Fact]
    public void A_recording_replaces_its_own_table_and_nothing_else()
    {
        Assert.Equal(
            """
            before
            <!-- SomeBenchmarks: written by scripts/bench.sh record -->
            | | JIT | ratio | bytes | AOT | ratio | bytes |
            |---|--:|--:|--:|--:|--:|--:|
            | **the bare thing** | 3.1 ns | 1.00 | 0 | 2.0 ms | 1.00 | 24 |
            | ours | 12.3 µs | 12 | 4096 | 999.9 ns | 0.05 | 0 |

            <sub>A full run</sub>
            <!-- end -->
            after

            """, Page.With(_table).Text);
        Assert.Equal(Page.With(_table), Page.With(_table).With(_table));
    }

    [Fact]
    public void What_was_recorded_is_read_back()
    {
        var read = Page.With(_table).Table("SomeBenchmarks");
        Assert.Equal(["the bare thing", "ours"], read.Rows.Select(row => row.Method));
        Assert.Equal([true, false], read.Rows.Select(row => row.IsBaseline));
        Assert.Equal((12, 4096), (read.Rows[1].Jit!.Ratio, read.Rows[1].Jit!.Bytes));
        Assert.Equal((0.05, 0), (read.Rows[1].Aot!.Ratio, read.Rows[1].Aot!.Bytes));
    }

    [Fact]
    public void A_class_without_a_place_is_told_how_to_get_one() =>
        Assert.Contains(
            "<!-- OtherBenchmarks: written by scripts/bench.sh record -->",
            Assert.Throws<ArgumentException>(() => Page.Table("OtherBenchmarks")).Message);

    /// <summary>The committed page, against the source: nothing is missing in it, nothing in it is gone.</summary>
    [Fact]
    public void Every_benchmark_is_in_the_documentation()
    {
        var page = new ResultPage(File.ReadAllText(Path.Combine(Root(), "docs/performance.md")));
        var classes = Directory.GetFiles(Path.Combine(Root(), "bench/McpDevBench.Benchmarks"), "*Benchmarks.cs");
        Assert.NotEmpty(classes);
        Assert.All(classes, path => Assert.Equal(
            Description().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value),
            page.Table(Path.GetFileNameWithoutExtension(path)).Rows.Select(row => row.Method)));
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));

    [GeneratedRegex("Description = \"([^\"]+)\"")]
    private static partial Regex Description();
}
