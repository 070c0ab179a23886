using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>A real Alertmanager with the configuration of deploy/, which keeps what it would send to itself.</summary>
internal sealed class AlertmanagerProcess : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly Process _process;

    private AlertmanagerProcess()
    {
        var port = Ports.Free();
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v2/");
        // Nobody is told within an hour; what inhibits what is decided at once.
        File.WriteAllText(_folder["alertmanager.yml"], File.ReadAllText(Deployment.File("alertmanager/alertmanager.yml")).Replace("group_wait: 30s", "group_wait: 1h").Replace("group_wait: 10s", "group_wait: 1h"));
        _process = Process.Start(Command.StartInfo(
            Deployment.Tool("prometheus-alertmanager"),
            [$"--config.file={_folder["alertmanager.yml"]}", $"--storage.path={_folder.Path}", $"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"],
            environment: null))!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static async Task<AlertmanagerProcess> Started()
    {
        var alertmanager = new AlertmanagerProcess();
        await Deadline.Until(alertmanager.Answers, TimeSpan.FromSeconds(30), "Alertmanager answers");
        return alertmanager;
    }

    /// <param name="alerts">The labels of each.</param>
    public async Task Fire(params JsonObject[] alerts)
    {
        using var body = new StringContent(new JsonArray([.. alerts.Select(labels => new JsonObject { ["labels"] = labels })]).ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri("alerts", UriKind.Relative), body, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The names of the alerts that somebody would hear of.</summary>
    public async Task<IReadOnlyList<string>> Heard()
    {
        var alerts = JsonNode.Parse(await _http.GetStringAsync(new Uri("alerts?inhibited=false", UriKind.Relative), TestContext.Current.CancellationToken))!.AsArray();
        return [.. alerts.Select(alert => (string)alert!["labels"]!["alertname"]!).Order()];
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> Answers()
    {
        Assert.False(_process.HasExited, "Alertmanager has ended");
        try
        {
            using var response = await _http.GetAsync(new Uri("status", UriKind.Relative), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // It does not listen yet.
        }
    }
}
