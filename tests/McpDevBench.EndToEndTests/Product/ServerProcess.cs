using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using ModelContextProtocol.Client;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>The native binary at work, with a state of its own. What its assistants spawned is gone when it is.</summary>
public sealed partial class ServerProcess : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, bool> _spawned = new();
    private readonly StringBuilder _log = new();
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Dictionary<string, string> _settings;
    private readonly string[] _launcher;
    private Process? _process;
    private bool _wasKilled;

    public ServerProcess()
        : this(new Dictionary<string, string>())
    {
    }

    /// <param name="settings">Beyond the usual ones, or instead of them.</param>
    /// <param name="launcher">A command that the server is started through, such as one that changes the user.</param>
    internal ServerProcess(IReadOnlyDictionary<string, string> settings, params string[] launcher)
    {
        _launcher = launcher;
        Port = Ports.Free();
        _settings = new Dictionary<string, string>
        {
            ["MCP_HOST"] = "127.0.0.1",
            ["MCP_PORT"] = $"{Port}",
            ["MCP_METRICS_ENABLED"] = "false",
            ["MCP_STATE_DB"] = _folder["state.db"],
            ["MCP_AUDIT_LOG_FILE"] = _folder["audit.log"],
            ["MCP_WARM_POOL_ENABLED"] = "false",
            ["MCP_TOOLSETS"] = "workspace,exec,files,operator",
            ["MCP_DEFAULT_IMAGE_ALIAS"] = Images.Busybox,
        };
        foreach (var (name, value) in settings)
            _settings[name] = value;
    }

    public int Port { get; }

    internal string Binary { get; init; } = Repository.Binary;

    /// <summary>Where its state is, unless the settings say otherwise; also its working directory.</summary>
    internal string Folder => _folder.Path;

    public Uri BaseAddress => new($"http://127.0.0.1:{Port}/");

    public Uri Endpoint => new(BaseAddress, "mcp");

    public HttpClient Http => _http;

    /// <summary>Of the server itself, whatever it was started through.</summary>
    public int ProcessId => _process!.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What it wrote to its standard error.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    internal static async Task<ServerProcess> Started(params (string Name, string Value)[] settings)
    {
        var server = new ServerProcess(settings.ToDictionary(setting => setting.Name, setting => setting.Value));
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        await Start();
        await Answers("health/ready");
    }

    /// <summary>Starts it again with another value of one setting.</summary>
    internal Task Start(string setting, string value)
    {
        _settings[setting] = value;
        return Start();
    }

    /// <summary>Starts it (again), on the state that it has.</summary>
    internal async Task Start()
    {
        _settings.TryAdd("MCP_DOCKER_HOST", await DockerHost.Address);
        string[] command = [.. _launcher, Binary, "serve"];
        var start = Command.StartInfo(command[0], command[1..], _settings);
        start.WorkingDirectory = _folder.Path;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Remember;
        _process.ErrorDataReceived += Remember;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until an address answers with 200, or with the status given.</summary>
    internal Task Answers(string path, HttpStatusCode status = HttpStatusCode.OK) => Deadline.Until(
        async () =>
        {
            Assert.True(IsRunning, $"the server has ended:\n{Log}");
            try
            {
                using var response = await _http.GetAsync(new Uri(BaseAddress, path), TestContext.Current.CancellationToken);
                return response.StatusCode == status;
            }
            catch (HttpRequestException)
            {
                return false; // It does not listen yet.
            }
        },
        $"{path} answers {(int)status}");

    /// <summary>SIGKILL, as the kernel's out-of-memory killer would.</summary>
    internal async Task KillHard()
    {
        _wasKilled = true;
        _process!.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    internal async Task Restart()
    {
        await KillHard();
        await InitializeAsync();
    }

    /// <summary>SIGTERM, and a while to end.</summary>
    /// <returns>The exit code.</returns>
    internal async Task<int> Stop()
    {
        ProcessTable.Signal(ProcessId, ProcessTable.Terminate);
        using var patience = new CancellationTokenSource(Deadline.Timeout);
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process!.Kill();
            Assert.Fail($"the server did not end within {Deadline.Timeout} of SIGTERM:\n{Log}");
        }
        return _process.ExitCode;
    }

    /// <param name="protocolVersion">Null: the newest that both speak.</param>
    public async Task<Assistant> Connect(string? protocolVersion = null)
    {
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions { Endpoint = Endpoint, TransportMode = HttpTransportMode.StreamableHttp }, _http);
        return new Assistant(
            await McpClient.CreateAsync(
                transport, new McpClientOptions { ProtocolVersion = protocolVersion },
                cancellationToken: TestContext.Current.CancellationToken),
            _spawned);
    }

    public async ValueTask DisposeAsync()
    {
        // It is started again below, to remove what is left; that must not hide that it had crashed.
        var hasCrashed = !_wasKilled && _process is { HasExited: true, ExitCode: 134 or 137 or 139 };
        var log = Log;
        try
        {
            if (!IsRunning && !_spawned.IsEmpty)
                await InitializeAsync();
            if (IsRunning)
            {
                await RemoveSpawned();
                await Stop();
            }
        }
        finally
        {
            if (IsRunning)
                await KillHard();
            _process?.Dispose();
            if (_wasKilled)
                await RemoveLease();
            _http.Dispose();
            _folder.Dispose();
        }
        await NothingIsLeft();
        Assert.False(hasCrashed, $"the server crashed:\n{log}");
    }

    /// <summary>Also what others spawned than our assistants: the clients that others wrote call what they find.</summary>
    private async Task RemoveSpawned()
    {
        await using var assistant = await Connect();
        var tools = await assistant.Client.ListToolsAsync();
        if (!tools.Any(tool => tool.Name == "kill"))
            return;
        foreach (var container in (await assistant.ListContainers(("include_stopped", true))).Containers)
        {
            _spawned[container.ContainerId] = true;
            await assistant.Call("kill", ("container_id", container.ContainerId), ("force", true), ("delete_files", true));
        }
        foreach (var kept in (await assistant.ListContainers(("include_kept", true))).Kept ?? [])
            await assistant.Call("kill", ("container_id", kept.Alias), ("delete_files", true));
    }

    /// <summary>A server that was killed could not give it back, and its state goes with its folder.</summary>
    private async Task RemoveLease()
    {
        if (!File.Exists(_folder["state.db.key"]))
            return;
        byte[] scope = [.. BitConverter.GetBytes("lease".Length), .. "lease"u8];
        var label = Convert.ToHexStringLower(HMACSHA256.HashData(await File.ReadAllBytesAsync(_folder["state.db.key"]), scope))[..12];
        foreach (var volume in (await DockerHost.Docker("volume", "ls", "-q", "--filter", $"label=com.mcp.lease={label}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries))
            await Command.Run("docker", "volume", "rm", volume);
    }

    private async Task NothingIsLeft()
    {
        // Whatever its log names, not only what a test knows of: a spawn that failed must not leave anything either.
        var containers = await DockerHost.Docker("ps", "-a", "--no-trunc", "--format", "{{.Names}}");
        foreach (var id in WorkspaceIds().Matches(Log).Select(match => match.Value).Distinct())
            Assert.False(containers.Contains(id, StringComparison.Ordinal), $"the container of {id} is left:\n{string.Join('\n', Log.Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal)))}");
        foreach (var id in _spawned.Keys)
            Assert.Empty(await DockerHost.VolumesOf(id));
    }

    [GeneratedRegex("c_[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex WorkspaceIds();

    private void Remember(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
