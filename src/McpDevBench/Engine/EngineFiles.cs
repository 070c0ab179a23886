using System.Formats.Tar;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

internal enum EngineFileKind
{
    Missing,
    File,
    Folder,
    Link,
    Other,
}

/// <summary>
/// Reads single files of a never-started container, through the engine. What an image holds is untrusted: links are followed a few times,
/// sizes are capped.
/// </summary>
internal sealed class EngineFiles(DockerEngine engine, ContainerId container)
{
    private const int MaxLinks = 8;

    /// <summary>Bits of Go's file mode, in which the engine describes files.</summary>
    private const uint GoFolder = 1u << 31, GoLink = 1u << 27, GoSpecial = 1u << 26 | 1u << 25 | 1u << 24 | 1u << 21 | 1u << 19;

    /// <summary>What is at a path; a link is itself, not what it leads to.</summary>
    public async Task<EngineFileKind> KindAsync(string path, CancellationToken cancellationToken)
    {
        using var found = await GetAsync(path, statOnly: true, cancellationToken);
        return found is null ? EngineFileKind.Missing : KindOf(found.Stat);
    }

    /// <summary>Where a path leads, through every link on the way; what does not exist leads to itself.</summary>
    public async Task<string> ResolveAsync(string path, CancellationToken cancellationToken)
    {
        var resolved = "";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            resolved = $"{(resolved == "/" ? "" : resolved)}/{part}";
            using var found = await GetAsync(resolved, statOnly: true, cancellationToken);
            // The engine has followed the link to its end, within the container's root.
            if (found is not null && KindOf(found.Stat) == EngineFileKind.Link && found.Stat.LinkTarget is { Length: > 0 } target)
                resolved = target;
        }
        return resolved;
    }

    /// <returns>Null: there is no such file, it is too large, or its links lead nowhere.</returns>
    public async Task<byte[]?> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        for (var links = 0; links <= MaxLinks; links++)
        {
            using var found = await GetAsync(path, statOnly: false, cancellationToken);
            switch (found is null ? EngineFileKind.Missing : KindOf(found.Stat))
            {
                case EngineFileKind.Link when found!.Stat.LinkTarget is { Length: > 0 } target:
                    // The engine resolves it inside the container's own root, whatever its target.
                    path = target.StartsWith('/') ? target : $"{path[..path.LastIndexOf('/')]}/{target}";
                    continue;
                case EngineFileKind.File when found is { Stream: { } stream } && found.Stat.Size <= maxBytes:
                    return await UnpackAsync(stream, maxBytes, cancellationToken);
                default:
                    return null;
            }
        }
        return null;
    }

    private async Task<Answer?> GetAsync(string path, bool statOnly, CancellationToken cancellationToken)
    {
        try
        {
            var parameters = new ContainerPathStatParameters { Path = path };
            var answer = await engine.CallAsync(
                statOnly ? "stat" : "get",
                (client, token) => client.Containers.GetArchiveFromContainerAsync(container.Value, parameters, statOnly, token),
                cancellationToken);
            return new Answer(answer.Stat, answer.Stream);
        }
        catch (DockerApiException e)
            when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError)
        {
            // A path that leads through a file, or round in circles, is answered with different errors by different engines.
            return null;
        }
    }

    private static async Task<byte[]?> UnpackAsync(Stream archive, int maxBytes, CancellationToken cancellationToken)
    {
        await using var reader = new TarReader(archive, leaveOpen: true);
        var entry = await reader.GetNextEntryAsync(copyData: false, cancellationToken);
        if (entry is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } || entry.Length > maxBytes)
            return null;
        var content = new byte[entry.Length];
        if (entry.DataStream is { } data)
            await data.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    private static EngineFileKind KindOf(ContainerPathStatResponse stat)
    {
        var mode = (uint)stat.Mode;
        if ((mode & GoFolder) != 0)
            return EngineFileKind.Folder;
        if ((mode & GoLink) != 0)
            return EngineFileKind.Link;
        return (mode & GoSpecial) == 0 ? EngineFileKind.File : EngineFileKind.Other;
    }

    private sealed record Answer(ContainerPathStatResponse Stat, Stream? Stream) : IDisposable
    {
        public void Dispose() => Stream?.Dispose();
    }
}
