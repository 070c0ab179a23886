using System.Formats.Tar;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>A file, a directory or a link to add to an image, for root.</summary>
/// <param name="Content">Null for a directory or a link.</param>
/// <param name="Target">Null for a file or a directory.</param>
internal sealed record ImageEntry(string Path, byte[]? Content = null, string? Target = null)
{
    private const UnixFileMode ReadableFile =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ReadableFolder =
        ReadableFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    internal TarEntry ToTar(DateTimeOffset now) => this switch
    {
        { Target: { } target } => new UstarTarEntry(TarEntryType.SymbolicLink, $".{Path}") { LinkName = target, ModificationTime = now },
        { Content: { } content } => new UstarTarEntry(TarEntryType.RegularFile, $".{Path}")
        {
            Mode = ReadableFile,
            ModificationTime = now,
            DataStream = new MemoryStream(content, writable: false),
        },
        _ => new UstarTarEntry(TarEntryType.Directory, $".{Path}") { Mode = ReadableFolder, ModificationTime = now },
    };
}

/// <summary>An image in the making: another image's files, what is added to them, and in the end an image of its own.</summary>
internal sealed class ImageDraft(DockerEngine engine, HelperContainer helper, TimeProvider time) : IAsyncDisposable
{
    private readonly EngineFiles _files = new(engine, helper.Id);

    /// <inheritdoc cref="EngineFiles.KindAsync"/>
    public Task<EngineFileKind> KindAsync(string path, CancellationToken cancellationToken) => _files.KindAsync(path, cancellationToken);

    /// <inheritdoc cref="EngineFiles.ResolveAsync"/>
    public Task<string> ResolveAsync(string path, CancellationToken cancellationToken) => _files.ResolveAsync(path, cancellationToken);

    /// <inheritdoc cref="EngineFiles.ReadAsync"/>
    public Task<byte[]?> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
        _files.ReadAsync(path, maxBytes, cancellationToken);

    /// <param name="entries">Each below an existing directory or after its parent.</param>
    public Task AddAsync(IEnumerable<ImageEntry> entries, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return helper.PutAsync("/", entries.Select(entry => entry.ToTar(now)), cancellationToken);
    }

    /// <summary>Makes an image of it, without a name.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CommitAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var parameters = new CommitContainerChangesParameters
        {
            ContainerID = helper.Id.Value,
            Pause = false,
            Labels = new Dictionary<string, string>(labels),
        };
        var committed = await engine.CallAsync(
            "commit", (client, token) => client.Images.CommitContainerChangesAsync(parameters, token), cancellationToken);
        return committed.ID;
    }

    public ValueTask DisposeAsync() => helper.DisposeAsync();
}
