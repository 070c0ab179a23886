using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>A real Prometheus that scrapes a server every second, with the rules that are shipped.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder;
    private readonly BackgroundProgram _program;
    private readonly HttpClient _http = new();

    private PrometheusServer(TemporaryFolder folder, BackgroundProgram program, Uri address) =>
        (_folder, _program, Address) = (folder, program, address);

    public Uri Address { get; }

    /// <param name="target">Host and port of the metrics.</param>
    /// <param name="alertmanager">Where alerts go, or null. If they go anywhere, each fires a second after it is seen, not after
    /// minutes.</param>
    public static async Task<PrometheusServer> Start(string target, string? alertmanager = null)
    {
        var folder = new TemporaryFolder();
        foreach (var file in Deployment.Files("prometheus/rules", "*.yml"))
        {
            // As they are, but for the patience.
            var rules = Interval().Replace(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), "interval: 1s");
            await File.WriteAllTextAsync(
                folder[Path.GetFileName(file)], alertmanager is null ? rules : For().Replace(rules, "for: 1s"),
                TestContext.Current.CancellationToken);
        }
        var address = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        var alerting = alertmanager is null ? "" : $$"""
            alerting:
              alertmanagers:
                - static_configs:
                    - targets: ["{{alertmanager}}"]
            """;
        await File.WriteAllTextAsync(folder["prometheus.yml"], $"""
            global:
              scrape_interval: 1s
              evaluation_interval: 1s
            rule_files: [slo.yml, alerts.yml]
            {alerting}
            scrape_configs:
              - job_name: mcp-devbench
                static_configs:
                  - targets: ["{target}"]
            """, TestContext.Current.CancellationToken);
        var program = await BackgroundProgram.Start(Deployment.Tool("prometheus"), new Uri(address, "-/ready"),
            $"--config.file={folder["prometheus.yml"]}", $"--storage.tsdb.path={folder["data"]}",
            $"--web.listen-address=127.0.0.1:{address.Port}", "--enable-feature=exemplar-storage",
            $"--web.external-url={address}", $"--web.console.templates={Deployment.File("prometheus/consoles")}");
        return new PrometheusServer(folder, program, address);
    }

    /// <summary>The series that an expression gives now.</summary>
    public async Task<IReadOnlyList<JsonElement>> Query(string expression)
    {
        var data = await Get($"api/v1/query?query={Uri.EscapeDataString(expression)}");
        return data.GetProperty("resultType").GetString() == "scalar"
            ? [data.GetProperty("result")]
            : [.. data.GetProperty("result").EnumerateArray()];
    }

    /// <summary>The one number that an expression gives now.</summary>
    public async Task<double> Number(string expression)
    {
        var series = await Query(expression);
        Assert.True(series.Count == 1, $"{expression} gave {series.Count} series");
        return double.Parse(series[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }

    public async Task<JsonElement> Get(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Address, path), TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.GetProperty("data").Clone();
    }

    /// <summary>Waits until so many scrapes have been made from now on, and the rules have seen them.</summary>
    public async Task Scraped(int times)
    {
        var before = await Scrapes();
        await Deadline.Until(async () => await Scrapes() >= before + times, _patience, $"{times} scrapes");
        var evaluated = await Evaluations();
        await Deadline.Until(async () => await Evaluations() > evaluated, _patience, "the rules were evaluated");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    [GeneratedRegex(@"\binterval: \d+\w")]
    private static partial Regex Interval();

    [GeneratedRegex(@"\bfor: \d+\w")]
    private static partial Regex For();

    private async Task<double> Scrapes() =>
        await Query("sum(count_over_time(up[10m]))") is [var series] ? double.Parse(
            series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture) : 0;

    /// <summary>When the last group of rules was evaluated.</summary>
    private async Task<string> LastEvaluation() =>
        (await Get("api/v1/rules")).GetProperty("groups").EnumerateArray().Select(
            group => group.GetProperty("lastEvaluation").GetString()!).DefaultIfEmpty("").Min()!;

    private async Task<DateTimeOffset> Evaluations() =>
        await LastEvaluation() is { Length: > 0 } time ? DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) : DateTimeOffset.UtcNow;
}
