using System.Diagnostics;
using System.Globalization;
using System.Net;
using McpDevBench.Testing;

namespace McpDevBench.LoadTests;

/// <summary>The published binary, on a free port, with a state folder of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>For one look; the next one may find it ready.</summary>
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _untilReady = TimeSpan.FromSeconds(30);

    /// <summary>Longer than MCP_DRAIN_GRACE_S, so that running calls can end.</summary>
    private static readonly TimeSpan _untilEnded = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly DirectoryInfo _state;

    private ServerProcess(Process process, DirectoryInfo state, Uri address, Uri metrics) =>
        (_process, _state, Address, Metrics) = (process, state, address, metrics);

    public static string Binary { get; } = Environment.GetEnvironmentVariable("MCP_DEVBENCH_BINARY")
        ?? Path.Combine("artifacts", "mcp-devbench");

    public Uri Address { get; }

    /// <summary>What a Prometheus scrapes.</summary>
    public Uri Metrics { get; }

    /// <summary>From starting the process to its first "ready".</summary>
    public TimeSpan UntilReady { get; private set; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
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
        var (port, metricsPort) = (Ports.Free(), Ports.Free());
        var state = Directory.CreateTempSubdirectory("devbench-test-load-");
        var start = new ProcessStartInfo(Binary) { RedirectStandardError = true };
        start.Environment["MCP_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["MCP_STATE_DB"] = Path.Combine(state.FullName, "state.db");
        start.Environment["MCP_METRICS_PORT"] = metricsPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["MCP_AUDIT_LOG_FILE"] = Path.Combine(state.FullName, "audit.log");
        start.Environment["MCP_MAX_CONCURRENT_EXECS"] = "32";
        start.Environment["MCP_TOOLSETS"] = "workspace,exec,files,operator";
        // Also what a load that broke off has left.
        start.Environment["MCP_STOP_CONTAINERS_ON_EXIT"] = "true";
        var watch = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var server = new ServerProcess(
            process, state, new Uri($"http://127.0.0.1:{port}"), new Uri($"http://127.0.0.1:{metricsPort}/metrics"));
        try
        {
            await server.ReadyAsync(watch);
        }
        catch (Exception)
        {
            process.Kill();
            await server.DisposeAsync();
            throw;
        }
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
        try
        {
            using var patience = new CancellationTokenSource(_untilEnded);
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(
                $"{Binary} did not end within {_untilEnded.TotalSeconds} s of SIGTERM: it was killed, and may have left workspaces.");
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        _state.Delete(recursive: true);
    }

    private async Task ReadyAsync(Stopwatch watch)
    {
        using var http = new HttpClient { BaseAddress = Address, Timeout = _look };
        while (!await IsReadyAsync(http))
        {
            if (_process.HasExited || watch.Elapsed > _untilReady)
                throw new InvalidOperationException($"{Binary} did not become ready.");
            await Task.Delay(1);
        }
        UntilReady = watch.Elapsed;
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            // Not listening yet, or too busy to answer.
            return false;
        }
    }
}
