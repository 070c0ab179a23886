using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace McpDevBench.LoadTests;

/// <summary>The published binary, on a free port, with a state folder of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _state;

    private ServerProcess(Process process, DirectoryInfo state, Uri address, Uri metrics, TimeSpan untilReady) =>
        (_process, _state, Address, Metrics, UntilReady) = (process, state, address, metrics, untilReady);

    public static string Binary { get; } = Environment.GetEnvironmentVariable("MCP_DEVBENCH_BINARY") ?? Path.Combine("artifacts", "mcp-devbench");

    public Uri Address { get; }

    /// <summary>What a Prometheus scrapes.</summary>
    public Uri Metrics { get; }

    /// <summary>From starting the process to its first "ready".</summary>
    public TimeSpan UntilReady { get; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;

    /// <summary>Of all its threads, since its start.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<ServerProcess> StartAsync()
    {
        var (port, metricsPort) = (FreePort(), FreePort());
        var state = Directory.CreateTempSubdirectory("devbench-load-");
        var start = new ProcessStartInfo(Binary) { RedirectStandardError = true };
        start.Environment["MCP_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["MCP_STATE_DB"] = Path.Combine(state.FullName, "state.db");
        start.Environment["MCP_METRICS_PORT"] = metricsPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["MCP_AUDIT_LOG_FILE"] = Path.Combine(state.FullName, "audit.log");
        start.Environment["MCP_MAX_CONCURRENT_EXECS"] = "32";
        // Also what a load that broke off has left.
        start.Environment["MCP_STOP_CONTAINERS_ON_EXIT"] = "true";
        var watch = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var address = new Uri($"http://127.0.0.1:{port}");
        using var http = new HttpClient { BaseAddress = address };
        while (!await IsReadyAsync(http))
        {
            if (process.HasExited || watch.Elapsed > TimeSpan.FromSeconds(30))
                throw new InvalidOperationException($"{Binary} did not become ready.");
            await Task.Delay(1);
        }
        return new ServerProcess(process, state, address, new Uri($"http://127.0.0.1:{metricsPort}/metrics"), watch.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _state.Delete(recursive: true);
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
