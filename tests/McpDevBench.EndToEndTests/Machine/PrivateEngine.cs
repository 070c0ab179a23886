using System.Diagnostics;
using System.Text;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>
/// A Docker Engine of a test's own, without a network, which can be stopped and started again as a reboot of the host would.
/// </summary>
internal sealed class PrivateEngine : IAsyncDisposable
{
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _log = new();
    private Process? _process;

    private readonly string _data;

    private PrivateEngine(string? data) => _data = data ?? _folder["data"];

    public string Address => $"unix://{_folder["docker.sock"]}";

    /// <summary>With an image of the host's engine already in it.</summary>
    /// <param name="data">A folder for what it keeps; null for one of its own.</param>
    public static async Task<PrivateEngine> Started(string image, string? data = null)
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can run a Docker Engine");
        var engine = new PrivateEngine(data);
        try
        {
            await DockerHost.Docker("save", "-o", engine._folder["image.tar"], image);
            await engine.Start();
            await engine.Docker("load", "-i", engine._folder["image.tar"]);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
        return engine;
    }

    public async Task<string> Docker(params string[] arguments) => (await Command.Run("docker", ["-H", Address, .. arguments])).Succeeded();

    public async Task Start()
    {
        // In a network of its own: without a bridge an engine removes docker0, which is the host engine's.
        string[] arguments =
        [
            "--net", "dockerd", "--data-root", _data, "--exec-root", _folder["exec"], "--pidfile", _folder["docker.pid"],
            "--host", Address,
            "--bridge=none", "--iptables=false", "--ip6tables=false",
        ];
        _process = new Process { StartInfo = Command.StartInfo("unshare", arguments, environment: null) };
        _process.OutputDataReceived += Remember;
        _process.ErrorDataReceived += Remember;
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Deadline.Until(async () =>
        {
            Assert.False(_process.HasExited, $"dockerd has ended:\n{Log}");
            return (await Command.Run("docker", "-H", Address, "version")).ExitCode == 0;
        }, _timeout, "the engine answers");
    }

    /// <summary>Ends it with every container of it, as a shutdown of the host does.</summary>
    public async Task Stop()
    {
        ProcessTable.Signal(_process!.Id, ProcessTable.Terminate);
        using var deadline = new CancellationTokenSource(_timeout);
        await _process.WaitForExitAsync(deadline.Token);
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await Stop();
        _folder.Dispose();
    }

    private string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    private void Remember(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
