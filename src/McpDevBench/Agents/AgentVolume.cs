using System.Security.Cryptography;
using McpDevBench.Engine;

namespace McpDevBench.Agents;

/// <summary>
/// The volume that carries the agent into every workspace, read-only. Its name holds the digest of the binary, so agents of different
/// versions live side by side.
/// </summary>
internal sealed partial class AgentVolume(
    AgentOptions options, DockerEngine engine, EngineVolumes volumes, ILogger<AgentVolume> logger)
{
    public const string Prefix = "mcpdevbench_agent_";
    public const string Label = "com.mcp.devbench.agent";

    /// <summary>What is labelled so carries the agent, or helps to.</summary>
    public const string Filter = Label + "=true";

    private readonly byte[] _binary = options.Binary is { } file ? File.ReadAllBytes(file) : Load();
    private readonly SemaphoreSlim _filling = new(1, 1);
    private string? _filledOn;

    public string Name => field ??= Prefix + Convert.ToHexStringLower(SHA256.HashData(_binary))[..12];

    /// <summary>
    /// Makes sure that the volume is on the engine we talk to now, and filled. Once per engine; later calls return at once.
    /// </summary>
    public async Task EnsureAsync(HelperNeeds needs, CancellationToken cancellationToken)
    {
        var identity = await engine.IdentifyAsync(cancellationToken);
        if (Volatile.Read(ref _filledOn) == identity.Id)
            return;
        await _filling.WaitAsync(cancellationToken);
        try
        {
            if (_filledOn == identity.Id)
                return;
            await FillAsync(needs, cancellationToken);
            Volatile.Write(ref _filledOn, identity.Id);
        }
        finally
        {
            _filling.Release();
        }
    }

    /// <summary>Looks again before the next spawn: the volume may have been removed or emptied.</summary>
    public void Invalidate() => Volatile.Write(ref _filledOn, null);

    /// <summary>Whether it is on the engine as this server made it: one that Docker makes by itself has no label.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken) =>
        (await volumes.ListAsync(Filter, cancellationToken)).Any(volume => volume.Name == Name);

    /// <summary>The volumes of agents of other versions that were created before a time.</summary>
    public async Task<IReadOnlyList<string>> FindOutdatedAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
    [
        .. (await volumes.ListAsync(Filter, cancellationToken)).Where(volume => volume.Name != Name && volume.CreatedAt < before)
            .Select(volume => volume.Name),
    ];

    /// <returns>False: a container uses it.</returns>
    public Task<bool> RemoveAsync(string name, CancellationToken cancellationToken) => volumes.RemoveAsync(name, cancellationToken);

    /// <summary>One that a container uses stays, and is filled as it is.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) => volumes.RemoveAsync(Name, cancellationToken);

    private async Task FillAsync(HelperNeeds needs, CancellationToken cancellationToken)
    {
        await volumes.CreateAsync(Name, new Dictionary<string, string> { [Label] = "true" }, maxBytes: 0, cancellationToken);
        if (await volumes.PutProgramAsync(Name, ContainerSpec.AgentFile, _binary, needs, cancellationToken))
            LogFilled(logger, Name, _binary.Length);
    }

    private static byte[] Load()
    {
        using var resource = typeof(AgentVolume).Assembly.GetManifestResourceStream("devbench-agent")
            ?? throw new InvalidOperationException("The agent is missing from this build.");
        var binary = new byte[resource.Length];
        resource.ReadExactly(binary);
        return binary;
    }

    [LoggerMessage(LogLevel.Information, "Agent copied into its volume")]
    private static partial void LogFilled(ILogger logger, string volumeName, int bytes);
}
