using System.Diagnostics;
using System.Security.Cryptography;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>The published native agent as a local process, with a workspace of its own.</summary>
internal sealed class AgentProcess : IDisposable
{
    public const int WorkloadUid = 1000, AgentUid = 65_521;

    private readonly string _binary;
    private readonly Process _process;
    private readonly List<Process> _bridges = [];

    public AgentProcess()
        : this([])
    {
    }

    private AgentProcess(string binary, string[] launcher, string? workspace = null, params string[] identity)
    {
        Workspace = workspace ?? Directory.CreateTempSubdirectory().FullName;
        Socket = $"devbench-agent-test-{Guid.NewGuid():n}";
        _binary = binary;
        _process = Launch([.. launcher, binary, "serve", "--workspace", Workspace, "--socket", Socket, .. identity]);
    }

    /// <param name="launcher">A command that becomes the agent in the end.</param>
    public AgentProcess(params string[] launcher)
        : this(Binary, launcher)
    {
    }

    /// <summary>Another agent than the one under test.</summary>
    public static AgentProcess Of(string binary) => new(binary, []);

    /// <summary>As in a container: started as root, with a user of its own, and another one for its children.</summary>
    /// <param name="launcher">A command that becomes the agent in the end.</param>
    public static AgentProcess WithUsers(params string[] launcher) => WithUsers(WorkloadUid, WorkloadUid, AgentUid, [], launcher);

    /// <param name="further">Arguments beside the users.</param>
    public static AgentProcess WithUsers(int user, int group, int agentUser, string[] further, params string[] launcher)
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can become another user");
        var workspace = Directory.CreateTempSubdirectory("devbench-agent-test-").FullName;
        using (var chown = Process.Start("chown", [$"{user}:{group}", workspace]))
            chown.WaitForExit();
        return new AgentProcess(
            Binary, launcher, workspace,
            ["--user", $"{user}", .. group == user ? [] : new[] { "--group", $"{group}" }, "--agent-user", $"{agentUser}", .. further]);
    }

    public static string Binary { get; } = Environment.GetEnvironmentVariable("DEVBENCH_AGENT") ?? Find();

    public string Workspace { get; }

    /// <summary>Another agent on the same workspace, after this one was killed.</summary>
    public AgentProcess Again()
    {
        _process.Kill();
        _process.WaitForExit();
        return new AgentProcess(_binary, [], Workspace);
    }

    public string Socket { get; }

    public int Pid => _process.Id;

    public Process Process => _process;

    public byte[] Secret { get; } = RandomNumberGenerator.GetBytes(32);

    public string this[string path] => Path.Combine(Workspace, path);

    public Stream ToAgent => _process.StandardInput.BaseStream;

    public Stream FromAgent => _process.StandardOutput.BaseStream;

    /// <summary>A conversation on the agent's own standard streams.</summary>
    public AgentClient Connect() => new AgentClient(ToAgent, FromAgent).Shake(Secret);

    /// <summary>A conversation through a bridge process.</summary>
    public AgentClient ConnectBridge(byte[]? secret = null, TimeSpan? timeout = null, ushort newest = Protocol.Version)
    {
        var bridge = StartBridge();
        var client = new AgentClient(bridge.StandardInput.BaseStream, bridge.StandardOutput.BaseStream) { Newest = newest };
        return client.Shake(secret ?? Secret, timeout);
    }

    public Process StartBridge()
    {
        var bridge = Launch([_binary, "bridge", "--socket", Socket]);
        _bridges.Add(bridge);
        return bridge;
    }

    public static Process Start(params string[] arguments) => Launch([Binary, .. arguments]);

    private static Process Launch(string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true })!;

    public void Dispose()
    {
        try
        {
            foreach (var bridge in _bridges)
                End(bridge);
        }
        finally
        {
            // The agent does not end with its streams: that is the point of it.
            if (!_process.HasExited)
            {
                using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
                _process.WaitForExit(Eventually.Timeout);
            }
            End(_process);
        }
        if (Directory.Exists(Workspace))
            Directory.Delete(Workspace, recursive: true);
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
        process.Dispose();
    }

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var candidate = Path.Combine(folder, "artifacts", "agent", "devbench-agent");
            if (File.Exists(candidate))
                return candidate;
        }
        throw new FileNotFoundException(
            "Publish the agent first: dotnet publish src/McpDevBench.Agent -c Release -r linux-x64 -o artifacts/agent");
    }
}
