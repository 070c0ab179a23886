using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>A real Alertmanager on a free port, with a folder of its own.</summary>
internal sealed class AlertmanagerProcess : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private BackgroundProgram? _program;

    private AlertmanagerProcess() => _http.BaseAddress = new Uri($"http://{Address}/api/v2/");

    /// <summary>The configuration of deploy/.</summary>
    public static string Shipped => File.ReadAllText(Deployment.File("alertmanager/alertmanager.yml"));

    /// <summary>Host and port.</summary>
    public string Address { get; } = $"127.0.0.1:{Ports.Free()}";

    public static async Task<AlertmanagerProcess> Start(string configuration)
    {
        var alertmanager = new AlertmanagerProcess();
        var (file, data) = (alertmanager._folder["alertmanager.yml"], alertmanager._folder["data"]);
        await File.WriteAllTextAsync(file, configuration, TestContext.Current.CancellationToken);
        alertmanager._program = await BackgroundProgram.Start(Deployment.Tool("prometheus-alertmanager"), new Uri(
            $"http://{alertmanager.Address}/-/ready"),
            $"--config.file={file}", $"--storage.path={data}", $"--web.listen-address={alertmanager.Address}", "--cluster.listen-address=");
        return alertmanager;
    }

    /// <param name="alerts">The labels of each.</param>
    public async Task Fire(params JsonObject[] alerts)
    {
        using var body = new StringContent(
            new JsonArray([.. alerts.Select(labels => new JsonObject { ["labels"] = labels })]).ToJsonString(), Encoding.UTF8,
            "application/json");
        using var response = await _http.PostAsync(new Uri("alerts", UriKind.Relative), body, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The names of the alerts that somebody would hear of.</summary>
    public async Task<IReadOnlyList<string>> Heard()
    {
        var alerts = JsonNode.Parse(
            await _http.GetStringAsync(
                new Uri("alerts?inhibited=false", UriKind.Relative), TestContext.Current.CancellationToken))!.AsArray();
        return [.. alerts.Select(alert => (string)alert!["labels"]!["alertname"]!).Order()];
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }
}
