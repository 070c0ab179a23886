using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Agents;

/// <summary>Open agent connections, by the container's id.</summary>
internal sealed class AgentDirectory(
    AgentTransports transports, AgentListener listener, MetricCatalogue metrics, TimeProvider time, ILogger<AgentDirectory> logger)
    : IAsyncDisposable
{
    /// <summary>A larger workspace has at least so many entries.</summary>
    public const int MaxCounted = 10_000;

    private readonly ConcurrentDictionary<ContainerId, AgentLink> _links = [];

    /// <summary>An agent has broken the protocol, with the reason. Raised at most once in ten minutes for each.</summary>
    public event Action<ContainerId, string>? ProtocolBroken;

    public int Connected => _links.Values.Count(link => link.IsConnected);

    public int Count => _links.Count;

    /// <summary>Greets the agent of a container that was just started, and owns the stream from here on.</summary>
    /// <exception cref="RequestException">server_error: no agent answers.</exception>
    public async Task OpenAsync(ContainerId container, byte[] secret, EngineStream stream, CancellationToken cancellationToken)
    {
        var link = LinkTo(container, secret);
        await link.OpenAsync(stream, cancellationToken);
        _links[container] = link;
    }

    /// <summary>
    /// Checks from inside that a container's volumes are where they should be: an image cannot show Docker and the agent different things.
    /// </summary>
    /// <exception cref="RequestException">image_not_allowed: they are not.</exception>
    public async Task RequireMountsAsync(
        ContainerId container, IReadOnlyList<(string Path, string Volume)> expected, CancellationToken cancellationToken)
    {
        var connection = await Get(container).ConnectionAsync(cancellationToken);
        if (MountReport.Difference(connection.Welcome.Mounts ?? [], expected) is { } difference)
            throw new RequestException(
                ErrorCode.ImageNotAllowed, $"The image cannot be used for workspaces: in its container {difference}.",
                "Use another image, or ask for this one to be changed.");
    }

    /// <summary>Checks from inside that a container's programs run as the user that they should.</summary>
    /// <exception cref="RequestException">server_error: they do not.</exception>
    public async Task RequireUserAsync(ContainerId container, int uid, CancellationToken cancellationToken)
    {
        var welcome = (await Get(container).ConnectionAsync(cancellationToken)).Welcome;
        if (welcome.Version >= 3 && welcome.User != uid)
            throw new RequestException(
                ErrorCode.ServerError, $"The workspace's programs would run as user {welcome.User} instead of {uid}.",
                "Call spawn again; if it stays so, ask the operator to look at Docker.");
    }

    /// <summary>Connects to a running container, in the background. Does nothing if there is a connection.</summary>
    public void Resume(ContainerId container, byte[] secret)
    {
        var link = LinkTo(container, secret);
        if (_links.TryAdd(container, link))
            link.Resume();
    }

    public AgentLink? TryGet(ContainerId container) => _links.GetValueOrDefault(container);

    /// <exception cref="RequestException">workspace_lost: the server has no connection to that container.</exception>
    public AgentLink Get(ContainerId container) => _links.TryGetValue(container, out var link) ? link : throw AgentErrors.WorkspaceLost();

    /// <summary>
    /// What a container uses. Null without an answer in time, and from an agent of an older build, which does not know the question.
    /// </summary>
    public async Task<ResourceUse?> UseAsync(ContainerId container, TimeSpan timeout) =>
        await AskAsync(container, Opcode.Usage, static _ => { }, ContainerUsage.Read, timeout) is { } usage
            ? new ResourceUse(usage.MemoryBytes, usage.CpuMicroseconds / 1e6)
            : null;

    /// <summary>
    /// What directories of a container hold on the disk. Null without an answer in time, and from an agent before version 2 of the
    /// protocol.
    /// </summary>
    /// <param name="maxEntries">After so many files the agent stops counting.</param>
    public async Task<DiskUse?> DiskUseAsync(ContainerId container, IReadOnlyList<string> roots, uint maxEntries, TimeSpan timeout) =>
        await AskAsync(container, Opcode.DiskUsage, new DiskUsageRequest(roots, maxEntries).Write, DiskUsage.Read, timeout) is { } usage
            ? new DiskUse((long)Math.Min(usage.Bytes, long.MaxValue), (long)Math.Min(usage.Entries, long.MaxValue))
            : null;

    /// <summary>
    /// Room of the file system below a path of a container. Null without an answer in time, and from an agent before version 3 of the
    /// protocol.
    /// </summary>
    public async Task<DiskRoom?> DiskRoomAsync(ContainerId container, string path, TimeSpan timeout) =>
        await AskAsync(container, Opcode.DiskFree, new DiskFreeRequest(path).Write, DiskFree.Read, timeout) is { } free
            ? new DiskRoom((long)free.Bytes, (long)free.TotalBytes, (long)free.Inodes, (long)free.TotalInodes)
            : null;

    /// <summary>
    /// Files and directories below a directory of a container; no more than <see cref="MaxCounted"/> are counted. Null without an answer in
    /// time, and from an agent before version 2 of the protocol.
    /// </summary>
    public async Task<int?> CountEntriesAsync(ContainerId container, string root, TimeSpan timeout) =>
        await AskAsync(container, Opcode.DiskUsage, new DiskUsageRequest([root], MaxCounted).Write, DiskUsage.Read, timeout) is { } usage
            ? (int)Math.Min(usage.Entries, MaxCounted)
            : null;

    private async Task<T?> AskAsync<T>(
        ContainerId container, Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read, TimeSpan timeout)
        where T : class
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        try
        {
            var connection = await Get(container).ConnectionAsync(deadline.Token);
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
    public async Task<bool> AnswersAsync(ContainerId container, TimeSpan timeout)
    {
        var asked = AskAsync(container, Opcode.Stat, new StatRequest([]).Write, FileStat.Read, timeout);
        // Giving the request up takes a moment longer.
        return await Task.WhenAny(asked, Task.Delay(timeout, time)) == asked && await asked is not null;
    }

    /// <summary>Waits until the agent answers a question that every version of it knows.</summary>
    /// <exception cref="RequestException">workspace_lost.</exception>
    public async Task CheckAsync(ContainerId container, CancellationToken cancellationToken)
    {
        var link = Get(container);
        await AgentSilence.ExplainAsync(
            link,
            () => link.RequestAsync(Opcode.Stat, new StatRequest([]).Write, FileStat.Read, repeatable: true, cancellationToken),
            "Nothing was changed.");
    }

    /// <summary>How many files a workspace has; no more than <see cref="MaxCounted"/> are counted. Null without an answer.</summary>
    public async Task<int?> CountFilesAsync(ContainerId container, CancellationToken cancellationToken)
    {
        try
        {
            var (files, entries, after) = (0, 0, Array.Empty<byte>());
            while (true)
            {
                var request = new ListRequest([], Recursive: true, "", MaxCounted, after);
                var page = await Get(container).RequestAsync(
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
            // The number is only shown: the workspace is there without it.
            return null;
        }
    }

    /// <summary>The container is gone: closes the connection, if there is one, and reports the loss to the listener.</summary>
    public async Task LoseAsync(ContainerId container)
    {
        await ForgetAsync(container);
        // Also without a connection: after a restart of the server there is none yet, and the execs of the container have ended all the
        // same.
        listener.Lost(container);
    }

    /// <summary>Closes the connection; the container is left alone.</summary>
    public async Task ForgetAsync(ContainerId container)
    {
        if (_links.TryRemove(container, out var link))
            await link.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_links.Keys.Select(ForgetAsync));

    private AgentLink LinkTo(ContainerId container, byte[] secret)
    {
        var link = new AgentLink(transports.To(container), secret, listener, metrics.Agents, time, logger);
        link.ProtocolBroken += reason => ProtocolBroken?.Invoke(container, reason);
        // The next one to the same workspace is another link.
        link.Ended += () => _links.TryRemove(KeyValuePair.Create(container, link));
        return link;
    }
}
