using System.Formats.Tar;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>
/// Never-started container of an image: used to read the image's files, to copy files into volumes, and to commit a new image. Removed when
/// disposed of.
/// </summary>
/// <param name="folders">Where its volumes are, in their order: paths that no image can have.</param>
internal sealed class HelperContainer(
    DockerEngine engine, EngineContainers containers, ContainerId container, IReadOnlyList<string> folders) : IAsyncDisposable
{
    public ContainerId Id => container;

    public IReadOnlyList<string> Folders => folders;

    /// <summary>Unpacks entries below a folder. Never bytes of a client; names begin with <c>./</c>, so that the engine cannot take them
    /// for a compressed archive.</summary>
    public async Task PutAsync(string folder, IEnumerable<TarEntry> entries, CancellationToken cancellationToken)
    {
        var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var entry in entries)
                await writer.WriteEntryAsync(entry, cancellationToken);
        }
        archive.Position = 0;
        await engine.CallAsync(
            "put",
            (client, token) => client.Containers.ExtractArchiveToContainerAsync(
                container.Value, new CopyToContainerParameters { Path = folder }, archive, token),
            cancellationToken);
    }

    public ValueTask DisposeAsync() => new(containers.RemoveAsync(container, CancellationToken.None));
}

/// <summary>Creates helper containers.</summary>
internal sealed class HelperContainers(DockerEngine engine, EngineContainers containers)
{
    /// <summary>The volumes are mounted at random paths: an image cannot have links there.</summary>
    /// <param name="labelsOf">Its labels, by its name.</param>
    public async Task<HelperContainer> CreateAsync(
        string imageId, IReadOnlyList<string> volumes, Func<string, Dictionary<string, string>> labelsOf,
        CancellationToken cancellationToken)
    {
        var name = $"mcp-devbench-helper-{Guid.NewGuid():n}";
        var folders = volumes.Select((_, index) => $"/.{name}/{index}").ToList();
        var parameters = new CreateContainerParameters
        {
            Name = name,
            Image = imageId,
            User = "0:0",
            WorkingDir = "/",
            Entrypoint = ["/never-started"],
            Labels = labelsOf(name),
            NetworkDisabled = true,
            HostConfig = new HostConfig
            {
                NetworkMode = "none",
                LogConfig = new LogConfig { Type = "none" },
                Mounts = [.. volumes.Zip(folders, MountOf)],
            },
        };
        try
        {
            var created = await engine.CallAsync(
                "create", (client, token) => client.Containers.CreateContainerAsync(parameters, token), cancellationToken);
            return new HelperContainer(engine, containers, new ContainerId(created.ID), folders);
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            throw EngineContainers.ImageMissing(e);
        }
        catch (DockerApiException e)
        {
            throw new RequestException(
                ErrorCode.ServerError, $"Docker would not create a container of the image: {DockerEngine.Text(e)}",
                "Try another image; if it stays so, ask the operator to look at Docker.", inner: e);
        }
    }

    private static Mount MountOf(string volume, string folder) =>
        new() { Type = "volume", Source = volume, Target = folder, VolumeOptions = new VolumeOptions { NoCopy = true } };
}
