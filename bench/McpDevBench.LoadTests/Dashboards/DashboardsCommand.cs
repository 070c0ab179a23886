using System.Text.Json;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>Draws Grafana's dashboards with what a Prometheus knows: the same files, the same queries, without a Grafana.</summary>
internal static class DashboardsCommand
{
    private const int Steps = 120;

    /// <returns>The exit code: 0 when every dashboard was drawn.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var line = new CommandLine(arguments, "prometheus", "grafana", "out", "last", "theme");
        using var prometheus = new PrometheusApi(
            line.Address("prometheus") ?? throw new UsageException("--prometheus is missing: where Prometheus answers."));
        var end = Math.Floor(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        var last = (line.Duration("last") ?? TimeSpan.FromMinutes(10)).TotalSeconds;
        var window = new Window(end - last, end, Math.Max(1, Math.Round(last / Steps)));
        var theme = line.Text("theme") switch { null or "dark" => Theme.Dark, "light" => Theme.Light, var other => throw new UsageException(
            $"--theme {other}: dark or light.") };
        var folder = Directory.CreateDirectory(line.Text("out") ?? Path.Combine("docs", "images", "dashboards"));
        foreach (
            var file in new DirectoryInfo(line.Text("grafana")
                ?? Path.Combine("deploy", "grafana", "dashboards")).EnumerateFiles("*.json").OrderBy(
                    file => file.Name, StringComparer.Ordinal))
            await DrawAsync(prometheus, file, window, theme, folder);
        return 0;
    }

    private static async Task DrawAsync(PrometheusApi prometheus, FileInfo file, Window window, Theme theme, DirectoryInfo folder)
    {
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file.FullName));
        var dashboard = Dashboard.Read(json.RootElement);
        var panels = new List<PanelData>();
        foreach (var panel in dashboard.Panels)
            panels.Add(await PanelData.AskAsync(prometheus, panel, window));
        var picture = Path.Combine(folder.ToString(), $"{Path.GetFileNameWithoutExtension(file.Name)}.svg");
        await File.WriteAllTextAsync(picture, DashboardPicture.Draw(dashboard, window, panels, theme));
        var empty = panels.Where(data => data.Panel.Targets.Count > 0 && data.IsEmpty).Select(data => data.Panel.Title).ToList();
        Console.WriteLine($"{picture}: {panels.Count} panels{(empty.Count == 0 ? "" : $", without data: {string.Join(", ", empty)}")}");
    }
}
