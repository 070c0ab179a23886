using System.Formats.Tar;
using System.Security.Cryptography;
using McpDevBench.Engine;

namespace McpDevBench.Agents;

/// <summary>
/// The volume that carries the agent into every workspace, read-only. Its name holds the digest of the binary, so agents of different versions live side by side.
/// </summary>
internal sealed partial class AgentVolume(
    AgentOptions options, DockerEngine engine, EngineVolumes volumes, EngineContainers containers, EngineFiles files,
    ILogger<AgentVolume> logger)
{
    public const string Prefix = "mcpdevbench_agent_";
    public const string Label = "com.mcp.devbench.agent";

    /// <summary>What is labelled so carries the agent, or helps to.</summary>
    public const string Filter = Label + "=true";

    private readonly byte[] _binary = options.Binary is { } file ? File.ReadAllBytes(file) : Load();
    private readonly SemaphoreSlim _filling = new(1, 1);
    private string? _filledOn;

    public string Name => field ??= Prefix + Convert.ToHexStringLower(SHA256.HashData(_binary))[..12];

    /// <summary>Makes sure that the volume is on the engine we talk to now, and filled. Once per engine; later calls return at once.</summary>
    /// <param name="imageId">Any image on the engine: a container that is never started needs one.</param>
    /// <param name="helperLabels">The labels of such a container, by its name.</param>
    public async Task EnsureAsync(
        string imageId, Func<string, Dictionary<string, string>> helperLabels, CancellationToken cancellationToken)
    {
        var identity = await engine.IdentifyAsync(cancellationToken);
        if (Volatile.Read(ref _filledOn) == identity.Id)
            return;
        await _filling.WaitAsync(cancellationToken);
        try
        {
            if (_filledOn == identity.Id)
                return;
            await FillAsync(imageId, helperLabels, cancellationToken);
            Volatile.Write(ref _filledOn, identity.Id);
        }
        finally
        {
            _filling.Release();
        }
    }

    /// <summary>Looks again before the next spawn: somebody removed the volume.</summary>
    public void Invalidate() => Volatile.Write(ref _filledOn, null);

    /// <summary>Whether it is on the engine as this server made it: one that Docker makes by itself has no label.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken) =>
        (await volumes.ListAsync(Filter, cancellationToken)).Any(volume => volume.Name == Name);

    /// <summary>One that a container uses stays, and is filled as it is.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) => volumes.RemoveAsync(Name, cancellationToken);

    private async Task FillAsync(
        string imageId, Func<string, Dictionary<string, string>> helperLabels, CancellationToken cancellationToken)
    {
        await volumes.CreateAsync(Name, new Dictionary<string, string> { [Label] = "true" }, maxBytes: 0, cancellationToken);
        var helper = await containers.CreateHelperAsync(imageId, [Name], helperLabels, cancellationToken);
        try
        {
            // Byte by byte: its name and size alone do not show that it is ours.
            var path = $"{helper.Folders[0]}/{ContainerSpec.AgentFile}";
            if (await files.ReadAsync(helper.DockerId, path, _binary.Length, cancellationToken) is { } present
                && present.AsSpan().SequenceEqual(_binary))
                return;
            await containers.PutAsync(helper.DockerId, helper.Folders[0], [new UstarTarEntry(TarEntryType.RegularFile, $"./{ContainerSpec.AgentFile}")
            {
                DataStream = new MemoryStream(_binary, writable: false),
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
            }], cancellationToken);
        }
        finally
        {
            await containers.RemoveAsync(helper.DockerId, CancellationToken.None);
        }
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

    [LoggerMessage(LogLevel.Information, "The agent was put into its volume")]
    private static partial void LogFilled(ILogger logger, string volumeName, int bytes);
}
