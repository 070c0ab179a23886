using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Agents;

/// <summary>Every agent that the server is tied to, by Docker's id of its container.</summary>
internal sealed class AgentDirectory(EngineStreams streams, EngineContainers containers, MetricCatalogue metrics, TimeProvider time, ILogger<AgentDirectory> logger) : IAsyncDisposable
{
    /// <summary>A larger workspace has at least so many entries.</summary>
    public const int MaxCounted = 10_000;

    private readonly ConcurrentDictionary<string, AgentLink> _links = [];

    public EngineStreams Streams => streams;

    public EngineContainers Containers => containers;

    public AgentMetrics Metrics => metrics.Agents;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Our version, for the hello.</summary>
    public string Build { get; } = typeof(AgentDirectory).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Hears what agents say. Set once, before the first link.</summary>
    public AgentListener Listener { get; set; } = null!;

    /// <summary>
    /// Called with the container and the reason when an agent has broken the protocol; at most once in ten minutes for each. Set once.
    /// </summary>
    public Action<string, string> ProtocolBroken { get; set; } = static (_, _) => { };

    public int Connected => _links.Values.Count(link => link.IsConnected);

    public int Count => _links.Count;

    /// <summary>Starts a container with a stream to its agent already in place.</summary>
    public async Task<AgentLink> OpenAsync(string dockerId, byte[] secret, Func<CancellationToken, Task> start, CancellationToken cancellationToken)
    {
        var link = new AgentLink(this, dockerId, secret);
        await link.OpenAsync(start, cancellationToken);
        _links[dockerId] = link;
        return link;
    }

    /// <summary>Looks from inside whether a container's volumes are where they should be: an image cannot tell Docker and the agent two things.</summary>
    /// <exception cref="RequestException">image_not_allowed: they are not.</exception>
    public async Task RequireMountsAsync(
        string dockerId, IReadOnlyList<(string Path, string Volume)> expected, CancellationToken cancellationToken)
    {
        var connection = await Get(dockerId).ConnectionAsync(cancellationToken);
        if (MountReport.Difference(connection.Welcome.Mounts ?? [], expected) is { } difference)
            throw new RequestException(
                ErrorCode.ImageNotAllowed, $"The image cannot be used for workspaces: in its container {difference}.",
                "Use another image, or ask for this one to be changed.");
    }

    /// <summary>Looks from inside whether a container's programs run as the user that they should.</summary>
    /// <exception cref="RequestException">server_error: they do not.</exception>
    public async Task RequireUserAsync(string dockerId, int uid, CancellationToken cancellationToken)
    {
        var welcome = (await Get(dockerId).ConnectionAsync(cancellationToken)).Welcome;
        if (welcome.Version >= 3 && welcome.User != uid)
            throw new RequestException(
                ErrorCode.ServerError, $"The workspace's programs would run as user {welcome.User} instead of {uid}.",
                "Call spawn again; if it stays so, ask the operator to look at Docker.");
    }

    /// <summary>Takes up the tie to a running container, in the background. Does nothing if there is one.</summary>
    public void Resume(string dockerId, byte[] secret)
    {
        var link = new AgentLink(this, dockerId, secret);
        if (_links.TryAdd(dockerId, link))
            link.Resume();
    }

    public AgentLink? TryGet(string dockerId) => _links.GetValueOrDefault(dockerId);

    /// <exception cref="RequestException">workspace_lost: the server has no tie to that container.</exception>
    public AgentLink Get(string dockerId) => _links.TryGetValue(dockerId, out var link) ? link : throw AgentErrors.WorkspaceLost();

    /// <summary>What a container uses. Null without an answer in time, and from an agent of an older build, which does not know the question.</summary>
    public async Task<ResourceUse?> UseAsync(string dockerId, TimeSpan patience) =>
        await AskAsync(dockerId, Opcode.Usage, static _ => { }, ContainerUsage.Read, patience) is { } usage
            ? new ResourceUse(usage.MemoryBytes, usage.CpuMicroseconds / 1e6)
            : null;

    /// <summary>
    /// What directories of a container hold on the disk. Null without an answer in time, and from an agent before version 2 of the
    /// protocol.
    /// </summary>
    /// <param name="maxEntries">After so many files the agent stops counting.</param>
    public async Task<DiskUse?> DiskUseAsync(string dockerId, IReadOnlyList<string> roots, uint maxEntries, TimeSpan timeout) =>
        await AskAsync(dockerId, Opcode.DiskUsage, new DiskUsageRequest(roots, maxEntries).Write, DiskUsage.Read, timeout) is { } usage
            ? new DiskUse((long)Math.Min(usage.Bytes, long.MaxValue), (long)Math.Min(usage.Entries, long.MaxValue))
            : null;

    /// <summary>
    /// Room of the file system below a path of a container. Null without an answer in time, and from an agent before version 3 of the
    /// protocol.
    /// </summary>
    public async Task<DiskRoom?> DiskRoomAsync(string dockerId, string path, TimeSpan timeout) =>
        await AskAsync(dockerId, Opcode.DiskFree, new DiskFreeRequest(path).Write, DiskFree.Read, timeout) is { } free
            ? new DiskRoom((long)free.Bytes, (long)free.TotalBytes, (long)free.Inodes, (long)free.TotalInodes)
            : null;

    /// <summary>
    /// Files and directories below a directory of a container; no more than <see cref="MaxCounted"/> are counted. Null without an answer in
    /// time, and from an agent before version 2 of the protocol.
    /// </summary>
    public async Task<int?> CountEntriesAsync(string dockerId, string root, TimeSpan timeout) =>
        await AskAsync(dockerId, Opcode.DiskUsage, new DiskUsageRequest([root], MaxCounted).Write, DiskUsage.Read, timeout) is { } usage
            ? (int)Math.Min(usage.Entries, MaxCounted)
            : null;

    private async Task<T?> AskAsync<T>(string dockerId, Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read, TimeSpan timeout)
        where T : class
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        try
        {
            var connection = await Get(dockerId).ConnectionAsync(deadline.Token);
            var call = connection.Call(opcode, write);
            try
            {
                return await call.AnswerAsync(read, deadline.Token);
            }
            finally
            {
                call.Abandon();
            }
        }
        catch (Exception e) when (e is RequestException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Whether the agent answers in time a question that every version of it knows.</summary>
    public async Task<bool> AnswersAsync(string dockerId, TimeSpan timeout)
    {
        var asked = AskAsync(dockerId, Opcode.Stat, new StatRequest([]).Write, FileStat.Read, timeout);
        // Giving the request up takes a moment longer.
        return await Task.WhenAny(asked, Task.Delay(timeout, time)) == asked && await asked is not null;
    }

    /// <summary>Waits until the agent answers a question that every version of it knows.</summary>
    /// <exception cref="RequestException">workspace_lost.</exception>
    public async Task CheckAsync(string dockerId, CancellationToken cancellationToken)
    {
        var link = Get(dockerId);
        await AgentSilence.ExplainAsync(
            link,
            () => link.RequestAsync(Opcode.Stat, new StatRequest([]).Write, FileStat.Read, repeatable: true, cancellationToken),
            "Nothing was changed.");
    }

    /// <summary>How many files a workspace has; no more than <see cref="MaxCounted"/> are counted. Null without an answer.</summary>
    public async Task<int?> CountFilesAsync(string dockerId, CancellationToken cancellationToken)
    {
        try
        {
            var (files, entries, after) = (0, 0, Array.Empty<byte>());
            while (true)
            {
                var request = new ListRequest([], Recursive: true, "", MaxCounted, after);
                var page = await Get(dockerId).RequestAsync(
                    Opcode.List, request.Write, ListResponse.Read, repeatable: true, cancellationToken);
                files += page.Entries.Count(entry => entry.Kind == FileKind.File);
                entries += page.Entries.Count;
                if (!page.More || page.Entries.Count == 0 || entries >= MaxCounted)
                    return files;
                after = page.Entries[^1].Path;
            }
        }
        catch (RequestException)
        {
            // A number for the reader of one result: the workspace is there without it.
            return null;
        }
    }

    /// <summary>The container is gone: closes the connection, if there is one, and reports the loss to the listener.</summary>
    public async Task LoseAsync(string dockerId)
    {
        await ForgetAsync(dockerId);
        // Also without a connection: after a restart of the server there is none yet, and the execs of the container have ended all the
        // same.
        Listener.Lost(dockerId);
    }

    /// <summary>The link found its container ended. The next one to the same workspace is another link.</summary>
    public void Drop(AgentLink link) => _links.TryRemove(KeyValuePair.Create(link.DockerId, link));

    /// <summary>Ends the tie; the container is left alone.</summary>
    public async Task ForgetAsync(string dockerId)
    {
        if (_links.TryRemove(dockerId, out var link))
            await link.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_links.Keys.Select(ForgetAsync));
}
