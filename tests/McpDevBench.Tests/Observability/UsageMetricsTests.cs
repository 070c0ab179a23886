using System.Globalization;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Tests.Observability;

public sealed class UsageMetricsTests
{
    private const string Memory = "container_memory_usage_bytes", Cpu = "container_cpu_usage_seconds_total";

    private readonly MetricCatalogue _metrics = new(new MetricVocabulary([], [], []), TimeProvider.System);

    [Fact]
    public async Task Each_container_has_its_two_series_with_the_names_that_others_know()
    {
        _metrics.Usage.Measured(
            [("mcp-devbench-c_1", "python:3", new ResourceUse(123456789, 1.5)), ("mcp-devbench-c_2", "busybox", new ResourceUse(7, 0.25))]);
        var text = await _metrics.ExportAsync(CancellationToken.None);
        string[] expected =
        [
            $"# TYPE {Memory} gauge", $"# TYPE {Cpu} counter",
            $"{Memory}{{container=\"mcp-devbench-c_1\",image=\"python:3\"}} 123456789", $"{Cpu}{{container=\"mcp-devbench-c_1\",image=\"python:3\"}} 1.5",
            $"{Memory}{{container=\"mcp-devbench-c_2\",image=\"busybox\"}} 7", $"{Cpu}{{container=\"mcp-devbench-c_2\",image=\"busybox\"}} 0.25",
        ];
        Assert.All(expected, line => Assert.Contains(line, text.Split('\n')));
    }

    [Fact]
    public async Task A_container_that_is_not_there_any_more_is_not_shown_any_more()
    {
        _metrics.Usage.Measured([Use("a"), Use("b")]);
        _metrics.Usage.Measured([Use("b")]);
        Assert.Equal(["b", "b"], await ShownAsync());
        _metrics.Usage.Measured([]);
        Assert.Empty(await ShownAsync());
    }

    [Fact]
    public async Task What_is_not_known_is_absent_and_not_zero()
    {
        _metrics.Usage.Measured([("a", "image", new ResourceUse(null, 3)), ("b", "image", default)]);
        Assert.Equal([$"{Cpu} a 3"], await SeriesAsync());
        _metrics.Usage.Measured([("a", "image", new ResourceUse(4, null)), ("b", "image", default)]);
        Assert.Equal([$"{Memory} a 4"], await SeriesAsync());
    }

    [Fact]
    public async Task Processor_time_never_goes_back_and_memory_does()
    {
        foreach (var (memory, cpu) in new[] { (10UL, 5.0), (3UL, 2.0), (4UL, 4.5) })
            _metrics.Usage.Measured([("a", "image", new ResourceUse(memory, cpu))]);
        Assert.Equal([$"{Cpu} a 5", $"{Memory} a 4"], await SeriesAsync());
        _metrics.Usage.Measured([("a", "image", new ResourceUse(4, 6))]);
        Assert.Equal([$"{Cpu} a 6", $"{Memory} a 4"], await SeriesAsync());
    }

    [Fact]
    public async Task Beyond_the_capacity_the_last_used_are_shown_and_take_the_places_of_others()
    {
        var all = Enumerable.Range(0, UsageMetrics.Capacity + 3).Select(number => Use($"{number:000}")).ToList();
        _metrics.Usage.Measured(all);
        Assert.Equal(Names(all.Take(UsageMetrics.Capacity)), await ShownAsync());
        // The last three are used: three others have to go.
        _metrics.Usage.Measured([.. all.TakeLast(3), .. all.SkipLast(3)]);
        Assert.Equal(Names([.. all.Take(UsageMetrics.Capacity - 3), .. all.TakeLast(3)]), await ShownAsync());
    }

    [Fact]
    public async Task A_thousand_hostile_containers_are_two_hundred_well_formed_ones()
    {
        var random = new Random(20261126);
        for (var round = 0; round < 20; round++)
        {
            _metrics.Usage.Measured(Enumerable.Range(0, 1000).Select(_ =>
                (
                    $"c-{random.Next()}\"}} 1\n{Memory}{{x=\"", "image\\\n\"",
                    new ResourceUse((ulong)random.NextInt64(), random.NextDouble() * ulong.MaxValue))));
            var text = await _metrics.ExportAsync(CancellationToken.None);
            var series = text.Split('\n').Where(line => line.StartsWith("container_", StringComparison.Ordinal)).ToList();
            Assert.Equal(2 * UsageMetrics.Capacity, series.Count);
            Assert.All(series, line => Assert.Matches(
                """^container_\w+\{container="c-\d+\\"\} 1\\ncontainer_memory_usage_bytes\{x=\\"",image="image\\\\\\n\\""\} [0-9.e+]+$""",
                line));
        }
        _metrics.Usage.Measured([]);
        Assert.Empty(await ShownAsync());
    }

    [Fact]
    public async Task Scrapes_at_the_same_time_leave_no_series_behind()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(scraper => Task.Run(() =>
        {
            for (var round = 0; round < 500; round++)
                _metrics.Usage.Measured([Use($"{scraper}"), Use($"{round}")]);
        })));
        _metrics.Usage.Measured([Use("last")]);
        Assert.Equal(["last", "last"], await ShownAsync());
    }

    private static (string, string, ResourceUse) Use(string container) => (container, "image", new ResourceUse(1, 1));

    private static IEnumerable<string> Names(IEnumerable<(string Container, string, ResourceUse)> uses) =>
        uses.SelectMany(use => new[] { use.Container, use.Container }).Order(StringComparer.Ordinal);

    private async Task<IEnumerable<string>> ShownAsync() =>
        (await SeriesAsync()).Select(series => series.Split(' ')[1]).Order(StringComparer.Ordinal);

    /// <summary>As "name container value".</summary>
    private async Task<IEnumerable<string>> SeriesAsync() =>
        (await _metrics.ExportAsync(CancellationToken.None)).Split('\n').Where(
            line => line.StartsWith("container_", StringComparison.Ordinal))
            .Select(line => line.Split('{', '"', '}', ' ')).Select(
                parts => string.Create(CultureInfo.InvariantCulture, $"{parts[0]} {parts[2]} {parts[^1]}")).Order(StringComparer.Ordinal);
}
